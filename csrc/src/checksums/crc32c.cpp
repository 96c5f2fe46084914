#include "otnas/checksums/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#define OTNAS_CRC32C_INSTRUCTION
#endif

namespace otnas {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// tables[k][b] is the remainder of byte b followed by k zero bytes, so that eight bytes can be
// looked up independently of each other ("slicing by 8").
constexpr Tables make_tables() {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78U;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest >> 1U) ^ ((rest & 1U) != 0U ? reflected_polynomial : 0U);
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  return tables;
}

constexpr Tables tables = make_tables();

// Little-endian whatever the machine is; compilers turn it into one load.
std::uint32_t load(const unsigned char* p) noexcept {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8U |
         static_cast<std::uint32_t>(p[2]) << 16U | static_cast<std::uint32_t>(p[3]) << 24U;
}

#ifdef OTNAS_CRC32C_INSTRUCTION
// The instruction divides by this very polynomial: some bytes a cycle.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(const unsigned char* data,
                                                               std::size_t size) noexcept {
  std::uint64_t rest = 0xFFFFFFFFU;
  for (; size >= 8; size -= 8, data += 8) {
    std::uint64_t word;
    std::memcpy(&word, data, sizeof word);
    rest = _mm_crc32_u64(rest, word);
  }
  auto last = static_cast<std::uint32_t>(rest);
  for (; size > 0; --size, ++data) last = _mm_crc32_u8(last, *data);
  return ~last;
}
#endif

}  // namespace

std::uint32_t crc32c(const unsigned char* data, std::size_t size) noexcept {
#ifdef OTNAS_CRC32C_INSTRUCTION
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return by_instruction(data, size);
#endif
  return crc32c_by_tables(data, size);
}

std::uint32_t crc32c_by_tables(const unsigned char* data, std::size_t size) noexcept {
  std::uint32_t rest = 0xFFFFFFFFU;
  for (; size >= 8; size -= 8, data += 8) {
    const std::uint32_t low = rest ^ load(data);
    const std::uint32_t high = load(data + 4);
    rest = tables[7][low & 0xFFU] ^ tables[6][low >> 8U & 0xFFU] ^ tables[5][low >> 16U & 0xFFU] ^
           tables[4][low >> 24U] ^ tables[3][high & 0xFFU] ^ tables[2][high >> 8U & 0xFFU] ^
           tables[1][high >> 16U & 0xFFU] ^ tables[0][high >> 24U];
  }
  for (; size > 0; --size, ++data) rest = (rest >> 8U) ^ tables[0][(rest ^ *data) & 0xFFU];
  return ~rest;
}

}  // namespace otnas
