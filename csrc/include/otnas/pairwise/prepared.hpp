#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "otnas/pairwise/blocks.hpp"
#include "otnas/support/parallel.hpp"

// Notation
//   D_b,ij   distance in block b of row i and column j
//   l_b      lengthscale of block b
//   K_ij     = variance * exp(-sum_b D_b,ij / l_b)
//
// Many columns share their vector in one block: the 423,624 cells of NAS-Bench-101 have 212,310
// different vectors of word prefixes and far fewer of degrees. Each block keeps its distinct
// vectors and a row is compared with those: dense ones in tiles, sparse ones by posting lists (for
// each coordinate, the vectors in which it is not zero), which touch only coordinates where the row
// is not zero: sum |a - b| = sum a + sum b - 2 sum min(a, b). What remains for each column is one
// look-up a block.
//
// Every pair is summed coordinate by coordinate in the same order whatever its place, so a matrix
// of an embedding with itself is symmetric to the last bit, a block equals the same block of the
// whole, and threads change nothing.

namespace otnas {

/// The right-hand side of comparisons, packed once: a new row costs no packing of the columns.
class PreparedColumns {
 public:
  /// Copies what it needs of the blocks, which have equally many rows.
  explicit PreparedColumns(const std::vector<L1Block>& blocks);
  ~PreparedColumns();
  PreparedColumns(PreparedColumns&&) noexcept;
  PreparedColumns& operator=(PreparedColumns&&) noexcept;

  std::size_t columns() const;
  std::size_t block_count() const;
  /// Memory held.
  std::size_t bytes() const;

  /// D_b,ij into out[b] (rows, columns). The blocks of `rows` correspond to those prepared.
  template <class T>
  void distances(const std::vector<L1Block>& rows, const std::vector<MatrixOut<T>>& out,
                 unsigned threads, const CancelCheck& cancelled = {}) const;

  /// K_ij into `out` (rows, columns); inverse_lengthscales (block_count,): 1 / l_b.
  template <class T>
  void gram(const std::vector<L1Block>& rows, const double* inverse_lengthscales, double variance,
            MatrixOut<T> out, unsigned threads, const CancelCheck& cancelled = {}) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace otnas
