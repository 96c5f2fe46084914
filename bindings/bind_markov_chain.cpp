#include "otnas/dpp/markov_chain.hpp"
#include "pybind.hpp"

namespace otnas::bindings {
namespace {

/// Runs all steps and returns (members, log det, accepted): the set after every one of them.
py::tuple metropolis(const CArray<double>& L, std::vector<std::int64_t> members,
                     double log_determinant, const CArray<std::int64_t>& candidates,
                     const CArray<bool>& exchange, const CArray<double>& picks,
                     const CArray<double>& log_uniforms) {
  if (L.ndim() != 2 || L.shape(0) != L.shape(1)) throw std::invalid_argument("L must be square");
  const auto steps = static_cast<std::size_t>(candidates.size());
  const double* block = L.data();
  const auto items = static_cast<std::size_t>(L.shape(0));
  ChainState state{std::move(members), log_determinant};
  std::vector<std::vector<std::int64_t>> sets(steps);
  std::vector<double> logs(steps);
  without_gil([&] {
    const CancelCheck cancelled = python_signals();
    for (std::size_t i = 0; i < steps; ++i) {
      if (i % 64 == 0 && cancelled()) throw Cancelled();
      metropolis_step(block, items,
                      {static_cast<std::size_t>(candidates.data()[i]), exchange.data()[i],
                       picks.data()[i], log_uniforms.data()[i]},
                      state);
      sets[i] = state.members;
      logs[i] = state.log_determinant;
    }
  });
  return py::make_tuple(py::cast(sets), to_numpy(std::move(logs)), state.accepted);
}

}  // namespace

void bind_markov_chain(py::module_& module) {
  module.def("metropolis", &metropolis, py::arg("L"), py::arg("members"),
             py::arg("log_determinant"), py::arg("candidates"), py::arg("exchange"),
             py::arg("picks"), py::arg("log_uniforms"));
}

}  // namespace otnas::bindings
