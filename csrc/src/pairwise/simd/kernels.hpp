#pragma once
// Interface of the vectorised inner loops. The files that implement it are compiled for different
// instruction sets, so they share no inline function with the rest: the linker might keep the copy
// that this machine cannot run. Hence plain C types and no standard header but <cstddef>.
#include <cstddef>

namespace otnas::simd {

/// Columns handled together: tile[d * kTileColumns + j] is coordinate d of the tile's column j.
constexpr std::size_t kTileColumns = 32;

/// See nonnegative_distances.
constexpr double kCancellation = 1.0 / 256;

/// One row of the left-hand side: its nonzero coordinates in increasing order.
struct SparseRow {
  const double* values;            // (count,)
  const std::size_t* coordinates;  // (count,)
  std::size_t count;
  double sum;  // of the values, in order
};

struct Kernels {
  const char* name;

  /// distances[j] = max(0, row.sum + column_sums[j] - 2 sum_d min(row_d, tile_dj)); coordinates >=
  /// 0. Returns the columns, bit j for column j, in which the sums nearly cancel: distances[j] <
  /// kCancellation * (row.sum + column_sums[j]).
  unsigned (*nonnegative_distances)(const SparseRow& row, const double* tile,
                                    const double* column_sums, double* distances);

  /// distances[j] = sum_d scale_d |row_d - tile_dj| over all `dim` coordinates, of any sign.
  void (*signed_distances)(const double* row, const double* scale, std::size_t dim,
                           const double* tile, double* distances);

  /// values[j] = variance * exp(-values[j]) for kTileColumns values >= 0; within 2 ulp.
  void (*laplace)(double variance, double* values);
};

/// The fastest implementation that this machine runs.
const Kernels& best_kernels();

/// All implementations that this machine runs, slowest first, ended by nullptr.
const Kernels* const* all_kernels();

}  // namespace otnas::simd
