#include "dpp/basis.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>

#include "dpp/blas.hpp"
#include "support/cancel.hpp"

namespace otnas {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr std::size_t kBlock = 16384;  // items of one matrix product; a multiple of Basis::kRun

}  // namespace

template <class Visit>
void Basis::for_blocks(const CancelCheck& cancelled, Visit visit) const {
  for (std::size_t first = 0; first < rows_; first += kBlock) {
    throw_if_cancelled(cancelled);
    visit(first, transposed(first, std::min(kBlock, rows_ - first)));
  }
}

Basis::Basis(MatrixXd V)
    : rows_(static_cast<std::size_t>(V.rows())),
      columns_(static_cast<std::size_t>(V.cols())),
      V_(std::move(V)) {
  if (rows_ < kMany) return;
  sums_.resize(columns_ * runs());
  for (std::size_t c = 0; c < columns_; ++c) {
    const double* column = V_.data() + c * rows_;
    double sum = 0.0;
    for (std::size_t i = 0; i < rows_; ++i) {
      sum += column[i] * column[i];
      sums_[c * runs() + i / kRun] = sum;
    }
  }
}

Basis::Basis(FactorView factor, double scale, MatrixXd T, const Lapack* lapack,
             const CancelCheck& cancelled)
    : rows_(factor.rows),
      columns_(static_cast<std::size_t>(T.cols())),
      factor_(factor),
      T_(std::move(T)),
      lapack_(lapack) {
  // Products of B and T neither overflow nor vanish: column norms of B T are near 1.
  T_ *= scale;
  const Index r = T_.cols();
  for (int round = 0;; ++round) {
    // V^T V and the running sums in one pass; the sums are those of the round that passes.
    MatrixXd gram = MatrixXd::Zero(r, r);
    sums_.assign(columns_ * runs(), 0.0);
    Eigen::VectorXd running = Eigen::VectorXd::Zero(r);
    for_blocks(cancelled, [&](std::size_t first, const MatrixXd& block) {
      add_outer(lapack_, block, gram);
      for (Index i = 0; i < block.cols(); ++i) {
        running += block.col(i).cwiseAbs2();
        const std::size_t item = first + static_cast<std::size_t>(i);
        if ((item + 1) % kRun != 0 && item + 1 != rows_) continue;
        for (std::size_t c = 0; c < columns_; ++c) {
          sums_[c * runs() + item / kRun] = running[static_cast<Index>(c)];
        }
      }
    });
    // Rounding of sums over n items: the departure cannot become much smaller than this.
    if ((gram - MatrixXd::Identity(r, r)).cwiseAbs().maxCoeff() < 1e-12) return;
    const Eigen::VectorXd norms = gram.diagonal().cwiseSqrt();
    const MatrixXd cosines =
        norms.cwiseInverse().asDiagonal() * gram * norms.cwiseInverse().asDiagonal();
    const Eigen::LLT<MatrixXd> cholesky(cosines);
    if (!(norms.minCoeff() > 0.0) || cholesky.info() != Eigen::Success || round == 3) {
      throw NumericalError("eigenvectors are not linearly independent");
    }
    T_ = (T_ * norms.cwiseInverse().asDiagonal()).eval();
    cholesky.matrixU().solveInPlace<Eigen::OnTheRight>(T_);
  }
}

MatrixXd Basis::transposed(std::size_t first, std::size_t count) const {
  if (factor_.data == nullptr) {
    return V_.middleRows(static_cast<Index>(first), static_cast<Index>(count)).transpose();
  }
  const Eigen::Map<const MatrixXd> rows(factor_.data + first * factor_.columns,
                                        static_cast<Index>(factor_.columns),
                                        static_cast<Index>(count));
  return product(lapack_, T_, rows);
}

double Basis::entry(std::size_t item, std::size_t column) const {
  if (factor_.data == nullptr) return V_(static_cast<Index>(item), static_cast<Index>(column));
  const Eigen::Map<const Eigen::VectorXd> features(factor_.data + item * factor_.columns,
                                                   static_cast<Index>(factor_.columns));
  return T_.col(static_cast<Index>(column)).dot(features);
}

Eigen::VectorXd Basis::leverage(const std::vector<std::size_t>& columns) const {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(static_cast<Index>(rows_));
  for (const std::size_t c : columns) sum += V_.col(static_cast<Index>(c)).cwiseAbs2();
  return sum;
}

void Basis::row(std::size_t item, const std::vector<std::size_t>& columns,
                Eigen::VectorXd& out) const {
  for (std::size_t j = 0; j < columns.size(); ++j) {
    out[static_cast<Index>(j)] = entry(item, columns[j]);
  }
}

std::size_t Basis::propose(std::size_t column, Uniform& uniform) const {
  const double* begin = sums_.data() + column * runs();
  const double* end = begin + runs();
  const double target = uniform() * end[-1];
  const double* found = std::upper_bound(begin, end, target);
  if (found == end) return rows_;
  double sum = found == begin ? 0.0 : found[-1];
  const auto first = static_cast<std::size_t>(found - begin) * kRun;
  const std::size_t last = std::min(first + kRun, rows_);
  for (std::size_t item = first; item < last; ++item) {
    const double value = entry(item, column);
    sum += value * value;
    if (sum > target) return item;
  }
  return rows_;
}

std::vector<double> Basis::weighted_squares(const std::vector<double>& weights,
                                            const CancelCheck& cancelled) const {
  const Eigen::Map<const Eigen::VectorXd> w(weights.data(), static_cast<Index>(weights.size()));
  std::vector<double> result(rows_);
  for_blocks(cancelled, [&](std::size_t first, const MatrixXd& block) {
    Eigen::Map<Eigen::VectorXd>(result.data() + first, block.cols()) =
        block.cwiseAbs2().transpose() * w;
  });
  return result;
}

std::vector<double> Basis::rows_of(const std::vector<std::size_t>& items) const {
  std::vector<double> result(items.size() * columns_);
  double* out = result.data();
  for (const std::size_t item : items) {
    const MatrixXd row = transposed(item, 1);
    out = std::copy(row.data(), row.data() + row.size(), out);
  }
  return result;
}

}  // namespace otnas
