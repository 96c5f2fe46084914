#include "otnas/nasbench101/enumerate.hpp"
#include "otnas/nasbench101/nasbench101.hpp"
#include "packed_cells.hpp"

namespace otnas::bindings {
namespace {

/// Digests as the rows of a (n, 16) array.
py::array_t<std::uint8_t> to_rows(const std::vector<Digest>& digests) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(digests.size() * Digest{}.size());
  for (const auto& digest : digests) bytes.insert(bytes.end(), digest.begin(), digest.end());
  return to_numpy(std::move(bytes), {static_cast<py::ssize_t>(digests.size()),
                                     static_cast<py::ssize_t>(Digest{}.size())});
}

}  // namespace

void bind_nasbench101(py::module_& module) {
  module.attr("MAX_ENUMERATED_VERTICES") = kMaxEnumeratedVertices;
  module.def("enumerate_cells", [](int max_vertices, int max_edges, int operations,
                                   std::size_t max_cells, unsigned threads) {
    const CellLimits limits{max_vertices, max_edges, operations};
    const auto cancelled = python_signals();
    return pack(
        without_gil([&] { return enumerate_cells(limits, max_cells, threads, cancelled); }));
  });
  module.def("enumerate_nasbench101", [](unsigned threads) {
    const auto cancelled = python_signals();
    HashedCells space = without_gil([&] { return enumerate_nasbench101(threads, cancelled); });
    return py::make_tuple(pack(std::move(space.cells)), to_rows(space.hashes));
  });
  module.def("module_hashes", [](const PackedCells& packed, unsigned threads) {
    const CellArray cells = unpack(packed);
    const auto cancelled = python_signals();
    return to_rows(without_gil([&] { return module_hashes(cells, threads, cancelled); }));
  });
  module.def("parameter_counts", [](const PackedCells& packed) {
    const CellArray cells = unpack(packed);
    return to_numpy(without_gil([&] {
      std::vector<std::int64_t> counts;
      for (std::size_t i = 0; i < cells.size(); ++i)
        counts.push_back(parameter_count(prune(cells[i])));
      return counts;
    }));
  });
}

}  // namespace otnas::bindings
