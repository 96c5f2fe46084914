#pragma once
#include <Eigen/Core>

#include "otnas/dpp/uniform.hpp"

namespace otnas::testing {

/// Entries uniform in [-1, 1).
inline Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  Uniform uniform(seed);
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return 2.0 * uniform() - 1.0; });
}

}  // namespace otnas::testing
