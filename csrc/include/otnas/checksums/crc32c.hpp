#pragma once
#include <cstddef>
#include <cstdint>

namespace otnas {

/// CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected; RFC 3720, appendix B.4) of `size` bytes:
/// the check sum that TFRecord files carry. Linear time, eight bytes a step.
std::uint32_t crc32c(const unsigned char* data, std::size_t size) noexcept;

/// The same on machines without an instruction for it.
std::uint32_t crc32c_by_tables(const unsigned char* data, std::size_t size) noexcept;

}  // namespace otnas
