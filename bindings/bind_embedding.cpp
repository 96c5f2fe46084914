#include <map>

#include "otnas/pairwise/embedding.hpp"
#include "otnas/pairwise/path_embedding.hpp"
#include "packed_cells.hpp"

namespace otnas::bindings {
namespace {

py::tuple distinct(const double* vectors, std::size_t rows, std::size_t dim) {
  DistinctRows result = without_gil([&] { return distinct_rows(vectors, rows, dim); });
  const auto columns = static_cast<py::ssize_t>(dim);
  const auto count = static_cast<py::ssize_t>(result.count);
  return py::make_tuple(to_read_only(std::move(result.vectors), {count, columns}),
                        to_read_only(std::move(result.index)));
}

/// The names that the Python layer uses for dense blocks.
std::vector<Measure> measures(const std::vector<std::string>& names) {
  static const std::map<std::string, Measure> known = {{"operations-1", Measure::kOperations1},
                                                       {"operations-2", Measure::kOperations2},
                                                       {"indegree", Measure::kInDegree},
                                                       {"outdegree", Measure::kOutDegree},
                                                       {"sizes", Measure::kSizes},
                                                       {"depth", Measure::kDepth},
                                                       {"terminals", Measure::kTerminals}};
  std::vector<Measure> result;
  for (const std::string& name : names) result.push_back(known.at(name));
  return result;
}

py::tuple to_python(SparseRows&& rows) {
  return py::make_tuple(to_read_only(std::move(rows.offsets)),
                        to_read_only(std::move(rows.coordinates)),
                        to_read_only(std::move(rows.values)));
}

}  // namespace

void bind_embedding(py::module_& module) {
  module.def("max_layer_count", [](const PackedCells& packed) {
    const CellArray cells = unpack(packed);
    return without_gil([&] { return max_layer_count(cells); });
  });
  module.def("fraction_grid", [](int max_layers) {
    FractionGrid grid(max_layers);
    return py::make_tuple(to_numpy(std::move(grid.points)), to_numpy(std::move(grid.lengths)));
  });
  module.def("block_sizes",
             [](const Taxonomy& taxonomy, const std::vector<std::string>& names, int max_layers) {
               return CellEmbedder(taxonomy, measures(names), max_layers).block_sizes();
             });
  module.def("embed", [](const PackedCells& packed, const Taxonomy& taxonomy,
                         const std::vector<std::string>& names, int max_layers, unsigned threads) {
    const CellEmbedder embedder(taxonomy, measures(names), max_layers);
    const CellArray cells = unpack(packed);
    std::vector<double> vectors(cells.size() * embedder.dimension());
    const auto cancelled = python_signals();
    without_gil([&] { embedder.embed(cells, vectors.data(), threads, cancelled); });
    return distinct(vectors.data(), cells.size(), embedder.dimension());
  });
  module.def("embed_paths", [](const PackedCells& packed, const Taxonomy& taxonomy, bool backward,
                               double decay, unsigned threads) {
    const CellArray cells = unpack(packed);
    const Reading reading = backward ? Reading::kBackward : Reading::kForward;
    const auto cancelled = python_signals();
    PathEmbedding result = without_gil(
        [&] { return embed_paths(cells, taxonomy.size(), reading, decay, threads, cancelled); });
    py::list vocabulary;
    for (const std::string& word : result.vocabulary) vocabulary.append(py::bytes(word));
    return py::make_tuple(to_python(std::move(result.rows)), to_read_only(std::move(result.index)),
                          vocabulary);
  });
  module.def("distinct_sparse_rows",
             [](const CArray<std::int64_t>& offsets, const CArray<std::int32_t>& coordinates,
                const CArray<double>& values) {
               DistinctSparseRows rows;
               std::vector<std::int64_t> index;
               for (py::ssize_t i = 0; i + 1 < offsets.size(); ++i) {
                 const auto begin = offsets.at(i);
                 index.push_back(rows.add(coordinates.data() + begin, values.data() + begin,
                                          static_cast<std::size_t>(offsets.at(i + 1) - begin)));
               }
               return py::make_tuple(to_python(rows.take()), to_read_only(std::move(index)));
             });
  module.def("distinct_rows", [](const CArray<double>& vectors) {
    return distinct(vectors.data(), static_cast<std::size_t>(vectors.shape(0)),
                    static_cast<std::size_t>(vectors.shape(1)));
  });
}

}  // namespace otnas::bindings
