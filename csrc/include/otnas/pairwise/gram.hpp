#pragma once
#include <cstddef>
#include <cstdint>

#include "otnas/support/parallel.hpp"

// Notation
//   a_i, b_j   rows of two embeddings, (dim,)
//   s          scale of each coordinate, (dim,): 1 / lengthscale of the block it belongs to
//   D_ij       = sum_d s_d |a_id - b_jd|
//   K_ij       = variance * exp(-D_ij)                     Nguyen et al. 2021, Eq. 6 and Section 4
//
// For coordinates that are not negative, as those of measures, |x - y| = x + y - 2 min(x, y): the
// pair costs one minimum and one addition per coordinate in which a_i is not zero. That is used
// where it is exact enough (src/pairwise/packed.hpp); elsewhere |x - y| is added up. Every pair is
// summed in the same order whatever its place in the matrix, so K is symmetric to the last bit, a
// block equals the same block of the whole, and threads change nothing.

namespace otnas {

/// n rows, of which only the distinct ones are stored.
struct L1Embedding {
  const double* vectors;  ///< (distinct, dim), row-major, of magnitude at most 1e300
  std::size_t distinct;
  std::size_t dim;
  const std::int64_t* index;  ///< (rows,): which distinct vector each row is
  std::size_t rows;
};

/// A matrix of the caller's: element (i, j) at data[i * row_stride + j].
template <class T>
struct MatrixOut {
  T* data;
  std::size_t row_stride;
};

/// K_ij into `out` (a.rows, b.rows). O(a.distinct * b.distinct * dim + a.rows * b.rows).
template <class T>
void laplace_gram(const L1Embedding& a, const L1Embedding& b, const double* scale, double variance,
                  MatrixOut<T> out, unsigned threads, const CancelCheck& cancelled = {});

/// D_ij over the coordinates [begin, end) with s = 1, into `out` (a.rows, b.rows).
template <class T>
void l1_distances(const L1Embedding& a, const L1Embedding& b, std::size_t begin, std::size_t end,
                  MatrixOut<T> out, unsigned threads, const CancelCheck& cancelled = {});

}  // namespace otnas
