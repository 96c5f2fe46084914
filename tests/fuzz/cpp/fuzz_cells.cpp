// Cells in all forms: packed arrays from outside, adjacency matrices, NAS-Bench-201 strings.
#include <array>
#include <stdexcept>

#include "input.hpp"
#include "otnas/cells/canonical.hpp"
#include "otnas/cells/check_cells.hpp"
#include "otnas/cells/nasbench201.hpp"
#include "otnas/cells/paths.hpp"
#include "otnas/nasbench101/nasbench101.hpp"
#include "otnas/pairwise/embedding.hpp"
#include "otnas/pairwise/path_embedding.hpp"

using namespace otnas;
using fuzz::Input;
using fuzz::require;

namespace {

const Taxonomy& taxonomy() {
  static const Taxonomy value({"a", "b", "c"}, {0, 0, 1}, 0.1, {"none"});
  return value;
}

/// All that the library does with cells it has accepted.
void use(const CellArray& cells) {
  if (cells.size() > 6) return;
  CellArray pruned;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell cell = prune(cells[i]);
    require(prune(cell) == cell, "pruning twice changes nothing");
    if (cell.size <= 12) {
      const Cell canonical = canonical_form(cell);
      require(canonical_form(canonical) == canonical, "the canonical form is its own");
    }
    require(reversed(reversed(cell)) == cell, "reversing twice changes nothing");
    pruned.push_back(cell);
  }
  const int layers = max_layer_count(cells);
  const CellEmbedder embedder(taxonomy(),
                              {Measure::kOperations2, Measure::kInDegree, Measure::kOutDegree,
                               Measure::kSizes, Measure::kDepth, Measure::kTerminals},
                              layers);
  std::vector<double> vectors(cells.size() * embedder.dimension());
  embedder.embed(cells, vectors.data(), 1, {});
  for (const double value : vectors) require(value >= 0.0 && value <= 1e9, "vectors are measures");
  // A hundred thousand words take a second under the sanitizers, and find no more than some
  // hundred.
  for (std::size_t i = 0; i < pruned.size(); ++i)
    if (paths_to_output(pruned[i])[0] > 300) return;
  try {
    for (const Reading reading : {Reading::kForward, Reading::kBackward}) {
      const auto paths = embed_paths(cells, taxonomy().size(), reading, 0.5, 1);
      for (const double value : paths.rows.values)
        require(value > 0.0 && value <= 1.0, "coordinates of words are shares");
    }
  } catch (const std::invalid_argument&) {
  }
}

void packed(Input& input) {
  CellArray cells;
  cells.offsets.clear();
  const std::size_t count = input.below(5);
  for (std::size_t i = 0; i < count; ++i)
    cells.offsets.push_back(input.below(8) ? static_cast<std::int64_t>(input.below(40))
                                           : input.take<std::int64_t>());
  const std::size_t vertices = input.below(64);
  for (std::size_t v = 0; v < vertices; ++v) {
    cells.successors.push_back(input.take<VertexMask>());
    cells.ops.push_back(input.take<OpCode>());
  }
  std::array<bool, 256> known{};
  for (const int code : {0, 1, 2, 128, 254, 255}) known[static_cast<std::size_t>(code)] = true;
  const char* problem =
      problem_of_cells(cells.offsets.data(), cells.offsets.size(), cells.successors.data(),
                       cells.ops.data(), vertices, known);
  if (problem == nullptr) use(cells);
}

void adjacency(Input& input) {
  const auto size = static_cast<int>(input.below(36));
  std::vector<std::uint8_t> matrix(static_cast<std::size_t>(size * size));
  const bool triangular = input.below(4) != 0;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const auto n = static_cast<std::size_t>(size);
    matrix[i] = input.take<std::uint8_t>() & 1u;
    if (triangular && i % n <= i / n) matrix[i] = 0;
  }
  std::vector<OpCode> ops(static_cast<std::size_t>(size), 0);
  for (auto& op : ops) op = static_cast<OpCode>(input.below(3));
  if (size >= 2) {
    ops.front() = kInput;
    ops.back() = kOutput;
  }
  try {
    CellArray cells;
    cells.push_back(cell_from_adjacency(matrix.data(), size, ops.data()));
    if (size <= 7) module_hashes(cells, 1);
    use(cells);
  } catch (const std::invalid_argument&) {
  }
}

void text(const Input& input) {
  try {
    const Cell cell = parse_nasbench201(input.rest(), taxonomy());
    require(format_nasbench201(cell, taxonomy()) == input.rest(), "strings make the round trip");
    CellArray cells;
    cells.push_back(cell);
    use(cells);
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.take<std::uint8_t>() % 3) {
    case 0:
      packed(input);
      break;
    case 1:
      adjacency(input);
      break;
    default:
      text(input);
  }
  return 0;
}
