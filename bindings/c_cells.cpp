#include <algorithm>
#include <string>

#include "c_call.hpp"
#include "otnas/cells/check_cells.hpp"

namespace otnas::bindings::c {
namespace {

/// The taxonomy of `operations` operations of the given families, counted from 0 without a gap.
/// Codes are all that an embedding needs, so the names are the numbers.
Taxonomy taxonomy(const int* families, std::size_t operations, double alpha) {
  const char* message = "families: expected numbers from 0 without a gap, one an operation";
  require(families != nullptr && operations > 0 && operations <= kFirstAbsent, message);
  std::vector<int> list(families, families + operations);
  std::vector<int> sorted = list;
  std::sort(sorted.begin(), sorted.end());
  require(sorted.front() == 0, message);
  for (std::size_t i = 1; i < operations; ++i) require(sorted[i] - sorted[i - 1] <= 1, message);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < operations; ++i) names.push_back(std::to_string(i));
  return Taxonomy(std::move(names), std::move(list), alpha, {});
}

std::vector<Measure> checked_measures(const int* measures, std::size_t count) {
  const char* message = "measures: expected at least one of the enumeration Measure, none twice";
  require(measures != nullptr && count > 0, message);
  std::vector<Measure> result;
  int operations = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int code = measures[i];
    require(code >= 0 && code <= static_cast<int>(Measure::kTerminals), message);
    const auto measure = static_cast<Measure>(code);
    require(std::find(result.begin(), result.end(), measure) == result.end(), message);
    operations += measure == Measure::kOperations1 || measure == Measure::kOperations2;
    result.push_back(measure);
  }
  require(operations <= 1, "measures: expected at most one of the two of operations, got both");
  return result;
}

CellArray checked_cells(const Cells& cells, int operations) {
  require(cells.offsets != nullptr && (cells.vertices == 0 || (cells.successors && cells.codes)),
          "cells: expected three arrays, got a null pointer");
  std::array<bool, 256> known{};
  std::fill_n(known.begin(), operations, true);
  std::fill(known.begin() + kFirstAbsent, known.end(), true);
  const char* problem = problem_of_cells(cells.offsets, cells.count + 1, cells.successors,
                                         cells.codes, cells.vertices, known);
  if (problem != nullptr) throw std::invalid_argument(problem);
  CellArray result;
  result.offsets.assign(cells.offsets, cells.offsets + cells.count + 1);
  result.successors.assign(cells.successors, cells.successors + cells.vertices);
  result.ops.assign(cells.codes, cells.codes + cells.vertices);
  return result;
}

int embedder_new(const int* families, std::size_t operations, double alpha, const int* measures,
                 std::size_t measure_count, int max_layers, CellEmbedder** embedder) {
  return guarded([&] {
    require(embedder != nullptr, "embedder: expected where to write it, got a null pointer");
    require(max_layers >= 2 && max_layers <= kMaxVertices,
            "max_layers: expected a number from 2 to 32");
    *embedder = new CellEmbedder(taxonomy(families, operations, alpha),
                                 checked_measures(measures, measure_count), max_layers);
  });
}

void embedder_free(CellEmbedder* embedder) { delete embedder; }

std::size_t embedder_dimension(const CellEmbedder* embedder) {
  return embedder ? embedder->dimension() : 0;
}

int embed_cells(const CellEmbedder* embedder, const Cells* cells, double* out, int threads) {
  return guarded([&] {
    const unsigned workers = checked_threads(threads);
    require(embedder && cells, "embedder, cells: expected both, got a null pointer");
    const CellArray checked = checked_cells(*cells, embedder->operations());
    require(max_layer_count(checked) <= embedder->max_layers(),
            "cells: expected at most as many layers as the embedder's max_layers, got more");
    require(out != nullptr || cells->count == 0, "out: expected an array, got a null pointer");
    embedder->embed(checked, out, workers);
  });
}

}  // namespace

void fill_cells(Functions& table) {
  table.embedder_new = embedder_new;
  table.embedder_free = embedder_free;
  table.embedder_dimension = embedder_dimension;
  table.embed_cells = embed_cells;
}

}  // namespace otnas::bindings::c
