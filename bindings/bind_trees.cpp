#include "otnas/trees/ngram_tree.hpp"
#include "otnas/trees/tree_metric.hpp"
#include "pybind.hpp"

namespace otnas::bindings {

void bind_trees(py::module_& module) {
  py::class_<TreeMetric>(module, "TreeMetric")
      .def(py::init<std::vector<int>, std::vector<double>>(), py::arg("parents"),
           py::arg("weights"))
      .def_property_readonly("parents", &TreeMetric::parents)
      .def_property_readonly("weights", &TreeMetric::weights)
      .def_property_readonly("root", &TreeMetric::root)
      .def("embed", [](const TreeMetric& tree, const CArray<double>& measures) {
        const auto count = static_cast<std::size_t>(measures.shape(0));
        std::vector<double> phi(count * tree.size());
        without_gil([&] { tree.embed(measures.data(), count, phi.data()); });
        return to_numpy(std::move(phi), {measures.shape(0), measures.shape(1)});
      });

  module.def("ngram_tree", [](const Taxonomy& taxonomy, int ngram) {
    const NGramTree tree(taxonomy, ngram);
    std::vector<int> operations;
    std::vector<std::vector<int>> pairs;
    for (int a = 0; a < taxonomy.size(); ++a) {
      operations.push_back(tree.operation_leaf(static_cast<OpCode>(a)));
      if (ngram < 2) continue;
      pairs.emplace_back();
      for (int b = 0; b < taxonomy.size(); ++b)
        pairs.back().push_back(tree.pair_leaf(static_cast<OpCode>(a), static_cast<OpCode>(b)));
    }
    return py::make_tuple(tree.tree(), operations, pairs);
  });
}

}  // namespace otnas::bindings
