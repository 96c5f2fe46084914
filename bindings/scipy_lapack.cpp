#include "scipy_lapack.hpp"

#include <optional>
#include <string>

#include "pybind.hpp"

namespace otnas::bindings {
namespace {

/// The C signature in a Cython capsule's name, with Cython's mangled name of double replaced by
/// `double`. An LAPACK with 64-bit integers shows another type than `int` here.
std::string plain_signature(std::string name) {
  const std::string mangled = "__pyx_t_";
  for (auto at = name.find(mangled); at != std::string::npos; at = name.find(mangled, at)) {
    const auto end = name.find_first_of(" *,)", at);
    const std::string type = name.substr(at, end - at);
    const bool is_double = type.size() > 2 && type.compare(type.size() - 2, 2, "_d") == 0;
    name.replace(at, type.size(), is_double ? "double" : "other");
  }
  return name;
}

template <class Argument>
constexpr const char* c_name() {
  if constexpr (std::is_same_v<Argument, char*>) {
    return "char *";
  } else if constexpr (std::is_same_v<Argument, int*>) {
    return "int *";
  } else {
    static_assert(std::is_same_v<Argument, double*>);
    return "double *";
  }
}

/// Points `routine` at SciPy's LAPACK routine; false if its signature is not the one expected.
template <class... Arguments>
bool fetch(const py::dict& exports, const char* name, void (*&routine)(Arguments...)) {
  if (!exports.contains(name)) return false;
  const py::object capsule = exports[name];
  const char* signature = PyCapsule_GetName(capsule.ptr());
  if (!signature) {
    PyErr_Clear();
    return false;
  }
  std::string expected = "void (";
  ((expected += c_name<Arguments>(), expected += ", "), ...);
  expected.replace(expected.size() - 2, 2, ")");
  if (plain_signature(signature) != expected) return false;
  void* address = PyCapsule_GetPointer(capsule.ptr(), signature);
  if (!address) throw py::error_already_set();
  routine = reinterpret_cast<void (*)(Arguments...)>(address);
  return true;
}

}  // namespace

const Lapack* scipy_lapack() {
  static bool looked = false;
  static std::optional<Lapack> found;
  if (!looked) {
    py::dict exports;
    py::dict blas;
    try {
      exports = py::module_::import("scipy.linalg.cython_lapack").attr("__pyx_capi__");
      blas = py::module_::import("scipy.linalg.cython_blas").attr("__pyx_capi__");
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_ModuleNotFoundError)) throw;
    }
    Lapack table{};
    if (fetch(exports, "dsytrd", table.dsytrd) && fetch(exports, "dsterf", table.dsterf) &&
        fetch(exports, "dstein", table.dstein) && fetch(exports, "dstedc", table.dstedc) &&
        fetch(exports, "dormtr", table.dormtr) && fetch(blas, "dgemm", table.dgemm)) {
      found = table;
    }
    looked = true;
  }
  return found ? &*found : nullptr;
}

}  // namespace otnas::bindings
