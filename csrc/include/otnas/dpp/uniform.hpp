#pragma once
#include <cstdint>
#include <random>

namespace otnas {

/// Uniform numbers in [0, 1) from a 64-bit seed, the same on every platform:
/// std::uniform_real_distribution is implementation-defined, mt19937_64 itself is not.
class Uniform {
 public:
  explicit Uniform(std::uint64_t seed) : engine_(seed) {}

  double operator()() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace otnas
