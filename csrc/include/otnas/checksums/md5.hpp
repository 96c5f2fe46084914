#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// MD5 (RFC 1321), because NAS-Bench-101 names its cells by it. It guards against nothing here.

namespace otnas {

using Digest = std::array<std::uint8_t, 16>;  ///< compared byte by byte, as its hexadecimal text is
using HexDigest = std::array<char, 32>;       ///< lower case

Digest md5(std::string_view message);

/// digests[i] = md5(messages[i]) for i < count. Neighbouring messages are worked on side by side,
/// several times faster than one by one when they have about the same length.
void md5_many(const std::string_view* messages, std::size_t count, Digest* digests);

HexDigest to_hex(const Digest& digest);

inline std::string_view view(const HexDigest& hex) { return {hex.data(), hex.size()}; }

}  // namespace otnas
