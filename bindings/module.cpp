#include "pybind.hpp"

namespace otnas::bindings {
void bind_c_table(py::module_&);
void bind_cells(py::module_&);
void bind_check_cells(py::module_&);
void bind_dpp(py::module_&);
void bind_embedding(py::module_&);
void bind_errors(py::module_&);
void bind_formats(py::module_&);
void bind_gram(py::module_&);
void bind_markov_chain(py::module_&);
void bind_nasbench101(py::module_&);
void bind_prepared(py::module_&);
void bind_trees(py::module_&);
}  // namespace otnas::bindings

PYBIND11_MODULE(_core, module) {
  using namespace otnas::bindings;
  module.doc() = "Compiled core of otnas_fast. Arguments are checked by the Python layer above it.";
  bind_errors(module);
  bind_c_table(module);
  bind_cells(module);
  bind_check_cells(module);
  bind_trees(module);
  bind_embedding(module);
  bind_formats(module);
  bind_gram(module);
  bind_markov_chain(module);
  bind_prepared(module);
  bind_nasbench101(module);
  bind_dpp(module);
}
