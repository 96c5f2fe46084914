#include <array>

#include "otnas/check_cells.hpp"
#include "packed_cells.hpp"

namespace otnas::bindings {

void bind_check_cells(py::module_& module) {
  module.def(
      "problem_of_cells",
      [](const PackedCells& packed, const py::bytes& known_codes) -> py::object {
        const auto& [offsets, successors, ops] = packed;
        std::array<bool, 256> known{};
        for (const char code : std::string(known_codes)) known[static_cast<OpCode>(code)] = true;
        const char* problem =
            without_gil([&, &offsets = offsets, &successors = successors, &ops = ops] {
              return problem_of_cells(offsets.data(), static_cast<std::size_t>(offsets.size()),
                                      successors.data(), ops.data(),
                                      static_cast<std::size_t>(ops.size()), known);
            });
        return problem == nullptr ? py::object(py::none()) : py::object(py::str(problem));
      },
      py::arg("cells"), py::arg("known_codes"));
}

}  // namespace otnas::bindings
