#include "otnas/dpp/elementary_symmetric.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace otnas {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A non-negative number mantissa * 2^exponent whose exponent cannot overflow.
struct Scaled {
  double mantissa = 0.0;
  std::int64_t exponent = 0;

  static Scaled of(double value) {
    int exponent = 0;
    const double mantissa = std::frexp(value, &exponent);
    return {mantissa, exponent};
  }
};

double shifted(double mantissa, std::int64_t by) {
  // Below 2^-2000 nothing is left to add; the clamp keeps the argument an int.
  return std::ldexp(mantissa, static_cast<int>(std::max<std::int64_t>(by, -2000)));
}

/// a += b * c
void add_product(Scaled& a, const Scaled& b, const Scaled& c) {
  const double product = b.mantissa * c.mantissa;
  if (product == 0.0) return;
  const std::int64_t exponent = b.exponent + c.exponent;
  if (a.mantissa == 0.0) {
    a = {product, exponent};
  } else if (a.exponent >= exponent) {
    a.mantissa += shifted(product, exponent - a.exponent);
  } else {
    a = {shifted(a.mantissa, a.exponent - exponent) + product, exponent};
  }
  int normalise = 0;
  a.mantissa = std::frexp(a.mantissa, &normalise);
  a.exponent += normalise;
}

/// log(1 + exp(x))
double softplus(double x) {
  return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// The t = log θ with sum logistic(t + log λ_m) = k, for 0 < k < r. The sum increases in t, so
/// Newton steps that leave the bracket are replaced by bisection. θ need not be exact: see above.
double solve_log_tilt(const std::vector<double>& log_values, std::size_t k) {
  const auto [least, most] = std::minmax_element(log_values.begin(), log_values.end());
  const double target = static_cast<double>(k);
  // If every p_m were k/r the sum would be k: exact if all λ are equal, a bracket otherwise.
  const double logit = std::log(target / (static_cast<double>(log_values.size()) - target));
  double low = logit - *most;
  double high = logit - *least;
  double t = low + 0.5 * (high - low);
  for (int step = 0; step < 200; ++step) {
    double excess = -target;
    double slope = 0.0;
    for (const double log_value : log_values) {
      const double x = t + log_value;
      excess += logistic(x);
      slope += logistic(x) * logistic(-x);
    }
    if (std::abs(excess) <= 1e-10 * target) break;
    (excess > 0.0 ? high : low) = t;
    const double newton = t - excess / slope;
    const double next = newton > low && newton < high ? newton : low + 0.5 * (high - low);
    if (next == t) break;
    t = next;
  }
  return t;
}

/// From T_{m+1}(0..k) to T_m(0..k), in place.
void add_item(std::vector<double>& table, double take, double skip) {
  for (std::size_t l = table.size() - 1; l > 0; --l) {
    table[l] = skip * table[l] + take * table[l - 1];
  }
  table[0] *= skip;
}

}  // namespace

std::vector<double> log_elementary_symmetric(const std::vector<double>& values, std::size_t k) {
  std::vector<Scaled> e(k + 1);
  e[0] = Scaled::of(1.0);
  std::size_t seen = 0;
  for (const double value : values) {
    if (!(value >= 0.0) || !std::isfinite(value)) {
      throw std::invalid_argument("values must be finite and not negative");
    }
    const Scaled item = Scaled::of(value);
    ++seen;
    for (std::size_t l = std::min(k, seen); l > 0; --l) add_product(e[l], e[l - 1], item);
  }
  std::vector<double> logs(k + 1);
  std::transform(e.begin(), e.end(), logs.begin(), [](const Scaled& s) {
    if (s.mantissa == 0.0) return -kInfinity;
    return std::log(s.mantissa) + static_cast<double>(s.exponent) * std::log(2.0);
  });
  return logs;
}

EigenvectorSelection::EigenvectorSelection(const std::vector<double>& eigenvalues, std::size_t k)
    : k_(k), take_(eigenvalues.size(), 1.0), skip_(eigenvalues.size(), 0.0) {
  const std::size_t r = eigenvalues.size();
  if (k < 1 || k > r) throw std::invalid_argument("k must be between 1 and the rank");
  std::vector<double> log_values(r);
  std::transform(eigenvalues.begin(), eigenvalues.end(), log_values.begin(),
                 [](double value) { return std::log(value); });
  if (k == r) {  // only one set, and no finite θ
    for (const double log_value : log_values) log_normaliser_ += log_value;
    return;
  }

  const double t = solve_log_tilt(log_values, k);
  double log_product = 0.0;  // sum over m of log(1 + θ λ_m), minus p_m log θ against cancellation
  double expected = 0.0;
  for (std::size_t m = 0; m < r; ++m) {
    const double x = t + log_values[m];
    take_[m] = logistic(x);
    skip_[m] = logistic(-x);
    log_product += softplus(x) - take_[m] * t;
    expected += take_[m];
  }

  ratio_.resize(r * k);
  std::vector<double> table(k + 1, 0.0);  // T_{m+1}
  std::vector<double> next(k + 1, 0.0);   // T_m
  table[0] = 1.0;
  for (std::size_t m = r; m-- > 0;) {
    double* ratio = ratio_.data() + m * k;
    next[0] = skip_[m] * table[0];
    for (std::size_t l = 1; l <= k; ++l) {
      const double taken = take_[m] * table[l - 1];
      next[l] = skip_[m] * table[l] + taken;
      // With l items still to come from l the quotient is exactly 1, and so is the stand-in for
      // states that underflowed: whatever happens, a draw ends with exactly k items.
      ratio[l - 1] = next[l] >= std::numeric_limits<double>::min() ? taken / next[l] : 1.0;
    }
    std::swap(table, next);
  }
  log_normaliser_ = std::log(table[k]) + log_product - (static_cast<double>(k) - expected) * t;
}

std::vector<std::size_t> EigenvectorSelection::draw(Uniform& uniform) const {
  std::vector<std::size_t> chosen;
  chosen.reserve(k_);
  for (std::size_t m = 0; chosen.size() < k_; ++m) {
    const std::size_t left = k_ - chosen.size();
    if (ratio_.empty() || uniform() < ratio_[m * k_ + left - 1]) chosen.push_back(m);
  }
  return chosen;
}

std::vector<double> EigenvectorSelection::inclusion_probabilities() const {
  const std::size_t r = take_.size();
  if (ratio_.empty()) return std::vector<double>(r, 1.0);

  // P(m in M) = p_m sum_l H_m(k-1-l) T_{m+1}(l) / P(N = k), H_m(j) = P(items 0..m-1 contribute j).
  std::vector<double> tables(r * k_);  // row m: T_{m+1}(0..k-1)
  std::vector<double> table(k_ + 1, 0.0);
  table[0] = 1.0;
  for (std::size_t m = r; m-- > 0;) {
    std::copy_n(table.begin(), k_, tables.begin() + static_cast<std::ptrdiff_t>(m * k_));
    add_item(table, take_[m], skip_[m]);
  }
  const double total = table[k_];

  std::vector<double> before(k_, 0.0);
  before[0] = 1.0;
  std::vector<double> probabilities(r);
  for (std::size_t m = 0; m < r; ++m) {
    const double* after = tables.data() + m * k_;
    double others = 0.0;
    for (std::size_t l = 0; l < k_; ++l) others += before[k_ - 1 - l] * after[l];
    probabilities[m] = std::min(1.0, take_[m] * others / total);
    add_item(before, take_[m], skip_[m]);
  }
  return probabilities;
}

}  // namespace otnas
