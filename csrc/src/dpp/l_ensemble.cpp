#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "dpp/basis.hpp"
#include "dpp/blas.hpp"
#include "dpp/spectrum.hpp"
#include "otnas/dpp/dpp.hpp"
#include "support/cancel.hpp"

namespace otnas {
namespace {

using Eigen::Index;

/// Divides by the power of two nearest the largest entry, so that products can neither overflow nor
/// vanish; returns the power. A common factor of L does not change its k-DPPs.
int scale_to_unit(Eigen::MatrixXd& matrix) {
  const double largest = matrix.size() ? matrix.cwiseAbs().maxCoeff() : 0.0;
  if (!std::isfinite(largest)) throw std::invalid_argument("the matrix must be finite");
  if (largest == 0.0) return 0;
  const int exponent = std::ilogb(largest);
  matrix = matrix.unaryExpr([exponent](double x) { return std::ldexp(x, -exponent); });
  return exponent;
}

std::vector<double> scaled_back(std::vector<double> values, int exponent) {
  for (double& value : values) {
    value = std::ldexp(value, exponent);
    if (!std::isnormal(value)) {
      throw NumericalError(
          "the eigenvalues do not fit in double precision; multiply the matrix by a constant, "
          "which does not change its k-DPPs");
    }
  }
  return values;
}

}  // namespace

/// B times a power of two, to go from the eigenvectors of B^T B to those of B B^T.
struct LEnsemble::DualForm {
  Eigen::MatrixXd B;

  /// Taking |B w| for sqrt(λ) and making the result orthonormal undoes the loss of accuracy in the
  /// smallest eigenvalues.
  void lift(Eigen::MatrixXd& vectors) const {
    if (vectors.cols() == 0) return;
    vectors = (B * vectors).eval();
    vectors.colwise().normalize();
    orthonormalise(vectors);
  }
};

LEnsemble::~LEnsemble() = default;

LEnsemble::LEnsemble(const double* L, std::size_t n, const Lapack* lapack,
                     const CancelCheck& cancelled)
    : size_(n) {
  const auto length = static_cast<Index>(n);
  // Symmetric, so rows may be read as columns.
  Eigen::MatrixXd matrix = Eigen::Map<const Eigen::MatrixXd>(L, length, length);
  const int exponent = scale_to_unit(matrix);
  spectrum_ = std::make_unique<Spectrum>(std::move(matrix), size_, lapack, cancelled);
  eigenvalues_ = scaled_back(spectrum_->eigenvalues(), exponent);
}

LEnsemble::LEnsemble(FactorView factor, const Lapack* lapack, const CancelCheck& cancelled)
    : size_(factor.rows), lapack_(lapack) {
  if (factor.rows == 0 || factor.columns == 0) {
    throw std::invalid_argument("the factor must not be empty");
  }
  if (factor.rows >= kManyItems && factor.columns < factor.rows) {
    decompose_in_place(factor, cancelled);
  } else {
    decompose(factor, cancelled);
  }
}

void LEnsemble::decompose(FactorView factor, const CancelCheck& cancelled) {
  Eigen::MatrixXd B =
      RowMajorMap(factor.data, static_cast<Index>(factor.rows), static_cast<Index>(factor.columns));
  const int exponent = 2 * scale_to_unit(B);
  const std::size_t dimension = std::max(factor.rows, factor.columns);
  Eigen::MatrixXd gram;
  if (B.cols() < B.rows()) {
    gram.noalias() = B.transpose() * B;
    dual_ = std::make_unique<const DualForm>(DualForm{std::move(B)});
  } else {
    gram.noalias() = B * B.transpose();
  }
  throw_if_cancelled(cancelled);
  spectrum_ = std::make_unique<Spectrum>(std::move(gram), dimension, lapack_, cancelled);
  eigenvalues_ = scaled_back(spectrum_->eigenvalues(), exponent);
}

void LEnsemble::decompose_in_place(FactorView factor, const CancelCheck& cancelled) {
  view_ = factor;
  const std::size_t count = factor.rows * factor.columns;
  const Eigen::Map<const Eigen::VectorXd> entries(factor.data, static_cast<Index>(count));
  const double largest = entries.cwiseAbs().maxCoeff();
  const int exponent = largest > 0.0 ? std::ilogb(largest) : 0;
  view_scale_ = std::ldexp(1.0, -exponent);
  if (!std::isnormal(view_scale_)) {
    throw NumericalError("the factor does not fit in double precision; multiply it by a constant");
  }
  // B^T B in blocks of rows, added up in their order.
  constexpr std::size_t kRows = 16384;
  const auto r = static_cast<Index>(factor.columns);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(r, r);
  for (std::size_t first = 0; first < factor.rows; first += kRows) {
    throw_if_cancelled(cancelled);
    const auto rows = static_cast<Index>(std::min(kRows, factor.rows - first));
    const Eigen::Map<const Eigen::MatrixXd> block(factor.data + first * factor.columns, r, rows);
    add_outer(lapack_, block * view_scale_, gram);
  }
  spectrum_ = std::make_unique<Spectrum>(std::move(gram), size_, lapack_, cancelled);
  eigenvalues_ = scaled_back(spectrum_->eigenvalues(), 2 * exponent);
}

bool LEnsemble::has_basis() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return basis_ != nullptr;
}

std::shared_ptr<const EigenvectorSelection> LEnsemble::selection(std::size_t k) {
  if (k < 1 || k > size_) throw std::invalid_argument("k must be between 1 and n");
  if (k > rank()) {
    std::ostringstream message;
    message << "rank too small: the matrix has rank " << rank() << ", so no set of k = " << k
            << " items has a positive determinant";
    throw NumericalError(message.str());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!selection_ || selection_k_ != k) {
    selection_ = std::make_shared<const EigenvectorSelection>(eigenvalues_, k);
    selection_k_ = k;
  }
  return selection_;
}

std::shared_ptr<const Basis> LEnsemble::full_basis(const CancelCheck& cancelled) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!basis_) {
    Eigen::MatrixXd vectors = spectrum_->basis(cancelled);
    if (view_.data != nullptr) {
      for (std::size_t m = 0; m < rank(); ++m) {
        vectors.col(static_cast<Index>(m)) /= std::sqrt(eigenvalues_[m]) * view_scale_;
      }
      basis_ =
          std::make_shared<const Basis>(view_, view_scale_, std::move(vectors), lapack_, cancelled);
    } else {
      if (dual_) dual_->lift(vectors);
      basis_ = std::make_shared<const Basis>(std::move(vectors));
    }
    spectrum_.reset();
  }
  return basis_;
}

/// The basis, or null for the one draw that may do with less.
std::shared_ptr<const Basis> LEnsemble::basis_unless_first(std::size_t draws,
                                                           const CancelCheck& cancelled) {
  if (view_.data == nullptr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!std::exchange(drawn_, true) && draws == 1 && !basis_) return nullptr;
  }
  return full_basis(cancelled);
}

std::vector<std::int64_t> LEnsemble::draw_first(const std::vector<std::size_t>& chosen,
                                                Uniform& uniform, const CancelCheck& cancelled) {
  std::optional<Eigen::MatrixXd> few;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (spectrum_) few = spectrum_->eigenvectors(chosen);
  }
  throw_if_cancelled(cancelled);
  if (!few) return sample_elementary_dpp(*full_basis(cancelled), chosen, uniform);
  if (dual_) dual_->lift(*few);
  std::vector<std::size_t> all(chosen.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return sample_elementary_dpp(Basis(std::move(*few)), all, uniform);
}

std::vector<std::int64_t> LEnsemble::sample(std::size_t k, const std::vector<std::uint64_t>& seeds,
                                            unsigned threads, const CancelCheck& cancelled) {
  const auto law = selection(k);
  std::vector<std::int64_t> draws(seeds.size() * k);
  if (seeds.empty()) return draws;
  const auto basis = basis_unless_first(seeds.size(), cancelled);
  parallel_for(
      seeds.size(), threads,
      [&](std::size_t i) {
        Uniform uniform(seeds[i]);
        const auto chosen = law->draw(uniform);
        const auto items = basis ? sample_elementary_dpp(*basis, chosen, uniform)
                                 : draw_first(chosen, uniform, cancelled);
        std::copy(items.begin(), items.end(), draws.begin() + static_cast<std::ptrdiff_t>(i * k));
      },
      cancelled);
  return draws;
}

std::vector<std::vector<std::int64_t>> LEnsemble::sample_any_size(
    const std::vector<double>& take, const std::vector<std::uint64_t>& seeds, unsigned threads,
    const CancelCheck& cancelled) {
  if (take.size() != rank()) throw std::invalid_argument("take must have one entry a rank");
  std::vector<std::vector<std::int64_t>> draws(seeds.size());
  if (seeds.empty()) return draws;
  const auto basis = basis_unless_first(seeds.size(), cancelled);
  parallel_for(
      seeds.size(), threads,
      [&](std::size_t i) {
        Uniform uniform(seeds[i]);
        std::vector<std::size_t> chosen;
        for (std::size_t m = 0; m < rank(); ++m) {
          if (uniform() < take[m]) chosen.push_back(m);
        }
        draws[i] = basis ? sample_elementary_dpp(*basis, chosen, uniform)
                         : draw_first(chosen, uniform, cancelled);
      },
      cancelled);
  return draws;
}

std::vector<double> LEnsemble::marginals(std::size_t k, const CancelCheck& cancelled) {
  std::vector<double> result = weighted_squares(selection(k)->inclusion_probabilities(), cancelled);
  for (double& probability : result) probability = std::min(probability, 1.0);
  return result;
}

std::vector<double> LEnsemble::weighted_squares(const std::vector<double>& weights,
                                                const CancelCheck& cancelled) {
  if (weights.size() != rank()) throw std::invalid_argument("weights must have one entry a rank");
  return full_basis(cancelled)->weighted_squares(weights, cancelled);
}

std::vector<double> LEnsemble::basis_rows(const std::vector<std::size_t>& items,
                                          const CancelCheck& cancelled) {
  return full_basis(cancelled)->rows_of(items);
}

double LEnsemble::log_normaliser(std::size_t k) { return selection(k)->log_normaliser(); }

}  // namespace otnas
