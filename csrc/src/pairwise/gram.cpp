#include "otnas/pairwise/gram.hpp"

#include <algorithm>
#include <vector>

#include "pairwise/packed.hpp"
#include "pairwise/simd/kernels.hpp"

namespace otnas {
namespace {

// Rows computed against one tile of columns while it is in the first-level cache.
constexpr std::size_t kRowsPerTask = 8;

/// For each distinct vector, the rows that are equal to it.
struct RowsByVector {
  std::vector<std::size_t> offsets, rows;

  explicit RowsByVector(const L1Embedding& a) : offsets(a.distinct + 1, 0), rows(a.rows) {
    for (std::size_t i = 0; i < a.rows; ++i) ++offsets[static_cast<std::size_t>(a.index[i]) + 1];
    for (std::size_t u = 0; u < a.distinct; ++u) offsets[u + 1] += offsets[u];
    std::vector<std::size_t> next(offsets.begin(), offsets.end() - 1);
    for (std::size_t i = 0; i < a.rows; ++i) rows[next[static_cast<std::size_t>(a.index[i])]++] = i;
  }
};

bool all_distinct(const L1Embedding& a) {
  if (a.rows != a.distinct) return false;
  for (std::size_t i = 0; i < a.rows; ++i)
    if (a.index[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

/// Values of distinct rows against tiles of distinct columns; `Finish` turns distances into values.
template <class Finish>
class TileValues {
 public:
  TileValues(const L1Embedding& a, const L1Embedding& b, const double* scale, std::size_t begin,
             std::size_t end, const Finish& finish)
      : kernels_(simd::best_kernels()),
        rows_(a, scale, begin, end),
        tiles_(b, scale, begin, end),
        finish_(finish) {}

  std::size_t tile_count() const { return tiles_.count(); }

  /// values (kTileColumns,): row u against the columns of tile t.
  void operator()(std::size_t u, std::size_t t, double* values) const {
    tiles_.distances(kernels_, rows_, u, t, values);
    finish_(kernels_, values);
  }

 private:
  const simd::Kernels& kernels_;
  Rows rows_;
  Tiles tiles_;
  Finish finish_;
};

/// Rows [first, last) of a symmetric matrix without repeated rows: what lies right of the diagonal
/// block is written twice, so each element belongs to one task.
template <class T, class Finish>
void fill_symmetric(const TileValues<Finish>& values, std::size_t first, std::size_t last,
                    std::size_t size, MatrixOut<T> out) {
  double block[kRowsPerTask][kTileColumns];
  for (std::size_t t = first / kTileColumns; t < values.tile_count(); ++t) {
    const std::size_t column = t * kTileColumns;
    const std::size_t columns = std::min(kTileColumns, size - column);
    const std::size_t own = column < first ? first - column : 0;
    for (std::size_t u = first; u < last; ++u) {
      values(u, t, block[u - first]);
      T* row = out.data + u * out.row_stride + column;
      for (std::size_t j = own; j < columns; ++j) row[j] = static_cast<T>(block[u - first][j]);
    }
    for (std::size_t j = column < last ? last - column : 0; j < columns; ++j) {
      T* row = out.data + (column + j) * out.row_stride;
      for (std::size_t u = first; u < last; ++u) row[u] = static_cast<T>(block[u - first][j]);
    }
  }
}

/// The rows equal to the distinct vectors [first, last), for any embeddings.
template <class T, class Finish>
void fill_rows(const TileValues<Finish>& values, std::size_t first, std::size_t last,
               const RowsByVector& rows_of, const L1Embedding& b, MatrixOut<T> out) {
  const std::size_t padded = values.tile_count() * kTileColumns;
  std::vector<double> buffer((last - first) * padded);
  for (std::size_t t = 0; t < values.tile_count(); ++t)
    for (std::size_t u = first; u < last; ++u)
      values(u, t, buffer.data() + (u - first) * padded + t * kTileColumns);
  for (std::size_t u = first; u < last; ++u) {
    const double* distinct = buffer.data() + (u - first) * padded;
    const T* spread = nullptr;
    for (std::size_t r = rows_of.offsets[u]; r < rows_of.offsets[u + 1]; ++r) {
      T* row = out.data + rows_of.rows[r] * out.row_stride;
      if (spread) {
        std::copy(spread, spread + b.rows, row);
      } else {
        for (std::size_t j = 0; j < b.rows; ++j) row[j] = static_cast<T>(distinct[b.index[j]]);
        spread = row;
      }
    }
  }
}

template <class T, class Finish>
void pairwise(const L1Embedding& a, const L1Embedding& b, const double* scale, std::size_t begin,
              std::size_t end, const Finish& finish, MatrixOut<T> out, unsigned threads,
              const CancelCheck& cancelled) {
  if (a.rows == 0 || b.rows == 0) return;
  const TileValues<Finish> values(a, b, scale, begin, end, finish);
  const bool symmetric = a.vectors == b.vectors && all_distinct(a) && all_distinct(b);
  const RowsByVector rows_of(a);
  const auto task = [&](std::size_t block) {
    const std::size_t first = block * kRowsPerTask;
    const std::size_t last = std::min(a.distinct, first + kRowsPerTask);
    if (symmetric)
      fill_symmetric(values, first, last, a.rows, out);
    else
      fill_rows(values, first, last, rows_of, b, out);
  };
  parallel_for((a.distinct + kRowsPerTask - 1) / kRowsPerTask, threads, task, cancelled);
}

}  // namespace

template <class T>
void laplace_gram(const L1Embedding& a, const L1Embedding& b, const double* scale, double variance,
                  MatrixOut<T> out, unsigned threads, const CancelCheck& cancelled) {
  const auto finish = [variance](const simd::Kernels& kernels, double* values) {
    kernels.laplace(variance, values);
  };
  pairwise(a, b, scale, 0, a.dim, finish, out, threads, cancelled);
}

template <class T>
void l1_distances(const L1Embedding& a, const L1Embedding& b, std::size_t begin, std::size_t end,
                  MatrixOut<T> out, unsigned threads, const CancelCheck& cancelled) {
  const auto keep = [](const simd::Kernels&, double*) {};
  pairwise<T>(a, b, nullptr, begin, end, keep, out, threads, cancelled);
}

template void laplace_gram(const L1Embedding&, const L1Embedding&, const double*, double,
                           MatrixOut<double>, unsigned, const CancelCheck&);
template void laplace_gram(const L1Embedding&, const L1Embedding&, const double*, double,
                           MatrixOut<float>, unsigned, const CancelCheck&);
template void l1_distances(const L1Embedding&, const L1Embedding&, std::size_t, std::size_t,
                           MatrixOut<double>, unsigned, const CancelCheck&);
template void l1_distances(const L1Embedding&, const L1Embedding&, std::size_t, std::size_t,
                           MatrixOut<float>, unsigned, const CancelCheck&);

}  // namespace otnas
