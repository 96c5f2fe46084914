#include "otnas/pairwise/embedding.hpp"
#include "packed_cells.hpp"

namespace otnas::bindings {
namespace {

py::tuple distinct(const double* vectors, std::size_t rows, std::size_t dim) {
  DistinctRows result = without_gil([&] { return distinct_rows(vectors, rows, dim); });
  const auto columns = static_cast<py::ssize_t>(dim);
  const auto count = dim ? static_cast<py::ssize_t>(result.vectors.size()) / columns : 0;
  return py::make_tuple(to_numpy(std::move(result.vectors), {count, columns}),
                        to_numpy(std::move(result.index)));
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
  module.def("block_sizes", [](const Taxonomy& taxonomy, int ngram, int max_layers) {
    return CellEmbedder(taxonomy, ngram, max_layers).block_sizes();
  });
  module.def("embed", [](const PackedCells& packed, const Taxonomy& taxonomy, int ngram,
                         int max_layers, unsigned threads) {
    const CellEmbedder embedder(taxonomy, ngram, max_layers);
    const CellArray cells = unpack(packed);
    std::vector<double> vectors(cells.size() * embedder.dimension());
    const auto cancelled = python_signals();
    without_gil([&] { embedder.embed(cells, vectors.data(), threads, cancelled); });
    return distinct(vectors.data(), cells.size(), embedder.dimension());
  });
  module.def("distinct_rows", [](const CArray<double>& vectors) {
    return distinct(vectors.data(), static_cast<std::size_t>(vectors.shape(0)),
                    static_cast<std::size_t>(vectors.shape(1)));
  });
}

}  // namespace otnas::bindings
