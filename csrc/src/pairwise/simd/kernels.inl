// The inner loops, in GCC's and Clang's vector extensions. Included by one file an instruction set,
// which defines OTNAS_SIMD_NAME and OTNAS_SIMD_BYTES (the width of a vector register).
#include "pairwise/simd/kernels.hpp"

namespace {

using otnas::simd::kCancellation;
using otnas::simd::kTileColumns;
using otnas::simd::SparseRow;

typedef double Vector __attribute__((vector_size(OTNAS_SIMD_BYTES), aligned(8), may_alias));
typedef long long Integers __attribute__((vector_size(OTNAS_SIMD_BYTES), aligned(8), may_alias));

constexpr std::size_t kLanes = OTNAS_SIMD_BYTES / sizeof(double);
// Eight accumulators hide the latency of the additions and fit the registers.
constexpr std::size_t kAccumulators = 8;
constexpr std::size_t kGroup = kAccumulators * kLanes;
static_assert(kTileColumns % kGroup == 0 || kGroup % kTileColumns == 0, "whole groups only");
constexpr std::size_t kUnroll = kGroup > kTileColumns ? kTileColumns / kLanes : kAccumulators;
constexpr std::size_t kStep = kUnroll * kLanes;

inline Vector load(const double* p) { return *reinterpret_cast<const Vector*>(p); }
inline void store(double* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }
inline Vector splat(double x) { return x - Vector{}; }

unsigned nonnegative_distances(const SparseRow& row, const double* tile, const double* column_sums,
                               double* distances) {
  Integers cancelled = {};
  for (std::size_t first = 0; first < kTileColumns; first += kStep) {
    Vector common[kUnroll] = {};
    for (std::size_t i = 0; i < row.count; ++i) {
      const Vector value = splat(row.values[i]);
      const double* column = tile + row.coordinates[i] * kTileColumns + first;
#pragma GCC unroll 8
      for (std::size_t u = 0; u < kUnroll; ++u) {
        const Vector other = load(column + u * kLanes);
        common[u] += value < other ? value : other;
      }
    }
    const Vector sum = splat(row.sum);
    const Vector zero = {};
#pragma GCC unroll 8
    for (std::size_t u = 0; u < kUnroll; ++u) {
      const std::size_t j = first + u * kLanes;
      const Vector both = sum + load(column_sums + j);
      const Vector distance = both - (common[u] + common[u]);
      store(distances + j, distance > zero ? distance : zero);
      cancelled |= distance < both * kCancellation;
    }
  }
  long long any = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) any |= cancelled[lane];
  if (any == 0) return 0;
  unsigned columns = 0;
  for (std::size_t j = 0; j < kTileColumns; ++j)
    if (distances[j] < (row.sum + column_sums[j]) * kCancellation) columns |= 1u << j;
  return columns;
}

void signed_distances(const double* row, const double* scale, std::size_t dim, const double* tile,
                      double* distances) {
  for (std::size_t first = 0; first < kTileColumns; first += kStep) {
    Vector total[kUnroll] = {};
    for (std::size_t d = 0; d < dim; ++d) {
      const Vector value = splat(row[d]);
      const Vector factor = splat(scale[d]);
      const double* column = tile + d * kTileColumns + first;
#pragma GCC unroll 8
      for (std::size_t u = 0; u < kUnroll; ++u) {
        const Vector other = load(column + u * kLanes);
        total[u] += factor * (value > other ? value - other : other - value);
      }
    }
#pragma GCC unroll 8
    for (std::size_t u = 0; u < kUnroll; ++u) store(distances + first + u * kLanes, total[u]);
  }
}

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln(2) / 2; the Taylor polynomial of degree 13
// leaves a relative error below 5e-18. Below -708, where exp leaves the normal numbers, 0.
void laplace(double variance, double* values) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 6.93147180369123816490e-01;  // 32 bits: n * kLn2High is exact
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  constexpr double kCoefficients[] = {1.0 / 6227020800.0,
                                      1.0 / 479001600.0,
                                      1.0 / 39916800.0,
                                      1.0 / 3628800.0,
                                      1.0 / 362880.0,
                                      1.0 / 40320.0,
                                      1.0 / 5040.0,
                                      1.0 / 720.0,
                                      1.0 / 120.0,
                                      1.0 / 24.0,
                                      1.0 / 6.0,
                                      0.5,
                                      1.0,
                                      1.0};
  const Vector smallest = splat(-708.0);
  const Vector zero = {};
  for (std::size_t j = 0; j < kTileColumns; j += kLanes) {
    const Vector x = -load(values + j);
    const Vector clamped = x > smallest ? x : smallest;
    const Vector shifted = clamped * kLog2E + kRound;
    const Vector n = shifted - kRound;
    const Vector r = (clamped - n * kLn2High) - n * kLn2Low;
    Vector polynomial = splat(kCoefficients[0]);
#pragma GCC unroll 16
    for (std::size_t c = 1; c < sizeof(kCoefficients) / sizeof(double); ++c)
      polynomial = polynomial * r + kCoefficients[c];
    // The low bits of `shifted` hold n; moved into the exponent they are 2^n.
    const Integers power = (reinterpret_cast<const Integers&>(shifted) + 1023LL) << 52;
    const Vector result = polynomial * reinterpret_cast<const Vector&>(power) * variance;
    store(values + j, x < smallest ? zero : result);
  }
}

}  // namespace

namespace otnas::simd {
extern const Kernels OTNAS_SIMD_NAME;
const Kernels OTNAS_SIMD_NAME = {OTNAS_SIMD_LABEL, nonnegative_distances, signed_distances,
                                 laplace};
}  // namespace otnas::simd
