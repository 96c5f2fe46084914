#include <optional>
#include <string>

#include "otnas/dpp/dpp.hpp"
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

/// The LAPACK that SciPy was built with, or nullptr if it does not fit. Only called with the
/// interpreter lock; should the import let another thread in, both write the same table.
const Lapack* scipy_lapack() {
  static bool looked = false;
  static std::optional<Lapack> found;
  if (!looked) {
    const py::dict exports = py::module_::import("scipy.linalg.cython_lapack").attr("__pyx_capi__");
    Lapack table{};
    if (fetch(exports, "dsytrd", table.dsytrd) && fetch(exports, "dsterf", table.dsterf) &&
        fetch(exports, "dstein", table.dstein) && fetch(exports, "dstedc", table.dstedc) &&
        fetch(exports, "dormtr", table.dormtr)) {
      found = table;
    }
    looked = true;
  }
  return found ? &*found : nullptr;
}

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd to_matrix(const double* data, py::ssize_t rows, py::ssize_t columns) {
  return Eigen::Map<const RowMajor>(data, rows, columns);
}

std::unique_ptr<LEnsemble> from_kernel(const CArray<double>& L, bool use_lapack) {
  if (L.ndim() != 2 || L.shape(0) != L.shape(1)) throw std::invalid_argument("L must be square");
  const auto n = L.shape(0);
  const double* data = L.data();
  const Lapack* lapack = use_lapack ? scipy_lapack() : nullptr;
  return without_gil([&] {
    // Symmetric, so rows may be read as columns.
    Eigen::MatrixXd matrix = Eigen::Map<const Eigen::MatrixXd>(data, n, n);
    return std::make_unique<LEnsemble>(std::move(matrix), lapack, python_signals());
  });
}

std::unique_ptr<LEnsemble> from_factor(const CArray<double>& B, bool use_lapack) {
  if (B.ndim() != 2) throw std::invalid_argument("B must be two-dimensional");
  const auto rows = B.shape(0);
  const auto columns = B.shape(1);
  const double* data = B.data();
  const Lapack* lapack = use_lapack ? scipy_lapack() : nullptr;
  return without_gil([&] {
    return std::make_unique<LEnsemble>(Factor{to_matrix(data, rows, columns)}, lapack,
                                       python_signals());
  });
}

std::vector<std::uint64_t> to_seeds(const CArray<std::uint64_t>& seeds) {
  return {seeds.data(), seeds.data() + seeds.size()};
}

py::array_t<std::int64_t> sample(LEnsemble& self, std::size_t k, const CArray<std::uint64_t>& seeds,
                                 unsigned threads) {
  const auto list = to_seeds(seeds);
  auto draws = without_gil([&] { return self.sample(k, list, threads, python_signals()); });
  return to_numpy(std::move(draws),
                  {static_cast<py::ssize_t>(list.size()), static_cast<py::ssize_t>(k)});
}

py::list sample_any_size(LEnsemble& self, const CArray<std::uint64_t>& seeds, unsigned threads) {
  const auto list = to_seeds(seeds);
  auto draws = without_gil([&] { return self.sample_any_size(list, threads, python_signals()); });
  py::list result;
  for (auto& draw : draws) result.append(to_numpy(std::move(draw)));
  return result;
}

}  // namespace

void bind_dpp(py::module_& module) {
  py::class_<LEnsemble>(module, "LEnsemble")
      .def_static("from_kernel", &from_kernel, py::arg("L"), py::arg("use_lapack") = true)
      .def_static("from_factor", &from_factor, py::arg("B"), py::arg("use_lapack") = true)
      .def_property_readonly("size", &LEnsemble::size)
      .def_property_readonly("rank", &LEnsemble::rank)
      .def_property_readonly("has_basis", &LEnsemble::has_basis)
      .def_property_readonly(
          "eigenvalues",
          [](const LEnsemble& self) { return to_numpy(std::vector<double>(self.eigenvalues())); })
      .def("sample", &sample, py::arg("k"), py::arg("seeds"), py::arg("threads"))
      .def("sample_any_size", &sample_any_size, py::arg("seeds"), py::arg("threads"))
      .def(
          "marginals",
          [](LEnsemble& self, std::size_t k) {
            return to_numpy(without_gil([&] { return self.marginals(k, python_signals()); }));
          },
          py::arg("k"))
      .def(
          "log_normaliser",
          [](LEnsemble& self, std::size_t k) {
            return without_gil([&] { return self.log_normaliser(k); });
          },
          py::arg("k"));

  module.def(
      "greedy_map",
      [](const CArray<double>& L, std::size_t k) {
        if (L.ndim() != 2 || L.shape(0) != L.shape(1)) {
          throw std::invalid_argument("L must be square");
        }
        const double* data = L.data();
        const auto n = static_cast<std::size_t>(L.shape(0));
        return to_numpy(without_gil([&] { return greedy_map(data, n, k, python_signals()); }));
      },
      py::arg("L"), py::arg("k"));
  module.def(
      "log_determinant_psd",
      [](const CArray<double>& A) {
        if (A.ndim() != 2 || A.shape(0) != A.shape(1)) {
          throw std::invalid_argument("A must be square");
        }
        return log_determinant_psd(to_matrix(A.data(), A.shape(0), A.shape(1)));
      },
      py::arg("A"));
  module.def(
      "log_elementary_symmetric",
      [](const std::vector<double>& values, std::size_t k) {
        return to_numpy(without_gil([&] { return log_elementary_symmetric(values, k); }));
      },
      py::arg("values"), py::arg("k"));
  // Whether SciPy's LAPACK is used; False means the slower built-in solver.
  module.def("has_lapack", [] { return scipy_lapack() != nullptr; });
}

}  // namespace otnas::bindings
