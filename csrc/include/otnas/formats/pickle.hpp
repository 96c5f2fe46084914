#pragma once
#include <cstddef>
#include <cstdint>

namespace otnas {

/// Most tuples within tuples: a deeper one exhausts the stack of whoever hashes it.
constexpr std::uint32_t kMaxTupleDepth = 64;

/// Goes over the pickle (protocols 0 to 5) that begins at `begin`, without building anything.
/// Returns the position behind it.
///
/// Throws std::invalid_argument for what no pickle of plain data needs and what makes a loader
/// crash or ask for memory out of proportion to the file: tuples deeper than kMaxTupleDepth,
/// lengths beyond the end of the data, memo numbers larger than the data, instances of old-style
/// classes, extension codes, buffers out of band, an unbalanced stack. Linear in the pickle's
/// length.
std::size_t check_pickle(const unsigned char* data, std::size_t size, std::size_t begin);

}  // namespace otnas
