#include "c_call.hpp"
#include "pybind.hpp"
#include "scipy_lapack.hpp"

namespace otnas::bindings {
namespace {

const c::Functions& c_table() {
  static const c::Functions table = [] {
    c::Functions functions{};
    functions.version = 1;
    functions.count = (sizeof functions - 2 * sizeof(int)) / sizeof(void (*)());
    functions.last_error = c::last_error;
    c::fill_cells(functions);
    c::fill_pairwise(functions);
    c::fill_trees(functions);
    c::fill_dpp(functions);
    return functions;
  }();
  return table;
}

}  // namespace

void bind_c_table(py::module_& module) {
  // The capsule of the table in c_table.hpp. LAPACK is looked for here, where the interpreter lock
  // is held.
  module.def("c_functions", [] {
    scipy_lapack();
    return py::capsule(&c_table(), "otnas_fast.c_functions");
  });
}

}  // namespace otnas::bindings
