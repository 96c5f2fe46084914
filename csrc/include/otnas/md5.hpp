#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// MD5 (RFC 1321), because NAS-Bench-101 names its cells by it. It guards against nothing here.

namespace otnas {

using Digest = std::array<std::uint8_t, 16>;  ///< compared byte by byte, as its hexadecimal text is

Digest md5(std::string_view message);

/// The 32 lower-case hexadecimal digits, written to `out`; returns out + 32.
char* write_hex(const Digest& digest, char* out);

std::string to_hex(const Digest& digest);

}  // namespace otnas
