#include <stdexcept>

#include "otnas/crc32c.hpp"
#include "pybind.hpp"

namespace otnas::bindings {

void bind_crc32c(py::module_& module) {
  // The interpreter lock is kept: records are some hundred bytes, giving it up costs more.
  module.def(
      "crc32c",
      [](const py::buffer& data) {
        const py::buffer_info bytes = data.request();
        if (bytes.itemsize != 1 || bytes.ndim != 1 || bytes.strides[0] != 1)
          throw std::invalid_argument("data must be contiguous bytes");
        return crc32c(static_cast<const unsigned char*>(bytes.ptr),
                      static_cast<std::size_t>(bytes.size));
      },
      py::arg("data"));
}

}  // namespace otnas::bindings
