#pragma once
#include <cmath>
#include <vector>

#include "otnas/pairwise/gram.hpp"

// Slow, obvious versions of gram.hpp, for tests.

namespace otnas::reference {

inline double distance(const L1Embedding& a, std::size_t i, const L1Embedding& b, std::size_t j,
                       const double* scale, std::size_t begin, std::size_t end) {
  double total = 0.0;
  for (std::size_t d = begin; d < end; ++d) {
    const double x = a.vectors[static_cast<std::size_t>(a.index[i]) * a.dim + d];
    const double y = b.vectors[static_cast<std::size_t>(b.index[j]) * b.dim + d];
    total += std::abs(x - y) * (scale ? scale[d] : 1.0);
  }
  return total;
}

inline std::vector<double> laplace_gram(const L1Embedding& a, const L1Embedding& b,
                                        const double* scale, double variance) {
  std::vector<double> gram;
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.rows; ++j)
      gram.push_back(variance * std::exp(-distance(a, i, b, j, scale, 0, a.dim)));
  return gram;
}

}  // namespace otnas::reference
