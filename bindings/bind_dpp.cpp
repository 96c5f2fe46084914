#include "otnas/dpp/dpp.hpp"
#include "pybind.hpp"
#include "scipy_lapack.hpp"

namespace otnas::bindings {
namespace {

std::unique_ptr<LEnsemble> from_kernel(const CArray<double>& L, bool use_lapack) {
  if (L.ndim() != 2 || L.shape(0) != L.shape(1)) throw std::invalid_argument("L must be square");
  const auto n = static_cast<std::size_t>(L.shape(0));
  const double* data = L.data();
  const Lapack* lapack = use_lapack ? scipy_lapack() : nullptr;
  return without_gil(
      [&] { return std::make_unique<LEnsemble>(data, n, lapack, python_signals()); });
}

std::unique_ptr<LEnsemble> from_factor(const CArray<double>& B, bool use_lapack) {
  if (B.ndim() != 2) throw std::invalid_argument("B must be two-dimensional");
  const FactorView view{B.data(), static_cast<std::size_t>(B.shape(0)),
                        static_cast<std::size_t>(B.shape(1))};
  const Lapack* lapack = use_lapack ? scipy_lapack() : nullptr;
  return without_gil([&] { return std::make_unique<LEnsemble>(view, lapack, python_signals()); });
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

py::list sample_any_size(LEnsemble& self, const std::vector<double>& take,
                         const CArray<std::uint64_t>& seeds, unsigned threads) {
  const auto list = to_seeds(seeds);
  auto draws =
      without_gil([&] { return self.sample_any_size(take, list, threads, python_signals()); });
  py::list result;
  for (auto& draw : draws) result.append(to_numpy(std::move(draw)));
  return result;
}

}  // namespace

void bind_dpp(py::module_& module) {
  py::class_<LEnsemble>(module, "LEnsemble")
      .def_static("from_kernel", &from_kernel, py::arg("L"), py::arg("use_lapack") = true)
      // The ensemble may read B for as long as it lives.
      .def_static("from_factor", &from_factor, py::keep_alive<0, 1>(), py::arg("B"),
                  py::arg("use_lapack") = true)
      .def_property_readonly("size", &LEnsemble::size)
      .def_property_readonly("rank", &LEnsemble::rank)
      .def_property_readonly("has_basis", &LEnsemble::has_basis)
      .def_property_readonly(
          "eigenvalues",
          [](const LEnsemble& self) { return to_numpy(std::vector<double>(self.eigenvalues())); })
      .def("sample", &sample, py::arg("k"), py::arg("seeds"), py::arg("threads"))
      .def("sample_any_size", &sample_any_size, py::arg("take"), py::arg("seeds"),
           py::arg("threads"))
      .def(
          "marginals",
          [](LEnsemble& self, std::size_t k) {
            return to_numpy(without_gil([&] { return self.marginals(k, python_signals()); }));
          },
          py::arg("k"))
      .def(
          "weighted_squares",
          [](LEnsemble& self, const std::vector<double>& weights) {
            return to_numpy(
                without_gil([&] { return self.weighted_squares(weights, python_signals()); }));
          },
          py::arg("weights"))
      .def(
          "basis_rows",
          [](LEnsemble& self, const std::vector<std::size_t>& items) {
            return to_numpy(
                without_gil([&] { return self.basis_rows(items, python_signals()); }),
                {static_cast<py::ssize_t>(items.size()), static_cast<py::ssize_t>(self.rank())});
          },
          py::arg("items"))
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
        return log_determinant_psd(A.data(), static_cast<std::size_t>(A.shape(0)));
      },
      py::arg("A"));
  module.def(
      "log_elementary_symmetric",
      [](const std::vector<double>& values, std::size_t k) {
        return to_numpy(without_gil([&] { return log_elementary_symmetric(values, k); }));
      },
      py::arg("values"), py::arg("k"));
  module.def(
      "selection_probabilities",
      [](const std::vector<double>& eigenvalues, std::size_t k) {
        return to_numpy(without_gil(
            [&] { return EigenvectorSelection(eigenvalues, k).inclusion_probabilities(); }));
      },
      py::arg("eigenvalues"), py::arg("k"));
  // Whether SciPy's LAPACK is used; False means the slower built-in solver.
  module.def("has_lapack", [] { return scipy_lapack() != nullptr; });
}

}  // namespace otnas::bindings
