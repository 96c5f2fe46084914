#include "otnas/pairwise/embedding.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "otnas/cells/paths.hpp"
#include "support/index.hpp"

namespace otnas {
namespace {

constexpr std::size_t kCellsPerTask = 256;

/// Layer of every vertex of a pruned cell. Vertices are in topological order, so one pass settles
/// the shortest paths.
std::array<int, kMaxVertices> layers_of(const Cell& cell) {
  std::array<int, kMaxVertices> layer;
  layer.fill(kMaxVertices);
  layer[0] = 0;
  for (int u = 0; u < cell.size; ++u)
    for (int v = u + 1; v < cell.size; ++v)
      if (cell.has_edge(u, v)) layer[ix(v)] = std::min(layer[ix(v)], layer[ix(u)] + 1);
  return layer;
}

bool has_no_edge(const Cell& pruned) { return pruned.successors[0] == 0; }

bool has(const std::vector<Measure>& measures, Measure wanted) {
  return std::find(measures.begin(), measures.end(), wanted) != measures.end();
}

}  // namespace

FractionGrid::FractionGrid(int max_layers_) : max_layers(max_layers_) {
  if (max_layers < 2 || max_layers > kMaxVertices)
    throw std::invalid_argument("max_layers must lie in [2, " + std::to_string(kMaxVertices) +
                                "], got " + std::to_string(max_layers));
  std::vector<std::pair<int, int>> fractions;  // in lowest terms
  for (int n = 1; n <= max_layers; ++n)
    for (int i = 0; i < n; ++i)
      if (std::gcd(i, n) == 1 || (i == 0 && n == 1)) fractions.emplace_back(i, n);
  std::sort(fractions.begin(), fractions.end(),
            [](const auto& a, const auto& b) { return a.first * b.second < b.first * a.second; });
  index_.assign(ix((max_layers + 1) * (max_layers + 1)), 0);
  for (std::size_t g = 0; g < fractions.size(); ++g) {
    const auto [i, n] = fractions[g];
    points.push_back(static_cast<double>(i) / n);
    for (int m = 1; m * n <= max_layers; ++m) index_[ix(m * n * (max_layers + 1) + m * i)] = g;
  }
  for (std::size_t g = 0; g < points.size(); ++g)
    lengths.push_back((g + 1 < points.size() ? points[g + 1] : 1.0) - points[g]);
}

std::size_t FractionGrid::at(int i, int n) const {
  return index_[static_cast<std::size_t>(n * (max_layers + 1) + i)];
}

int layer_count(const Cell& cell) {
  const Cell pruned = prune(cell);
  if (has_no_edge(pruned)) return 2;
  const auto layer = layers_of(pruned);
  return 1 + *std::max_element(layer.begin(), layer.begin() + pruned.size);
}

int max_layer_count(const CellArray& cells) {
  int most = 2;
  for (std::size_t i = 0; i < cells.size(); ++i) most = std::max(most, layer_count(cells[i]));
  return most;
}

CellEmbedder::CellEmbedder(const Taxonomy& taxonomy, std::vector<Measure> measures, int max_layers)
    : measures_(std::move(measures)),
      operations_(ix(taxonomy.size())),
      tree_(taxonomy, has(measures_, Measure::kOperations2) ? 2 : 1),
      grid_(max_layers) {
  if (has(measures_, Measure::kOperations1) && has(measures_, Measure::kOperations2))
    throw std::invalid_argument("measures holds operations twice");
  for (const Measure measure : measures_) dimension_ += block_size(measure);
}

std::size_t CellEmbedder::block_size(Measure measure) const {
  switch (measure) {
    case Measure::kOperations1:
    case Measure::kOperations2:
      return tree_.tree().size();
    case Measure::kInDegree:
    case Measure::kOutDegree:
      return grid_.size();
    case Measure::kSizes:
      return operations_ + 1;
    case Measure::kDepth:
      return 2;
    case Measure::kTerminals:
      return 3;
  }
  return 0;
}

std::vector<std::size_t> CellEmbedder::block_sizes() const {
  std::vector<std::size_t> sizes;
  for (const Measure measure : measures_) sizes.push_back(block_size(measure));
  return sizes;
}

void CellEmbedder::embed(const CellArray& cells, double* out, unsigned threads,
                         const CancelCheck& cancelled) const {
  const std::size_t tasks = (cells.size() + kCellsPerTask - 1) / kCellsPerTask;
  parallel_for(
      tasks, threads,
      [&](std::size_t task) {
        const std::size_t end = std::min(cells.size(), (task + 1) * kCellsPerTask);
        for (std::size_t i = task * kCellsPerTask; i < end; ++i)
          embed_cell(prune(cells[i]), out + i * dimension());
      },
      cancelled);
}

void CellEmbedder::embed_cell(const Cell& pruned, double* out) const {
  std::fill(out, out + dimension(), 0.0);
  for (const Measure measure : measures_) {
    switch (measure) {
      case Measure::kOperations1:
      case Measure::kOperations2:
        embed_operations(pruned, out);
        break;
      case Measure::kInDegree:
      case Measure::kOutDegree:
        embed_degrees(pruned, measure == Measure::kInDegree, out);
        break;
      case Measure::kSizes:
        embed_sizes(pruned, out);
        break;
      case Measure::kDepth:
        embed_depth(pruned, out);
        break;
      case Measure::kTerminals:
        embed_terminals(pruned, out);
        break;
    }
    out += block_size(measure);
  }
}

void CellEmbedder::embed_operations(const Cell& pruned, double* out) const {
  const TreeMetric& tree = tree_.tree();
  int total = 0;
  // Counts first, so that equal measures give equal bits whatever order the vertices come in.
  const auto count = [&](int leaf) {
    ++total;
    for (int v = leaf; v >= 0; v = tree.parents()[ix(v)]) out[v] += 1.0;
  };
  for (int u = 1; u + 1 < pruned.size; ++u) {
    count(tree_.operation_leaf(pruned.ops[ix(u)]));
    if (tree_.ngram() < 2) continue;
    for (int v = u + 1; v + 1 < pruned.size; ++v)
      if (pruned.has_edge(u, v)) count(tree_.pair_leaf(pruned.ops[ix(u)], pruned.ops[ix(v)]));
  }
  out[tree.root()] = 0.0;  // without operations all mass is there, and every phi is 0
  for (std::size_t v = 0; v < tree.size(); ++v)
    if (out[v] > 0.0) out[v] *= tree.weights()[v] / total;
}

void CellEmbedder::embed_degrees(const Cell& pruned, bool incoming, double* out) const {
  double total = 0.0;
  if (has_no_edge(pruned)) {
    out[0] = total = 1.0;  // unit mass at position 0
  } else {
    const auto layer = layers_of(pruned);
    const int layers = 1 + *std::max_element(layer.begin(), layer.begin() + pruned.size);
    for (int u = 0; u < pruned.size; ++u) {
      for (int v = u + 1; v < pruned.size; ++v) {
        if (!pruned.has_edge(u, v)) continue;
        total += 1.0;
        out[grid_.at(layer[ix(incoming ? v : u)], layers)] += 1.0;
      }
    }
  }
  double below = 0.0;
  for (std::size_t g = 0; g < grid_.size(); ++g) {
    below += out[g];
    out[g] = below / total * grid_.lengths[g];
  }
}

void CellEmbedder::embed_sizes(const Cell& pruned, double* out) const {
  for (int v = 1; v + 1 < pruned.size; ++v) out[pruned.ops[ix(v)]] += 1.0;
  out[operations_] = static_cast<double>(paths_to_output(pruned)[0]) / 4.0;
}

void CellEmbedder::embed_depth(const Cell& pruned, double* out) const {
  if (has_no_edge(pruned)) return;
  // Of a pruned cell every vertex is on a path from input to output.
  std::array<int, kMaxVertices> longest{};
  for (int u = 0; u < pruned.size; ++u)
    for (int v = u + 1; v < pruned.size; ++v)
      if (pruned.has_edge(u, v)) longest[ix(v)] = std::max(longest[ix(v)], longest[ix(u)] + 1);
  const std::size_t output = ix(pruned.size - 1);
  out[0] = layers_of(pruned)[output];
  out[1] = longest[output];
}

void CellEmbedder::embed_terminals(const Cell& pruned, double* out) const {
  const int output = pruned.size - 1;
  for (int v = 0; v <= output; ++v) {
    out[0] += pruned.has_edge(0, v);
    out[1] += pruned.has_edge(v, output);
  }
  out[2] = 2.0 * pruned.has_edge(0, output);
}

DistinctRows distinct_rows(const double* vectors, std::size_t rows, std::size_t dim) {
  DistinctRows result;
  result.index.reserve(rows);
  std::unordered_map<std::string_view, std::int64_t> seen;
  seen.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const double* row = vectors + i * dim;
    const std::string_view bytes(reinterpret_cast<const char*>(row), dim * sizeof(double));
    const auto [entry, fresh] = seen.try_emplace(bytes, static_cast<std::int64_t>(seen.size()));
    result.count += fresh;
    if (fresh) result.vectors.insert(result.vectors.end(), row, row + dim);
    result.index.push_back(entry->second);
  }
  return result;
}

}  // namespace otnas
