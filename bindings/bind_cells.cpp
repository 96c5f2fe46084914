#include "otnas/cells/canonical.hpp"
#include "otnas/cells/nasbench201.hpp"
#include "otnas/cells/taxonomy.hpp"
#include "packed_cells.hpp"

namespace otnas::bindings {
namespace {

/// Says which of many architectures an error is about.
template <class Function>
Cell named(std::size_t i, const Function& make) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("archs[" + std::to_string(i) + "]: " + error.what());
  }
}

CellArray pack_adjacencies(const std::vector<CArray<std::uint8_t>>& matrices,
                           const std::vector<std::string>& ops) {
  return without_gil([&] {
    CellArray cells;
    for (std::size_t i = 0; i < matrices.size(); ++i)
      cells.push_back(named(i, [&] {
        return cell_from_adjacency(matrices[i].data(), static_cast<int>(ops[i].size()),
                                   reinterpret_cast<const OpCode*>(ops[i].data()));
      }));
    return cells;
  });
}

template <class Function>
PackedCells transform(const PackedCells& packed, const Function& function) {
  const CellArray cells = unpack(packed);
  return pack(without_gil([&] {
    CellArray result;
    for (std::size_t i = 0; i < cells.size(); ++i) result.push_back(function(cells[i]));
    return result;
  }));
}

}  // namespace

void bind_cells(py::module_& module) {
  py::class_<Taxonomy>(module, "Taxonomy")
      .def(py::init<std::vector<std::string>, std::vector<int>, double, std::vector<std::string>>(),
           py::arg("names"), py::arg("families"), py::arg("alpha"), py::arg("absent"))
      .def("code", &Taxonomy::code);

  module.attr("MAX_VERTICES") = kMaxVertices;
  module.attr("FIRST_ABSENT") = kFirstAbsent;
  module.attr("INPUT") = kInput;
  module.attr("OUTPUT") = kOutput;

  module.def("pack_adjacencies", [](const std::vector<CArray<std::uint8_t>>& matrices,
                                    const std::vector<py::bytes>& ops) {
    return pack(pack_adjacencies(matrices, std::vector<std::string>(ops.begin(), ops.end())));
  });
  module.def("parse_nasbench201",
             [](const std::vector<std::string>& texts, const Taxonomy& taxonomy) {
               return pack(without_gil([&] {
                 CellArray cells;
                 for (std::size_t i = 0; i < texts.size(); ++i)
                   cells.push_back(named(i, [&] { return parse_nasbench201(texts[i], taxonomy); }));
                 return cells;
               }));
             });
  module.def("format_nasbench201", [](const PackedCells& packed, const Taxonomy& taxonomy) {
    const CellArray cells = unpack(packed);
    return without_gil([&] {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < cells.size(); ++i)
        texts.push_back(format_nasbench201(cells[i], taxonomy));
      return texts;
    });
  });
  module.def("prune", [](const PackedCells& cells) { return transform(cells, prune); });
  module.def("canonical",
             [](const PackedCells& cells) { return transform(cells, canonical_form); });
}

}  // namespace otnas::bindings
