#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "otnas/checksums/crc32c.hpp"

using namespace otnas;

namespace {

std::uint32_t bit_by_bit(const std::vector<unsigned char>& data) {
  std::uint32_t rest = 0xFFFFFFFFU;
  for (const unsigned char byte : data) {
    rest ^= byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1U ^ ((rest & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~rest;
}

}  // namespace

TEST_CASE("CRC-32C of the examples of RFC 3720, B.4") {
  std::vector<unsigned char> data(32, 0x00);
  CHECK(crc32c(data.data(), data.size()) == 0x8A9136AAU);
  data.assign(32, 0xFF);
  CHECK(crc32c(data.data(), data.size()) == 0x62A8AB43U);
  for (std::size_t i = 0; i < 32; ++i) data[i] = static_cast<unsigned char>(i);
  CHECK(crc32c(data.data(), data.size()) == 0x46DD794EU);
}

TEST_CASE("CRC-32C equals the one computed bit by bit for every length and alignment") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<unsigned char> data(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<unsigned char>(37 * i + size);
    CHECK(crc32c(data.data(), size) == bit_by_bit(data));
  }
}

TEST_CASE("the instruction and the tables agree on every length and alignment") {
  std::vector<unsigned char> data(300);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i * i * 7 + i);
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t size = 0; begin + size <= data.size(); ++size)
      CHECK(crc32c(data.data() + begin, size) == crc32c_by_tables(data.data() + begin, size));
}
