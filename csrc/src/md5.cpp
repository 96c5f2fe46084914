#include "otnas/md5.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

namespace otnas {
namespace {

using State = std::array<std::uint32_t, 4>;

constexpr std::size_t kBlock = 64;

/// floor(2^32 |sin(i + 1)|), RFC 1321, Section 3.4.
constexpr std::array<std::uint32_t, 64> kSine{
    0xd76aa478u, 0xe8c7b756u, 0x242070dbu, 0xc1bdceeeu, 0xf57c0fafu, 0x4787c62au, 0xa8304613u,
    0xfd469501u, 0x698098d8u, 0x8b44f7afu, 0xffff5bb1u, 0x895cd7beu, 0x6b901122u, 0xfd987193u,
    0xa679438eu, 0x49b40821u, 0xf61e2562u, 0xc040b340u, 0x265e5a51u, 0xe9b6c7aau, 0xd62f105du,
    0x02441453u, 0xd8a1e681u, 0xe7d3fbc8u, 0x21e1cde6u, 0xc33707d6u, 0xf4d50d87u, 0x455a14edu,
    0xa9e3e905u, 0xfcefa3f8u, 0x676f02d9u, 0x8d2a4c8au, 0xfffa3942u, 0x8771f681u, 0x6d9d6122u,
    0xfde5380cu, 0xa4beea44u, 0x4bdecfa9u, 0xf6bb4b60u, 0xbebfbc70u, 0x289b7ec6u, 0xeaa127fau,
    0xd4ef3085u, 0x04881d05u, 0xd9d4d039u, 0xe6db99e5u, 0x1fa27cf8u, 0xc4ac5665u, 0xf4292244u,
    0x432aff97u, 0xab9423a7u, 0xfc93a039u, 0x655b59c3u, 0x8f0ccc92u, 0xffeff47du, 0x85845dd1u,
    0x6fa87e4fu, 0xfe2ce6e0u, 0xa3014314u, 0x4e0811a1u, 0xf7537e82u, 0xbd3af235u, 0x2ad7d2bbu,
    0xeb86d391u,
};

constexpr std::uint32_t rotate_left(std::uint32_t x, int bits) {
  return (x << bits) | (x >> (32 - bits));
}

std::uint32_t load_little_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

using Word = std::uint32_t;

Word mix_choose(Word x, Word y, Word z) { return z ^ (x & (y ^ z)); }
Word mix_majority(Word x, Word y, Word z) { return y ^ (z & (x ^ y)); }
Word mix_parity(Word x, Word y, Word z) { return x ^ y ^ z; }
Word mix_last(Word x, Word y, Word z) { return y ^ (x | ~z); }

/// One of the four rounds: step i works on word (Multiplier i + Offset) mod 16 and rotates by the
/// shift of i mod 4. Everything that depends on i is known to the compiler: no loop is left.
template <int Round, int Multiplier, int Offset, Word (*Mix)(Word, Word, Word), std::size_t... I>
void run_round(State& state, const std::array<Word, 16>& words, const std::array<int, 4>& shifts,
               std::index_sequence<I...>) {
  auto& [a, b, c, d] = state;
  const auto step = [&](std::size_t i, Word& target, Word x, Word y, Word z) {
    const Word sum = target + Mix(x, y, z) + words[(Multiplier * i + Offset) % 16];
    target = x + rotate_left(sum + kSine[16 * Round + i], shifts[i % 4]);
  };
  (((void)step(4 * I, a, b, c, d), step(4 * I + 1, d, a, b, c), step(4 * I + 2, c, d, a, b),
    step(4 * I + 3, b, c, d, a)),
   ...);
}

void add_block(State& state, const unsigned char* block) {
  std::array<Word, 16> words;
  for (std::size_t i = 0; i < 16; ++i) words[i] = load_little_endian(block + 4 * i);
  State next = state;
  constexpr auto quarters = std::make_index_sequence<4>{};
  run_round<0, 1, 0, mix_choose>(next, words, {7, 12, 17, 22}, quarters);
  run_round<1, 5, 1, mix_majority>(next, words, {5, 9, 14, 20}, quarters);
  run_round<2, 3, 5, mix_parity>(next, words, {4, 11, 16, 23}, quarters);
  run_round<3, 7, 0, mix_last>(next, words, {6, 10, 15, 21}, quarters);
  for (std::size_t i = 0; i < 4; ++i) state[i] += next[i];
}

}  // namespace

Digest md5(std::string_view message) {
  State state{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t left = message.size();
  for (; left >= kBlock; left -= kBlock, data += kBlock) add_block(state, data);

  // What is left, a one bit, zeros, and the length in bits: one block or two.
  std::array<unsigned char, 2 * kBlock> tail{};
  if (left > 0) std::memcpy(tail.data(), data, left);
  tail[left] = 0x80;
  const std::size_t end = left + 9 <= kBlock ? kBlock : 2 * kBlock;
  const std::uint64_t bits = 8 * static_cast<std::uint64_t>(message.size());
  for (std::size_t i = 0; i < 8; ++i)
    tail[end - 8 + i] = static_cast<unsigned char>((bits >> (8 * i)) & 0xffu);
  for (std::size_t begin = 0; begin < end; begin += kBlock) add_block(state, tail.data() + begin);

  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>((state[i / 4] >> (8 * (i % 4))) & 0xffu);
  return digest;
}

char* write_hex(const Digest& digest, char* out) {
  constexpr char digits[] = "0123456789abcdef";
  for (const std::uint8_t byte : digest) {
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15u];
  }
  return out;
}

std::string to_hex(const Digest& digest) {
  std::string text(2 * digest.size(), ' ');
  write_hex(digest, text.data());
  return text;
}

}  // namespace otnas
