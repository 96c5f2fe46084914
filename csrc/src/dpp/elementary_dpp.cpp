// Elementary DPP by rejection.
//
// Let v_i be row i of V (n, k), V^T V = I, and Y the items chosen so far, |Y| = j. The elementary
// DPP is P(Y) = det(V V^T)_Y for |Y| = k. Chosen in sequence, with every order of a set equally
// likely, the chain rule is
//
//     P(next = i | Y) = d_i(Y) / (k - j),      d_i(Y) = squared distance of v_i to span{v_y : y in
//     Y}
//
// because det(V V^T)_{Y + i} = det(V V^T)_Y d_i(Y) and sum_i d_i(Y) = trace of V (I - P_Y) V^T
// = k - j, P_Y being the projection on the span. That is Alg. 1 of Kulesza & Taskar (2012) with the
// update of V left out.
//
// Rejection: propose i with probability |v_i|^2 / k, which does not depend on Y and is tabulated
// once a draw (Basis says how for many items), and accept with probability d_i(Y) / |v_i|^2 <= 1.
// The accepted i then has probability proportional to |v_i|^2 * d_i / |v_i|^2 = d_i, which is the
// chain rule above, exactly. A proposal is accepted with probability sum_i d_i / k = (k - j) / k,
// so the expected number of proposals of a draw is k (1 + 1/2 + ... + 1/k), each of O(kj) or less.
#include <algorithm>
#include <cmath>
#include <limits>

#include "dpp/basis.hpp"
#include "otnas/support/errors.hpp"

namespace otnas {
namespace {

using Eigen::Index;

class ElementarySampler {
 public:
  ElementarySampler(const Basis& basis, const std::vector<std::size_t>& columns)
      : basis_(basis),
        columns_(columns),
        size_(columns.size()),
        floor_(static_cast<double>(size_) * std::numeric_limits<double>::epsilon()),
        span_(static_cast<Index>(size_), static_cast<Index>(size_)),
        row_(static_cast<Index>(size_)) {
    chosen_.reserve(size_);
    if (basis_.has_sums()) return;
    const Eigen::VectorXd leverage = basis_.leverage(columns_);
    cumulative_.resize(basis_.rows());
    double sum = 0.0;
    for (std::size_t i = 0; i < cumulative_.size(); ++i) {
      sum += leverage[static_cast<Index>(i)];
      cumulative_[i] = sum;
    }
  }

  std::vector<std::int64_t> draw(Uniform& uniform) {
    while (chosen_.size() < size_) {
      if (!propose(uniform)) scan(uniform);
    }
    std::sort(chosen_.begin(), chosen_.end());
    return std::move(chosen_);
  }

 private:
  /// Adds one item by rejection. The bound is some 50 times the expected number of proposals, so
  /// it is met with probability exp(-50), or when rounding has left next to nothing to accept;
  /// giving up then does not change the law, since scan() draws from the same conditional.
  bool propose(Uniform& uniform) {
    const std::size_t bound = 50 * (size_ / (size_ - chosen_.size()) + 1);
    for (std::size_t attempt = 0; attempt < bound; ++attempt) {
      const std::size_t item = by_leverage(uniform);
      if (item == basis_.rows()) continue;  // rounding led past the end
      load_row(item);
      // What lies within rounding of the span, as the items chosen already do, is in the span.
      const double needed = std::max(uniform(), floor_) * row_.squaredNorm();
      if (residual(needed) > needed) {
        add(item);
        return true;
      }
    }
    return false;
  }

  /// An item with probability |v_i|^2 / k.
  std::size_t by_leverage(Uniform& uniform) const {
    if (basis_.has_sums()) {
      const auto j = static_cast<std::size_t>(uniform() * static_cast<double>(size_));
      return basis_.propose(columns_[j], uniform);
    }
    const double target = uniform() * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), target);
    return static_cast<std::size_t>(found - cumulative_.begin());
  }

  /// Adds one item by computing every residual. O(nkj).
  void scan(Uniform& uniform) {
    std::vector<double> sums(basis_.rows());
    double sum = 0.0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      load_row(i);
      const double norm = row_.squaredNorm();
      const double left = residual(floor_ * norm);
      if (left > floor_ * norm) sum += left;
      sums[i] = sum;
    }
    const double target = uniform() * sum;
    const auto found = std::upper_bound(sums.begin(), sums.end(), target);
    if (!(sum > floor_) || found == sums.end()) {
      throw NumericalError("k-DPP draw failed: the eigenvectors chosen are not independent");
    }
    const auto item = static_cast<std::size_t>(found - sums.begin());
    load_row(item);
    add(item);
  }

  void load_row(std::size_t item) { basis_.row(item, columns_, row_); }

  /// Squared distance of row_ to the span, or, as soon as that is settled, anything <= enough.
  double residual(double enough) const {
    double left = row_.squaredNorm();
    for (Index t = 0; t < static_cast<Index>(chosen_.size()) && left > enough; ++t) {
      const double along = span_.col(t).dot(row_);
      left -= along * along;
    }
    return left;
  }

  /// Appends row_ to the span's orthonormal basis; twice is enough (Giraud et al., 2005).
  void add(std::size_t item) {
    const auto known = span_.leftCols(static_cast<Index>(chosen_.size()));
    for (int pass = 0; pass < 2; ++pass) row_ -= known * (known.transpose() * row_).eval();
    span_.col(static_cast<Index>(chosen_.size())) = row_.normalized();
    chosen_.push_back(static_cast<std::int64_t>(item));
  }

  const Basis& basis_;
  const std::vector<std::size_t>& columns_;
  std::size_t size_;
  double floor_;
  std::vector<double> cumulative_;  // running sums of |v_i|^2, (n,), unless the basis has its own
  Eigen::MatrixXd span_;            // columns: orthonormal basis of the chosen rows, (k, k)
  Eigen::VectorXd row_;             // the proposed row, (k,)
  std::vector<std::int64_t> chosen_;
};

}  // namespace

std::vector<std::int64_t> sample_elementary_dpp(const Basis& basis,
                                                const std::vector<std::size_t>& columns,
                                                Uniform& uniform) {
  if (columns.empty()) return {};
  return ElementarySampler(basis, columns).draw(uniform);
}

}  // namespace otnas
