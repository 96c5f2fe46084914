#include <array>

#include "pairwise/simd/kernels.hpp"

namespace otnas::simd {

extern const Kernels baseline_kernels;
#ifdef OTNAS_HAS_AVX2
extern const Kernels avx2_kernels;
#endif

namespace {

struct Available {
  std::array<const Kernels*, 3> list{};
  std::size_t count = 0;

  Available() {
    list[count++] = &baseline_kernels;
#ifdef OTNAS_HAS_AVX2
    if (__builtin_cpu_supports("avx2")) list[count++] = &avx2_kernels;
#endif
  }
};

const Available& available() {
  static const Available found;
  return found;
}

}  // namespace

const Kernels& best_kernels() { return *available().list[available().count - 1]; }

const Kernels* const* all_kernels() { return available().list.data(); }

}  // namespace otnas::simd
