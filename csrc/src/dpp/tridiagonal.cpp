#include "dpp/tridiagonal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "support/cancel.hpp"

namespace otnas {
namespace {

using Eigen::Index;

// Two eigenvalues of one block closer than this times the norm form a cluster: beyond it, inverse
// iteration resolves single vectors to better than eps / 1e-9 = 2e-7.
constexpr double kCluster = 1e-9;

void check(int info, const char* routine) {
  if (info == 0) return;
  throw NumericalError("eigenvalue computation failed: LAPACK " + std::string(routine) +
                       " returned info = " + std::to_string(info));
}

int to_int(std::size_t value) { return static_cast<int>(value); }

}  // namespace

TridiagonalForm::TridiagonalForm(Eigen::MatrixXd matrix, const Lapack& lapack,
                                 const CancelCheck& cancelled)
    : lapack_(lapack), reflectors_(std::move(matrix)) {
  const auto count = static_cast<std::size_t>(reflectors_.rows());
  int n = to_int(count);
  int info = 0;
  diagonal_.resize(count);
  offdiagonal_.assign(std::max<std::size_t>(1, count - 1), 0.0);
  tau_.assign(offdiagonal_.size(), 0.0);

  char lower = 'L';
  int work_size = -1;  // asks for the best size
  double best_size = 0.0;
  lapack_.dsytrd(&lower, &n, reflectors_.data(), &n, diagonal_.data(), offdiagonal_.data(),
                 tau_.data(), &best_size, &work_size, &info);
  check(info, "dsytrd");
  work_size = static_cast<int>(best_size);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  lapack_.dsytrd(&lower, &n, reflectors_.data(), &n, diagonal_.data(), offdiagonal_.data(),
                 tau_.data(), work.data(), &work_size, &info);
  check(info, "dsytrd");
  throw_if_cancelled(cancelled);

  for (std::size_t i = 0; i < count; ++i) {
    const double left = i > 0 ? std::abs(offdiagonal_[i - 1]) : 0.0;
    const double right = i + 1 < count ? std::abs(offdiagonal_[i]) : 0.0;
    norm_ = std::max(norm_, left + std::abs(diagonal_[i]) + right);
  }
  // Dropping an off-diagonal of this size is a perturbation below the rounding of dsytrd itself.
  const double negligible = std::numeric_limits<double>::epsilon() * norm_;
  begin_.push_back(0);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (std::abs(offdiagonal_[i]) > negligible) continue;
    offdiagonal_[i] = 0.0;
    begin_.push_back(i + 1);
  }
  begin_.push_back(count);

  block_values_ = diagonal_;
  std::vector<double> scratch = offdiagonal_;
  for (std::size_t b = 0; b + 1 < begin_.size(); ++b) {
    int size = to_int(begin_[b + 1] - begin_[b]);
    if (size == 1) continue;
    lapack_.dsterf(&size, block_values_.data() + begin_[b], scratch.data() + begin_[b], &info);
    check(info, "dsterf");
  }
  throw_if_cancelled(cancelled);

  order_.resize(count);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return block_values_[a] > block_values_[b];
  });
}

std::vector<double> TridiagonalForm::eigenvalues() const {
  std::vector<double> values(size());
  std::transform(order_.begin(), order_.end(), values.begin(),
                 [this](std::size_t position) { return block_values_[position]; });
  return values;
}

std::size_t TridiagonalForm::block_of(std::size_t position) const {
  const auto after = std::upper_bound(begin_.begin(), begin_.end(), position);
  return static_cast<std::size_t>(after - begin_.begin()) - 1;
}

bool TridiagonalForm::in_cluster(std::size_t position) const {
  // Equal eigenvalues in different blocks are harmless: their vectors have disjoint supports.
  const std::size_t block = block_of(position);
  const auto close_to = [&](std::size_t other) {
    return std::abs(block_values_[position] - block_values_[other]) < kCluster * norm_;
  };
  return (position > begin_[block] && close_to(position - 1)) ||
         (position + 1 < begin_[block + 1] && close_to(position + 1));
}

/// Fills `columns` of `vectors` with eigenvectors of T for the eigenvalues chosen[column], which
/// all lie in `block`, ascending. False if inverse iteration does not converge.
bool TridiagonalForm::invert_block(std::size_t block, const std::vector<std::size_t>& columns,
                                   const std::vector<std::size_t>& chosen,
                                   Eigen::MatrixXd& vectors) const {
  const std::size_t first = begin_[block];
  const std::size_t length = begin_[block + 1] - first;
  if (length == 1) {
    vectors(static_cast<Index>(first), static_cast<Index>(columns.front())) = 1.0;
    return true;
  }
  std::vector<double> d(diagonal_.begin() + static_cast<std::ptrdiff_t>(first),
                        diagonal_.begin() + static_cast<std::ptrdiff_t>(first + length));
  std::vector<double> e(offdiagonal_.begin() + static_cast<std::ptrdiff_t>(first),
                        offdiagonal_.begin() + static_cast<std::ptrdiff_t>(first + length - 1));
  std::vector<double> w(length);  // dstein wants n places though it reads m
  for (std::size_t j = 0; j < columns.size(); ++j) w[j] = block_values_[order_[chosen[columns[j]]]];
  std::vector<int> block_index(length, 1);
  std::vector<int> split(length, to_int(length));
  std::vector<double> z(length * columns.size());
  std::vector<double> work(5 * length);
  std::vector<int> integer_work(length);
  std::vector<int> failed(columns.size());
  int n = to_int(length);
  int m = to_int(columns.size());
  int info = 0;
  lapack_.dstein(&n, d.data(), e.data(), &m, w.data(), block_index.data(), split.data(), z.data(),
                 &n, work.data(), integer_work.data(), failed.data(), &info);
  if (info != 0) return false;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    vectors.col(static_cast<Index>(columns[j]))
        .segment(static_cast<Index>(first), static_cast<Index>(length)) =
        Eigen::Map<const Eigen::VectorXd>(z.data() + j * length, static_cast<Index>(length));
  }
  return true;
}

std::optional<Eigen::MatrixXd> TridiagonalForm::eigenvectors(
    const std::vector<std::size_t>& chosen) const {
  // (block, column) pairs; from the back, because dstein wants ascending eigenvalues.
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (std::size_t column = chosen.size(); column-- > 0;) {
    const std::size_t position = order_[chosen[column]];
    if (in_cluster(position)) return std::nullopt;
    places.emplace_back(block_of(position), column);
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  Eigen::MatrixXd vectors =
      Eigen::MatrixXd::Zero(static_cast<Index>(size()), static_cast<Index>(chosen.size()));
  for (auto place = places.begin(); place != places.end();) {
    const std::size_t block = place->first;
    std::vector<std::size_t> columns;
    for (; place != places.end() && place->first == block; ++place) {
      columns.push_back(place->second);
    }
    if (!invert_block(block, columns, chosen, vectors)) return std::nullopt;
  }
  orthonormalise(vectors);
  apply_reflectors(vectors);
  return vectors;
}

Eigen::MatrixXd TridiagonalForm::leading_eigenvectors(std::size_t count,
                                                      const CancelCheck& cancelled) const {
  std::vector<std::size_t> column_of(size(), count);  // count: not wanted
  for (std::size_t m = 0; m < count; ++m) column_of[order_[m]] = m;

  Eigen::MatrixXd vectors =
      Eigen::MatrixXd::Zero(static_cast<Index>(size()), static_cast<Index>(count));
  for (std::size_t b = 0; b + 1 < begin_.size(); ++b) {
    const std::size_t first = begin_[b];
    const std::size_t length = begin_[b + 1] - first;
    if (length == 1) {
      if (column_of[first] < count) {
        vectors(static_cast<Index>(first), static_cast<Index>(column_of[first])) = 1.0;
      }
      continue;
    }
    std::vector<double> d(diagonal_.begin() + static_cast<std::ptrdiff_t>(first),
                          diagonal_.begin() + static_cast<std::ptrdiff_t>(first + length));
    std::vector<double> e(offdiagonal_.begin() + static_cast<std::ptrdiff_t>(first),
                          offdiagonal_.begin() + static_cast<std::ptrdiff_t>(first + length - 1));
    Eigen::MatrixXd z(static_cast<Index>(length), static_cast<Index>(length));
    int n = to_int(length);
    char from_identity = 'I';
    int work_size = 1 + 4 * n + n * n;
    int integer_work_size = 3 + 5 * n;
    std::vector<double> work(static_cast<std::size_t>(work_size));
    std::vector<int> integer_work(static_cast<std::size_t>(integer_work_size));
    int info = 0;
    lapack_.dstedc(&from_identity, &n, d.data(), e.data(), z.data(), &n, work.data(), &work_size,
                   integer_work.data(), &integer_work_size, &info);
    check(info, "dstedc");
    throw_if_cancelled(cancelled);
    for (std::size_t j = 0; j < length; ++j) {
      if (column_of[first + j] == count) continue;
      vectors.col(static_cast<Index>(column_of[first + j]))
          .segment(static_cast<Index>(first), static_cast<Index>(length)) =
          z.col(static_cast<Index>(j));
    }
  }
  apply_reflectors(vectors);
  throw_if_cancelled(cancelled);
  return vectors;
}

/// vectors <- Q vectors
void TridiagonalForm::apply_reflectors(Eigen::MatrixXd& vectors) const {
  if (vectors.cols() == 0) return;
  char left = 'L';
  char lower = 'L';
  char plain = 'N';
  int n = to_int(size());
  int columns = static_cast<int>(vectors.cols());
  int info = 0;
  int work_size = -1;
  double best_size = 0.0;
  // Fortran has no const: dormtr restores the entries of the reflectors it touches.
  auto* reflectors = const_cast<double*>(reflectors_.data());
  auto* tau = const_cast<double*>(tau_.data());
  lapack_.dormtr(&left, &lower, &plain, &n, &columns, reflectors, &n, tau, vectors.data(), &n,
                 &best_size, &work_size, &info);
  check(info, "dormtr");
  work_size = static_cast<int>(best_size);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  lapack_.dormtr(&left, &lower, &plain, &n, &columns, reflectors, &n, tau, vectors.data(), &n,
                 work.data(), &work_size, &info);
  check(info, "dormtr");
}

}  // namespace otnas
