#include "otnas/pairwise/prepared.hpp"
#include "pybind.hpp"

namespace otnas::bindings {
namespace {

template <class T>
using Input = CArray<T>;

/// Views of NumPy arrays, block by block, and the arrays themselves, kept alive.
struct Blocks {
  std::vector<L1Block> views;
  std::vector<py::array> arrays;

  void add_dense(const Input<double>& vectors, const Input<std::int64_t>& index, std::size_t begin,
                 std::size_t end) {
    const L1Embedding embedding{vectors.data(), static_cast<std::size_t>(vectors.shape(0)),
                                static_cast<std::size_t>(vectors.shape(1)), index.data(),
                                static_cast<std::size_t>(index.size())};
    views.emplace_back(DenseBlock{embedding, begin, end});
    arrays.insert(arrays.end(), {vectors, index});
  }

  void add_sparse(const Input<std::int64_t>& offsets, const Input<std::int32_t>& coordinates,
                  const Input<double>& values, const Input<std::int64_t>& index, std::size_t dim) {
    views.emplace_back(SparseBlock{offsets.data(), coordinates.data(), values.data(),
                                   static_cast<std::size_t>(offsets.size()) - 1, dim, index.data(),
                                   static_cast<std::size_t>(index.size())});
    arrays.insert(arrays.end(), {offsets, coordinates, values, index});
  }
};

template <class T>
void distances_into(const PreparedColumns& prepared, const Blocks& rows, py::array_t<T> out,
                    unsigned threads) {
  const auto stride = [&](int axis) {
    return static_cast<std::size_t>(out.strides(axis)) / sizeof(T);
  };
  std::vector<MatrixOut<T>> targets;
  for (std::size_t b = 0; b < prepared.block_count(); ++b)
    targets.push_back({out.mutable_data() + b * stride(0), stride(1)});
  const auto cancelled = python_signals();
  without_gil([&] { prepared.distances(rows.views, targets, threads, cancelled); });
}

template <class T>
void gram_into(const PreparedColumns& prepared, const Blocks& rows,
               const CArray<double>& inverse_lengthscales, double variance, py::array_t<T> out,
               unsigned threads) {
  const MatrixOut<T> target{out.mutable_data(),
                            static_cast<std::size_t>(out.strides(0)) / sizeof(T)};
  const auto cancelled = python_signals();
  without_gil([&] {
    prepared.gram(rows.views, inverse_lengthscales.data(), variance, target, threads, cancelled);
  });
}

}  // namespace

void bind_prepared(py::module_& module) {
  py::class_<Blocks>(module, "Blocks")
      .def(py::init<>())
      .def("add_dense", &Blocks::add_dense)
      .def("add_sparse", &Blocks::add_sparse);

  // noconvert: a converted copy of `out` would be written to and thrown away.
  const auto out = py::arg("out").noconvert();
  py::class_<PreparedColumns>(module, "PreparedColumns")
      .def(py::init([](const Blocks& blocks) {
        return without_gil([&] { return std::make_unique<PreparedColumns>(blocks.views); });
      }))
      .def_property_readonly("bytes", &PreparedColumns::bytes)
      .def("distances", &distances_into<double>, py::arg("rows"), out, py::arg("threads"))
      .def("distances", &distances_into<float>, py::arg("rows"), out, py::arg("threads"))
      .def("gram", &gram_into<double>, py::arg("rows"), py::arg("inverse_lengthscales"),
           py::arg("variance"), out, py::arg("threads"))
      .def("gram", &gram_into<float>, py::arg("rows"), py::arg("inverse_lengthscales"),
           py::arg("variance"), out, py::arg("threads"));
}

}  // namespace otnas::bindings
