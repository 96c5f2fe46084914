#pragma once
#include <cstddef>

namespace otnas {

/// Vertices are ints (differences of them may be negative); containers want std::size_t.
constexpr std::size_t ix(int i) { return static_cast<std::size_t>(i); }

}  // namespace otnas
