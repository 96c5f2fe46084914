#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "otnas/cells/cell.hpp"
#include "otnas/support/parallel.hpp"
#include "otnas/trees/ngram_tree.hpp"

// Notation
//   operations   measure on the n-gram tree: counts of operations (and of ordered pairs joined by
//                an edge), normalised to mass 1
//   layer(v)     number of edges on the shortest path from the input to v
//   in-degree    measure on [0, 1]: with n layers, the in-degrees of layer i's vertices, added up
//                and normalised, sit at position i / n; out-degree likewise
//   sizes        not a measure but the unbalanced counterpart on the star of operations: the count
//                of each operation, and the number of paths / 4
//   depth        not a measure either: edges of the shortest and of the longest path from input to
//                output, 0 without a path
//   terminals    nor this: out-degree of the input, in-degree of the output, and 2 for an edge from
//                input to output
//
// On [0, 1], W is the integral of |F_mu - F_nu| over the cumulative distributions (a chain is a
// tree). All positions are fractions, so on the grid of all i / n with n <= max_layers the CDFs are
// constant between grid points, and W is an L1 distance of vectors F(grid_g) * (grid_{g+1} -
// grid_g). Nguyen et al. 2021, Sections 3.1 and 3.2.

namespace otnas {

/// The fractions i / n in [0, 1) with n <= max_layers, ascending; interval g reaches to the next
/// fraction, the last one to 1.
struct FractionGrid {
  explicit FractionGrid(int max_layers);

  std::size_t size() const { return lengths.size(); }
  /// Grid point of i / n.
  std::size_t at(int i, int n) const;

  int max_layers;
  std::vector<double> points;
  std::vector<double> lengths;

 private:
  std::vector<std::size_t> index_;  // [n * (max_layers + 1) + i]
};

/// Layers of the pruned cell: 1 + the largest layer of any vertex; 2 when it has no edge.
int layer_count(const Cell& cell);

/// Largest layer_count of the pruned cells; 2 when there are none.
int max_layer_count(const CellArray& cells);

/// What a block of dense coordinates describes.
enum class Measure {
  kOperations1,
  kOperations2,
  kInDegree,
  kOutDegree,
  kSizes,
  kDepth,
  kTerminals
};

/// Embeds cells as vectors whose blockwise L1 distances are tree-Wasserstein distances.
class CellEmbedder {
 public:
  /// Blocks in the order of `measures`, at most one of them of operations.
  CellEmbedder(const Taxonomy& taxonomy, std::vector<Measure> measures, int max_layers);

  std::vector<std::size_t> block_sizes() const;
  std::size_t dimension() const { return dimension_; }
  int operations() const { return static_cast<int>(operations_); }
  int max_layers() const { return grid_.max_layers; }

  /// cells -> out (size, dimension), row-major. Cells are pruned first. O(vertices^2) a cell.
  void embed(const CellArray& cells, double* out, unsigned threads,
             const CancelCheck& cancelled = {}) const;

 private:
  std::size_t block_size(Measure measure) const;
  void embed_cell(const Cell& pruned, double* out) const;
  void embed_operations(const Cell& pruned, double* out) const;
  void embed_degrees(const Cell& pruned, bool incoming, double* out) const;
  void embed_sizes(const Cell& pruned, double* out) const;
  void embed_depth(const Cell& pruned, double* out) const;
  void embed_terminals(const Cell& pruned, double* out) const;

  std::vector<Measure> measures_;
  std::size_t operations_;
  NGramTree tree_;
  FractionGrid grid_;
  std::size_t dimension_ = 0;
};

/// Distinct rows of a (rows, dim) matrix in order of first appearance, and each row's distinct one.
struct DistinctRows {
  std::size_t count = 0;
  std::vector<double> vectors;      // (count, dim)
  std::vector<std::int64_t> index;  // (rows,)
};
DistinctRows distinct_rows(const double* vectors, std::size_t rows, std::size_t dim);

}  // namespace otnas
