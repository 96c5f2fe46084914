#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <vector>

#include "otnas/cells/canonical.hpp"
#include "otnas/nasbench101/enumerate.hpp"

using namespace otnas;

namespace {

constexpr std::size_t kNoLimit = 1000000;

using Key = std::pair<std::vector<VertexMask>, std::vector<OpCode>>;

Key key(const Cell& cell) {
  const auto size = static_cast<std::ptrdiff_t>(cell.size);
  return {{cell.successors.begin(), cell.successors.begin() + size},
          {cell.ops.begin(), cell.ops.begin() + size}};
}

/// Every graph with every labelling, pruned, told apart by canonical form.
std::set<Key> obvious(const CellLimits& limits) {
  std::set<Key> found;
  const int size = limits.max_vertices;
  const int bits = size * (size - 1) / 2;
  std::size_t labellings = 1;
  for (int v = 2; v < size; ++v) labellings *= static_cast<std::size_t>(limits.operations);
  for (unsigned graph = 0; graph < 1u << bits; ++graph)
    for (std::size_t labelling = 0; labelling < labellings; ++labelling) {
      Cell cell;
      cell.size = size;
      int bit = 0;
      for (int u = 0; u < size; ++u)
        for (int v = u + 1; v < size; ++v)
          if ((graph >> bit++) & 1u) cell.add_edge(u, v);
      std::size_t left = labelling;
      for (int v = 1; v + 1 < size; ++v) {
        cell.ops[static_cast<std::size_t>(v)] =
            static_cast<OpCode>(left % static_cast<std::size_t>(limits.operations));
        left /= static_cast<std::size_t>(limits.operations);
      }
      cell.ops[0] = kInput;
      cell.ops[static_cast<std::size_t>(size - 1)] = kOutput;
      const Cell pruned = prune(cell);
      int edges = 0;
      for (int u = 0; u < pruned.size; ++u)
        for (int v = 0; v < pruned.size; ++v) edges += pruned.has_edge(u, v);
      if (edges >= 1 && edges <= limits.max_edges) found.insert(key(canonical_form(pruned)));
    }
  return found;
}

}  // namespace

TEST_CASE("enumeration finds every class once") {
  for (const CellLimits limits : {CellLimits{2, 9, 3}, CellLimits{3, 9, 2}, CellLimits{4, 4, 3},
                                  CellLimits{5, 9, 2}, CellLimits{5, 10, 1}}) {
    const CellArray cells = enumerate_cells(limits, kNoLimit, 1);
    std::set<Key> found;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      CHECK(prune(cells[i]) == cells[i]);
      found.insert(key(canonical_form(cells[i])));
    }
    CHECK(found.size() == cells.size());
    CHECK(found == obvious(limits));
  }
}

TEST_CASE("NAS-Bench-101 has 1, 6, 84, 2441 cells of 2 to 5 vertices and 62010 of 6") {
  const CellArray cells = enumerate_cells({6, 9, 3}, kNoLimit, 2);
  std::vector<int> counts(7, 0);
  for (std::size_t i = 0; i < cells.size(); ++i) ++counts[static_cast<std::size_t>(cells[i].size)];
  CHECK(counts == std::vector<int>{0, 0, 1, 6, 84, 2441, 62010});
}

TEST_CASE("enumeration does not depend on the number of threads") {
  const CellArray one = enumerate_cells({6, 9, 3}, kNoLimit, 1);
  for (const unsigned threads : {2u, 5u}) {
    const CellArray many = enumerate_cells({6, 9, 3}, kNoLimit, threads);
    CHECK(many.offsets == one.offsets);
    CHECK(many.successors == one.successors);
    CHECK(many.ops == one.ops);
  }
}

TEST_CASE("enumeration refuses limits") {
  CHECK_THROWS_AS(enumerate_cells({1, 9, 3}, kNoLimit, 1), std::invalid_argument);
  CHECK_THROWS_AS(enumerate_cells({8, 9, 3}, kNoLimit, 1), std::invalid_argument);
  CHECK_THROWS_AS(enumerate_cells({7, 0, 3}, kNoLimit, 1), std::invalid_argument);
  CHECK_THROWS_AS(enumerate_cells({7, 9, 0}, kNoLimit, 1), std::invalid_argument);
  CHECK_THROWS_AS(enumerate_cells({7, 9, 129}, kNoLimit, 1), std::invalid_argument);
  CHECK_THROWS_AS(enumerate_cells({5, 9, 3}, 2531, 1), std::length_error);
  CHECK(enumerate_cells({5, 9, 3}, 2532, 1).size() == 2532);
}
