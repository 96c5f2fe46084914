#include "pybind.hpp"

namespace otnas::bindings {

void bind_errors(py::module_& module) {
  // A ValueError, as numpy.linalg.LinAlgError is: the numbers given cannot be worked with.
  py::register_exception<NumericalError>(module, "NumericalError", PyExc_ValueError);
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const Cancelled&) {
      // The signal handler has already set its exception, usually KeyboardInterrupt.
      if (!PyErr_Occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

}  // namespace otnas::bindings
