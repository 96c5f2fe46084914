#include "otnas/checksums/md5.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace otnas {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLanes = 8;

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

// Everything below works on one message (Word is an integer) or on kLanes of them side by side
// (Word is a vector of integers, an extension that GCC and Clang share). The chain of additions
// within one message leaves most of the processor idle.
using Lanes [[gnu::vector_size(4 * kLanes)]] = std::uint32_t;

template <class Word>
using State = std::array<Word, 4>;
template <class Word>
using Words = std::array<Word, 16>;

// Arguments by reference: vectors have no portable way to be passed by value.
struct Choose {
  template <class Word>
  static void mix(const Word& x, const Word& y, const Word& z, Word& out) {
    out = z ^ (x & (y ^ z));
  }
};
struct Majority {
  template <class Word>
  static void mix(const Word& x, const Word& y, const Word& z, Word& out) {
    out = y ^ (z & (x ^ y));
  }
};
struct Parity {
  template <class Word>
  static void mix(const Word& x, const Word& y, const Word& z, Word& out) {
    out = x ^ y ^ z;
  }
};
struct Last {
  template <class Word>
  static void mix(const Word& x, const Word& y, const Word& z, Word& out) {
    out = y ^ (x | ~z);
  }
};

/// One of the four rounds: step i works on word (Multiplier i + Offset) mod 16 and rotates by the
/// shift of i mod 4. Everything that depends on i is known to the compiler: no loop is left.
template <std::size_t Round, std::size_t Multiplier, std::size_t Offset, class Mix, class Word,
          std::size_t... I>
void run_round(State<Word>& state, const Words<Word>& words, const std::array<int, 4>& shifts,
               std::index_sequence<I...>) {
  auto& [a, b, c, d] = state;
  const auto step = [&](std::size_t i, Word& target, const Word& x, const Word& y, const Word& z) {
    Word sum;
    Mix::mix(x, y, z, sum);
    sum += target + words[(Multiplier * i + Offset) % 16] + kSine[16 * Round + i];
    const int shift = shifts[i % 4];
    target = x + ((sum << shift) | (sum >> (32 - shift)));
  };
  ((step(4 * I, a, b, c, d), step(4 * I + 1, d, a, b, c), step(4 * I + 2, c, d, a, b),
    step(4 * I + 3, b, c, d, a)),
   ...);
}

/// What a block adds to the state.
template <class Word>
void compress(State<Word>& state, const Words<Word>& words) {
  constexpr auto quarters = std::make_index_sequence<4>{};
  run_round<0, 1, 0, Choose>(state, words, {7, 12, 17, 22}, quarters);
  run_round<1, 5, 1, Majority>(state, words, {5, 9, 14, 20}, quarters);
  run_round<2, 3, 5, Parity>(state, words, {4, 11, 16, 23}, quarters);
  run_round<3, 7, 0, Last>(state, words, {6, 10, 15, 21}, quarters);
}

constexpr State<std::uint32_t> kInitial{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};

std::uint32_t load_little_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

/// A message cut into blocks: a one bit, zeros and the length in bits follow its end.
class Blocks {
 public:
  Blocks() = default;
  explicit Blocks(std::string_view message)
      : data_(reinterpret_cast<const unsigned char*>(message.data())),
        full_(message.size() / kBlock) {
    const std::size_t left = message.size() % kBlock;
    if (left > 0) std::memcpy(tail_.data(), data_ + full_ * kBlock, left);
    tail_[left] = 0x80;
    const std::size_t end = left + 9 <= kBlock ? kBlock : 2 * kBlock;
    const std::uint64_t bits = 8 * static_cast<std::uint64_t>(message.size());
    for (std::size_t i = 0; i < 8; ++i)
      tail_[end - 8 + i] = static_cast<unsigned char>((bits >> (8 * i)) & 0xffu);
    count_ = full_ + end / kBlock;
  }

  std::size_t count() const { return count_; }
  const unsigned char* operator[](std::size_t i) const {
    return i < full_ ? data_ + i * kBlock : tail_.data() + (i - full_) * kBlock;
  }

 private:
  const unsigned char* data_ = nullptr;
  std::size_t full_ = 0;
  std::size_t count_ = 0;
  std::array<unsigned char, 2 * kBlock> tail_{};
};

Digest to_digest(const State<std::uint32_t>& state) {
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>((state[i / 4] >> (8 * (i % 4))) & 0xffu);
  return digest;
}

/// At most kLanes messages; lanes whose message has ended keep their state.
void md5_lanes(const std::string_view* messages, std::size_t count, Digest* digests) {
  std::array<Blocks, kLanes> blocks;
  std::size_t longest = 0;
  for (std::size_t lane = 0; lane < count; ++lane) {
    blocks[lane] = Blocks(messages[lane]);
    longest = std::max(longest, blocks[lane].count());
  }
  State<Lanes> state;
  for (std::size_t i = 0; i < 4; ++i) state[i] = Lanes{} + kInitial[i];
  for (std::size_t block = 0; block < longest; ++block) {
    Words<Lanes> words{};
    Lanes active{};
    for (std::size_t lane = 0; lane < count; ++lane) {
      if (block >= blocks[lane].count()) continue;
      active[lane] = ~std::uint32_t{0};
      const unsigned char* bytes = blocks[lane][block];
      for (std::size_t i = 0; i < 16; ++i) words[i][lane] = load_little_endian(bytes + 4 * i);
    }
    State<Lanes> next = state;
    compress(next, words);
    for (std::size_t i = 0; i < 4; ++i) state[i] += next[i] & active;
  }
  for (std::size_t lane = 0; lane < count; ++lane)
    digests[lane] = to_digest({state[0][lane], state[1][lane], state[2][lane], state[3][lane]});
}

}  // namespace

Digest md5(std::string_view message) {
  const Blocks blocks(message);
  State<std::uint32_t> state = kInitial;
  for (std::size_t block = 0; block < blocks.count(); ++block) {
    Words<std::uint32_t> words;
    for (std::size_t i = 0; i < 16; ++i) words[i] = load_little_endian(blocks[block] + 4 * i);
    State<std::uint32_t> next = state;
    compress(next, words);
    for (std::size_t i = 0; i < 4; ++i) state[i] += next[i];
  }
  return to_digest(state);
}

void md5_many(const std::string_view* messages, std::size_t count, Digest* digests) {
  for (std::size_t begin = 0; begin < count; begin += kLanes)
    md5_lanes(messages + begin, std::min(kLanes, count - begin), digests + begin);
}

HexDigest to_hex(const Digest& digest) {
  constexpr char digits[] = "0123456789abcdef";
  HexDigest text;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15u];
  }
  return text;
}

}  // namespace otnas
