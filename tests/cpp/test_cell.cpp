#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

#include "otnas/cells/canonical.hpp"
#include "otnas/cells/cell.hpp"
#include "otnas/cells/nasbench201.hpp"

using namespace otnas;

namespace {

Cell random_cell(std::mt19937& rng, int size, int operations) {
  Cell cell;
  cell.size = size;
  for (int u = 0; u < size; ++u) {
    cell.ops[static_cast<std::size_t>(u)] =
        static_cast<OpCode>(rng() % static_cast<unsigned>(operations));
    for (int v = u + 1; v < size; ++v)
      if (rng() % 2) cell.add_edge(u, v);
  }
  cell.ops[0] = kInput;
  cell.ops[static_cast<std::size_t>(size - 1)] = kOutput;
  return cell;
}

/// The same cell with its inner vertices in another order.
Cell shuffled(const Cell& cell, std::mt19937& rng) {
  const int n = cell.size;
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin() + 1, order.end() - 1, rng);
  std::vector<std::uint8_t> matrix(static_cast<std::size_t>(n * n), 0);
  std::vector<OpCode> ops(static_cast<std::size_t>(n));
  for (int u = 0; u < n; ++u) {
    ops[static_cast<std::size_t>(u)] =
        cell.ops[static_cast<std::size_t>(order[static_cast<std::size_t>(u)])];
    for (int v = 0; v < n; ++v)
      matrix[static_cast<std::size_t>(u * n + v)] =
          cell.has_edge(order[static_cast<std::size_t>(u)], order[static_cast<std::size_t>(v)]);
  }
  return cell_from_adjacency(matrix.data(), n, ops.data());
}

}  // namespace

TEST_CASE("pruning leaves only vertices on input-to-output paths, and twice is once") {
  std::mt19937 rng(1);
  for (int trial = 0; trial < 500; ++trial) {
    const Cell pruned = prune(random_cell(rng, 2 + trial % 9, 3));
    CHECK(prune(pruned) == pruned);
    VertexMask entered = 1;
    for (int v = 0; v < pruned.size; ++v) entered |= pruned.successors[static_cast<std::size_t>(v)];
    const bool empty = pruned.size == 2 && pruned.successors[0] == 0;
    if (empty) continue;
    CHECK(entered == (VertexMask{1} << pruned.size) - 1);  // each vertex has a predecessor
    for (int v = 0; v + 1 < pruned.size; ++v)
      CHECK(pruned.successors[static_cast<std::size_t>(v)] != 0);
  }
}

TEST_CASE("the largest cell fits") {
  std::mt19937 rng(2);
  const Cell cell = random_cell(rng, kMaxVertices, 5);
  CellArray cells;
  cells.push_back(cell);
  CHECK(cells[0] == cell);
  CHECK(canonical_form(shuffled(cell, rng)) == canonical_form(cell));
}

TEST_CASE("canonical forms ignore the numbering") {
  std::mt19937 rng(3);
  for (int trial = 0; trial < 500; ++trial) {
    const Cell cell = random_cell(rng, 3 + trial % 8, 1 + trial % 3);
    const Cell canonical = canonical_form(cell);
    CHECK(canonical_form(shuffled(cell, rng)) == canonical);
    CHECK(canonical_form(canonical) == canonical);
  }
}

TEST_CASE("NAS-Bench-201 strings") {
  const Taxonomy taxonomy({"a", "b"}, {0, 1}, 0.1, {"none"});
  const std::string text = "|a~0|+|b~0|none~1|+|a~0|a~1|b~2|";
  const Cell cell = parse_nasbench201(text, taxonomy);
  CHECK(format_nasbench201(cell, taxonomy) == text);
  CHECK_THROWS_AS(parse_nasbench201("|a~0|", taxonomy), std::invalid_argument);
  CHECK_THROWS_AS(format_nasbench201(prune(cell), taxonomy), std::invalid_argument);
}
