#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "otnas/nasbench101/enumerate.hpp"
#include "otnas/nasbench101/nasbench101.hpp"
#include "otnas/support/errors.hpp"

using namespace otnas;

namespace {

Cell make_cell(const std::vector<OpCode>& ops, const std::vector<std::pair<int, int>>& edges) {
  Cell cell;
  cell.size = static_cast<int>(ops.size()) + 2;
  cell.ops[0] = kInput;
  for (std::size_t i = 0; i < ops.size(); ++i) cell.ops[i + 1] = ops[i];
  cell.ops[ops.size() + 1] = kOutput;
  for (const auto& [from, to] : edges) cell.add_edge(from, to);
  return cell;
}

}  // namespace

TEST_CASE("module hash of a cell published with NAS-Bench-101") {
  const Cell cell = make_cell(
      {0, 2, 0, 0, 1}, {{0, 1}, {0, 4}, {0, 5}, {1, 2}, {2, 3}, {2, 6}, {3, 5}, {4, 5}, {5, 6}});
  CHECK(view(to_hex(module_hash(cell))) == "00005c142e6f48ac74fdcf73e3439874");
}

TEST_CASE("module hash does not depend on numbering, module_hashes prunes") {
  const Cell cell = make_cell({0, 2}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  const Cell swapped = make_cell({2, 0}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  const Cell dangling = make_cell({0, 1, 2}, {{0, 1}, {0, 3}, {0, 2}, {1, 4}, {3, 4}});
  CellArray cells;
  for (const Cell& each : {cell, swapped, dangling}) cells.push_back(each);
  const auto hashes = module_hashes(cells, 2);
  CHECK(hashes[0] == module_hash(cell));
  CHECK(hashes[1] == hashes[0]);
  CHECK(hashes[2] == hashes[0]);
}

TEST_CASE("different classes of up to 5 vertices have different module hashes") {
  auto hashes = module_hashes(enumerate_cells({5, 9, 3}, 10000, 1), 2);
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
}

TEST_CASE("hashing stops when asked") {
  // Enough work for the check to be polled.
  const CellArray cells = enumerate_cells({6, 9, 3}, 100000, 1);
  CHECK_THROWS_AS(module_hashes(cells, 1, [] { return true; }), Cancelled);
  CHECK_THROWS_AS(module_hashes(cells, 3, [] { return true; }), Cancelled);
}

TEST_CASE("parameter count") {
  // Worked out by hand: stem 3 * 3 * 3 * 128 + 2 * 128 = 3712; dense (512 + 1) * 10 = 5130; nine
  // projections c_in * c_out + 2 c_out: 3 * 16640 + 33280 + 2 * 66048 + 132096 + 2 * 263168.
  const Cell empty = make_cell({}, {{0, 1}});
  CHECK(parameter_count(empty) == 3712 + 5130 + 49920 + 33280 + 132096 + 132096 + 526336);
  // The best cell of the benchmark is checked, with all others, by the Python tests.
}
