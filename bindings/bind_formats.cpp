#include <stdexcept>

#include "otnas/checksums/crc32c.hpp"
#include "otnas/formats/pickle.hpp"
#include "pybind.hpp"

namespace otnas::bindings {
namespace {

struct Bytes {
  const unsigned char* data;
  std::size_t size;
};

Bytes contiguous(const py::buffer_info& info) {
  if (info.itemsize != 1 || info.ndim != 1 || info.strides[0] != 1)
    throw std::invalid_argument("data: expected contiguous bytes, got others");
  return {static_cast<const unsigned char*>(info.ptr), static_cast<std::size_t>(info.size)};
}

}  // namespace

void bind_formats(py::module_& module) {
  // The interpreter lock is kept: records are some hundred bytes, giving it up costs more.
  module.def(
      "crc32c",
      [](const py::buffer& data) {
        const py::buffer_info info = data.request();
        const Bytes bytes = contiguous(info);
        return crc32c(bytes.data, bytes.size);
      },
      py::arg("data"));
  module.def(
      "check_pickle",
      [](const py::buffer& data, std::size_t begin) {
        const py::buffer_info info = data.request();
        const Bytes bytes = contiguous(info);
        return without_gil([&] { return check_pickle(bytes.data, bytes.size, begin); });
      },
      py::arg("data"), py::arg("begin"));
}

}  // namespace otnas::bindings
