#pragma once
// The only place that includes pybind11: every file sees the same casters, or the one-definition
// rule is broken.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "otnas/support/errors.hpp"
#include "otnas/support/parallel.hpp"

namespace py = pybind11;

namespace otnas::bindings {

template <class T>
using CArray = py::array_t<T, py::array::c_style>;

/// Polls Python's pending signals, so that Ctrl-C ends a computation that runs without the
/// interpreter lock. The exception Python has set is the one that bind_errors.cpp lets through.
inline CancelCheck python_signals() {
  return [] {
    const py::gil_scoped_acquire lock;
    return PyErr_CheckSignals() != 0;
  };
}

/// Runs `compute` without the interpreter lock. Safe because it gets only C++ objects and raw
/// buffers whose owners the caller keeps alive: no reference count changes.
template <class Function>
auto without_gil(Function&& compute) {
  const py::gil_scoped_release unlocked;
  return compute();
}

/// A NumPy array that owns the given vector, without copying it.
template <class T>
py::array_t<T> to_numpy(std::vector<T>&& values, std::vector<py::ssize_t> shape = {}) {
  auto owner = std::make_unique<std::vector<T>>(std::move(values));
  if (shape.empty()) shape = {static_cast<py::ssize_t>(owner->size())};
  T* data = owner->data();
  py::capsule base(owner.get(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  owner.release();
  return py::array_t<T>(std::move(shape), data, base);
}

/// The same, and Python cannot write to it: an object that holds it need not check it again.
template <class T>
py::array_t<T> to_read_only(std::vector<T>&& values, std::vector<py::ssize_t> shape = {}) {
  py::array_t<T> array = to_numpy(std::move(values), std::move(shape));
  array.attr("setflags")(false);
  return array;
}

}  // namespace otnas::bindings
