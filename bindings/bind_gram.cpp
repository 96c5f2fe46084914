#include "otnas/pairwise/gram.hpp"
#include "pybind.hpp"

namespace otnas::bindings {
namespace {

using Vectors = CArray<double>;
using Index = CArray<std::int64_t>;

L1Embedding view(const Vectors& vectors, const Index& index) {
  return {vectors.data(), static_cast<std::size_t>(vectors.shape(0)),
          static_cast<std::size_t>(vectors.shape(1)), index.data(),
          static_cast<std::size_t>(index.size())};
}

/// The caller's array, whose rows are contiguous (the Python layer has checked that).
template <class T>
MatrixOut<T> matrix(py::array_t<T>& out) {
  return {out.mutable_data(), static_cast<std::size_t>(out.strides(0)) / sizeof(T)};
}

template <class T>
void gram_into(const Vectors& a, const Index& a_index, const Vectors& b, const Index& b_index,
               const CArray<double>& scale, double variance, py::array_t<T> out, unsigned threads) {
  const auto target = matrix(out);
  const auto cancelled = python_signals();
  without_gil([&] {
    laplace_gram(view(a, a_index), view(b, b_index), scale.data(), variance, target, threads,
                 cancelled);
  });
}

template <class T>
void distances_into(const Vectors& a, const Index& a_index, const Vectors& b, const Index& b_index,
                    std::size_t begin, std::size_t end, py::array_t<T> out, unsigned threads) {
  const auto target = matrix(out);
  const auto cancelled = python_signals();
  without_gil([&] {
    l1_distances(view(a, a_index), view(b, b_index), begin, end, target, threads, cancelled);
  });
}

}  // namespace

void bind_gram(py::module_& module) {
  // noconvert: a converted copy of `out` would be written to and thrown away.
  module.def("laplace_gram", &gram_into<double>, py::arg("a"), py::arg("a_index"), py::arg("b"),
             py::arg("b_index"), py::arg("scale"), py::arg("variance"), py::arg("out").noconvert(),
             py::arg("threads"));
  module.def("laplace_gram", &gram_into<float>, py::arg("a"), py::arg("a_index"), py::arg("b"),
             py::arg("b_index"), py::arg("scale"), py::arg("variance"), py::arg("out").noconvert(),
             py::arg("threads"));
  module.def("l1_distances", &distances_into<double>, py::arg("a"), py::arg("a_index"),
             py::arg("b"), py::arg("b_index"), py::arg("begin"), py::arg("end"),
             py::arg("out").noconvert(), py::arg("threads"));
  module.def("l1_distances", &distances_into<float>, py::arg("a"), py::arg("a_index"), py::arg("b"),
             py::arg("b_index"), py::arg("begin"), py::arg("end"), py::arg("out").noconvert(),
             py::arg("threads"));
}

}  // namespace otnas::bindings
