#include "otnas/pairwise/prepared.hpp"

#include <algorithm>
#include <numeric>

#include "otnas/pairwise/embedding.hpp"
#include "pairwise/packed.hpp"
#include "pairwise/postings.hpp"
#include "pairwise/simd/kernels.hpp"

namespace otnas {
namespace {

// Rows computed by one task, which shares its working memory among them.
constexpr std::size_t kRowsPerTask = 8;

// Columns whose exponents are added up block by block while they stay in the first-level cache.
constexpr std::size_t kColumnsPerPass = 32 * kTileColumns;

std::size_t row_count(const L1Block& block) {
  if (const auto* dense = std::get_if<DenseBlock>(&block)) return dense->embedding.rows;
  return std::get<SparseBlock>(block).rows;
}

const std::int64_t* index_of(const L1Block& block) {
  if (const auto* dense = std::get_if<DenseBlock>(&block)) return dense->embedding.index;
  return std::get<SparseBlock>(block).index;
}

/// One block of the left-hand side.
struct BlockRows {
  explicit BlockRows(const L1Block& block) : rows(pack(block)), index(index_of(block)) {}

  static Rows pack(const L1Block& block) {
    if (const auto* dense = std::get_if<DenseBlock>(&block))
      return Rows(dense->embedding, nullptr, dense->begin, dense->end);
    return Rows(std::get<SparseBlock>(block));
  }

  Rows rows;
  const std::int64_t* index;
};

/// Dense columns of one block, in tiles.
class DenseColumns {
 public:
  DenseColumns(const double* vectors, std::size_t distinct, std::size_t dim)
      : kernels_(simd::best_kernels()),
        tiles_({vectors, distinct, dim, nullptr, 0}, nullptr, 0, dim) {}

  std::size_t bytes() const { return tiles_.bytes(); }

  void distances(const BlockRows& left, std::size_t u, double* out) const {
    for (std::size_t t = 0; t < tiles_.count(); ++t, out += kTileColumns)
      tiles_.distances(kernels_, left.rows, u, t, out);
  }

 private:
  const simd::Kernels& kernels_;
  Tiles tiles_;
};

/// One block of the right-hand side: distinct vectors and, for each column, which of them it is.
class BlockColumns {
 public:
  explicit BlockColumns(const L1Block& block) : vectors_(pack(block, vector_of_)) {}

  /// Distances to the distinct vectors; the rest of the last tile is of no meaning.
  std::size_t padded() const {
    return (distinct_ + kTileColumns - 1) / kTileColumns * kTileColumns;
  }
  std::size_t columns() const { return vector_of_.size(); }
  const std::uint32_t* vector_of() const { return vector_of_.data(); }
  std::size_t bytes() const {
    return vector_of_.size() * sizeof(std::uint32_t) +
           std::visit([](const auto& vectors) { return vectors.bytes(); }, vectors_);
  }

  void distances(const BlockRows& left, std::size_t row, double* out) const {
    const auto u = static_cast<std::size_t>(left.index[row]);
    if (const auto* dense = std::get_if<DenseColumns>(&vectors_))
      dense->distances(left, u, out);
    else
      std::get<Postings>(vectors_).distances(left.rows.sparse(u), out);
  }

 private:
  using Vectors = std::variant<DenseColumns, Postings>;

  Vectors pack(const L1Block& block, std::vector<std::uint32_t>& vector_of) {
    vector_of.resize(row_count(block));
    const std::int64_t* index = index_of(block);
    if (const auto* sparse = std::get_if<SparseBlock>(&block)) {
      std::transform(index, index + vector_of.size(), vector_of.begin(),
                     [](std::int64_t u) { return static_cast<std::uint32_t>(u); });
      distinct_ = sparse->distinct;
      return Postings(*sparse);
    }
    const auto& [embedding, begin, end] = std::get<DenseBlock>(block);
    const std::size_t dim = end - begin;
    std::vector<double> slice(embedding.distinct * dim);
    for (std::size_t u = 0; u < embedding.distinct; ++u)
      std::copy_n(embedding.vectors + u * embedding.dim + begin, dim, slice.data() + u * dim);
    const DistinctRows rows = distinct_rows(slice.data(), embedding.distinct, dim);
    std::transform(index, index + vector_of.size(), vector_of.begin(), [&](std::int64_t u) {
      return static_cast<std::uint32_t>(rows.index[static_cast<std::size_t>(u)]);
    });
    distinct_ = rows.count;
    return DenseColumns(rows.vectors.data(), rows.count, dim);
  }

  std::size_t distinct_ = 0;
  std::vector<std::uint32_t> vector_of_;
  Vectors vectors_;
};

}  // namespace

struct PreparedColumns::Impl {
  std::vector<BlockColumns> blocks;
  std::vector<std::size_t> starts{0};  // of each block's distances in the working memory

  explicit Impl(const std::vector<L1Block>& given) {
    blocks.reserve(given.size());
    for (const L1Block& block : given) {
      blocks.emplace_back(block);
      starts.push_back(starts.back() + blocks.back().padded());
    }
  }

  std::size_t columns() const { return blocks.empty() ? 0 : blocks.front().columns(); }

  /// Calls write(row, distances to the distinct vectors of all blocks) for every row.
  template <class Write>
  void for_each_row(const std::vector<L1Block>& rows, unsigned threads,
                    const CancelCheck& cancelled, const Write& write) const {
    const std::size_t count = rows.empty() ? 0 : row_count(rows.front());
    if (count == 0 || columns() == 0) return;
    std::vector<BlockRows> left;
    for (const L1Block& block : rows) left.emplace_back(block);
    const auto task = [&](std::size_t part) {
      const std::size_t end = std::min(count, (part + 1) * kRowsPerTask);
      std::vector<double> working(starts.back());
      for (std::size_t row = part * kRowsPerTask; row < end; ++row) {
        for (std::size_t b = 0; b < blocks.size(); ++b)
          blocks[b].distances(left[b], row, working.data() + starts[b]);
        write(row, working.data());
      }
    };
    parallel_for((count + kRowsPerTask - 1) / kRowsPerTask, threads, task, cancelled);
  }
};

PreparedColumns::PreparedColumns(const std::vector<L1Block>& blocks)
    : impl_(std::make_unique<const Impl>(blocks)) {}
PreparedColumns::~PreparedColumns() = default;
PreparedColumns::PreparedColumns(PreparedColumns&&) noexcept = default;
PreparedColumns& PreparedColumns::operator=(PreparedColumns&&) noexcept = default;

std::size_t PreparedColumns::columns() const { return impl_->columns(); }
std::size_t PreparedColumns::block_count() const { return impl_->blocks.size(); }
std::size_t PreparedColumns::bytes() const {
  return std::accumulate(impl_->blocks.begin(), impl_->blocks.end(), std::size_t{0},
                         [](std::size_t sum, const auto& block) { return sum + block.bytes(); });
}

template <class T>
void PreparedColumns::distances(const std::vector<L1Block>& rows,
                                const std::vector<MatrixOut<T>>& out, unsigned threads,
                                const CancelCheck& cancelled) const {
  const Impl& impl = *impl_;
  impl.for_each_row(rows, threads, cancelled, [&](std::size_t row, const double* distances) {
    for (std::size_t b = 0; b < impl.blocks.size(); ++b) {
      const double* of_vector = distances + impl.starts[b];
      const std::uint32_t* vector_of = impl.blocks[b].vector_of();
      T* target = out[b].data + row * out[b].row_stride;
      for (std::size_t j = 0; j < impl.columns(); ++j)
        target[j] = static_cast<T>(of_vector[vector_of[j]]);
    }
  });
}

template <class T>
void PreparedColumns::gram(const std::vector<L1Block>& rows, const double* inverse_lengthscales,
                           double variance, MatrixOut<T> out, unsigned threads,
                           const CancelCheck& cancelled) const {
  const Impl& impl = *impl_;
  const simd::Kernels& kernels = simd::best_kernels();
  impl.for_each_row(rows, threads, cancelled, [&](std::size_t row, double* distances) {
    for (std::size_t b = 0; b < impl.blocks.size(); ++b)
      for (std::size_t u = impl.starts[b]; u < impl.starts[b + 1]; ++u)
        distances[u] *= inverse_lengthscales[b];
    T* target = out.data + row * out.row_stride;
    double values[kColumnsPerPass];
    for (std::size_t first = 0; first < impl.columns(); first += kColumnsPerPass) {
      const std::size_t count = std::min(kColumnsPerPass, impl.columns() - first);
      std::fill_n(values, (count + kTileColumns - 1) / kTileColumns * kTileColumns, 0.0);
      for (std::size_t b = 0; b < impl.blocks.size(); ++b) {
        const double* of_vector = distances + impl.starts[b];
        const std::uint32_t* vector_of = impl.blocks[b].vector_of() + first;
        for (std::size_t j = 0; j < count; ++j) values[j] += of_vector[vector_of[j]];
      }
      for (std::size_t j = 0; j < count; j += kTileColumns) kernels.laplace(variance, values + j);
      for (std::size_t j = 0; j < count; ++j) target[first + j] = static_cast<T>(values[j]);
    }
  });
}

template void PreparedColumns::distances(const std::vector<L1Block>&,
                                         const std::vector<MatrixOut<double>>&, unsigned,
                                         const CancelCheck&) const;
template void PreparedColumns::distances(const std::vector<L1Block>&,
                                         const std::vector<MatrixOut<float>>&, unsigned,
                                         const CancelCheck&) const;
template void PreparedColumns::gram(const std::vector<L1Block>&, const double*, double,
                                    MatrixOut<double>, unsigned, const CancelCheck&) const;
template void PreparedColumns::gram(const std::vector<L1Block>&, const double*, double,
                                    MatrixOut<float>, unsigned, const CancelCheck&) const;

}  // namespace otnas
