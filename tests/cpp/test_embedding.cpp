#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "otnas/pairwise/embedding.hpp"

using namespace otnas;

namespace {

const Taxonomy kTaxonomy({"conv", "pool"}, {0, 1}, 0.1, {});

Cell cell_of(int size, const std::vector<std::pair<int, int>>& edges) {
  Cell cell;
  cell.size = size;
  cell.ops[0] = kInput;
  for (int v = 1; v < size; ++v) {
    const auto at = static_cast<std::size_t>(v);
    cell.ops[at] = v + 1 < size ? static_cast<OpCode>(v % 2) : kOutput;
  }
  for (const auto& [from, to] : edges) cell.add_edge(from, to);
  return cell;
}

std::vector<double> embedded(const Cell& cell, std::vector<Measure> measures) {
  CellArray cells;
  cells.push_back(cell);
  const CellEmbedder embedder(kTaxonomy, std::move(measures), kMaxVertices);
  std::vector<double> vector(embedder.dimension());
  embedder.embed(cells, vector.data(), 1);
  return vector;
}

/// Lengths of all paths from v to the output, by walking them.
void walk(const Cell& cell, int v, int length, std::vector<int>& lengths) {
  if (v == cell.size - 1) lengths.push_back(length);
  for (int w = v + 1; w < cell.size; ++w)
    if (cell.has_edge(v, w)) walk(cell, w, length + 1, lengths);
}

}  // namespace

TEST_CASE("sizes, depth and terminals of a cell by hand") {
  // input -> pool -> conv -> output, input -> conv, input -> output; vertex 3 leads nowhere
  const Cell cell = cell_of(5, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {2, 4}});
  const std::vector<double> expected = {1, 1, 0.75, 1, 3, 3, 2, 2};
  CHECK(embedded(cell, {Measure::kSizes, Measure::kDepth, Measure::kTerminals}) == expected);
  const Cell apart = cell_of(3, {{0, 1}});
  const std::vector<double> nothing(8, 0.0);
  CHECK(embedded(apart, {Measure::kSizes, Measure::kDepth, Measure::kTerminals}) == nothing);
}

TEST_CASE("depth is that of the shortest and the longest path") {
  std::mt19937 rng(3);
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::vector<std::pair<int, int>> edges;
    const int size = 2 + static_cast<int>(rng() % 8);
    for (int u = 0; u < size; ++u)
      for (int v = u + 1; v < size; ++v)
        if (rng() % 100 < 45) edges.emplace_back(u, v);
    const Cell cell = cell_of(size, edges);
    std::vector<int> lengths;
    walk(cell, 0, 0, lengths);
    const std::vector<double> depth = embedded(cell, {Measure::kDepth});
    if (lengths.empty()) lengths.push_back(0);
    CHECK(depth[0] == *std::min_element(lengths.begin(), lengths.end()));
    CHECK(depth[1] == *std::max_element(lengths.begin(), lengths.end()));
  }
}

TEST_CASE("blocks stand in the order of the measures and are what they are alone") {
  const Cell cell = cell_of(6, {{0, 1}, {1, 2}, {2, 5}, {0, 3}, {3, 4}, {4, 5}, {1, 4}});
  const std::vector<Measure> all = {Measure::kTerminals, Measure::kOutDegree, Measure::kOperations2,
                                    Measure::kSizes,     Measure::kInDegree,  Measure::kDepth};
  std::vector<double> joined;
  for (const Measure measure : all) {
    const std::vector<double> alone = embedded(cell, {measure});
    joined.insert(joined.end(), alone.begin(), alone.end());
  }
  CHECK(embedded(cell, all) == joined);
  CHECK_THROWS_AS(embedded(cell, {Measure::kOperations1, Measure::kOperations2}),
                  std::invalid_argument);
}
