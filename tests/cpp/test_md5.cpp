#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "otnas/checksums/md5.hpp"

using namespace otnas;

namespace {

std::string hex(const Digest& digest) { return std::string(view(to_hex(digest))); }

}  // namespace

TEST_CASE("md5 of the messages in RFC 1321") {
  CHECK(hex(md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex(md5("a")) == "0cc175b9c0f1b6a831c399e269772661");
  CHECK(hex(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(hex(md5("abcdefghijklmnopqrstuvwxyz")) == "c3fcd3d76192e4007dfb496cca67e13b");
  CHECK(hex(md5("1234567890123456789012345678901234567890123456789012345678901234567890123456789"
                "0")) == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("md5 of messages around the block length") {
  CHECK(hex(md5(std::string(55, 'x'))) == "04364420e25c512fd958a70738aa8f72");
  CHECK(hex(md5(std::string(56, 'x'))) == "668a72d5ba17f08e62dabcafad6db14b");
  CHECK(hex(md5(std::string(63, 'x'))) == "7dc2ca208106a2f703567bdff99d8981");
  CHECK(hex(md5(std::string(64, 'x'))) == "c1bb4f81d892b2d57947682aeb252456");
  CHECK(hex(md5(std::string(65, 'x'))) == "1bc932052302d074bdec39795fe00cf6");
  CHECK(hex(md5(std::string(119, 'x'))) == "ab347a5f68c8a443cfcddc633f12c24f");
  CHECK(hex(md5(std::string(120, 'x'))) == "fb98667f98096de92620b64f46e1c5b5");
  CHECK(hex(md5(std::string(128, 'x'))) == "d69cb61a6ee87200676eb0d4b90edbcb");
  CHECK(hex(md5(std::string(1000, 'x'))) == "398533d48111e9f664b1f64cb10c4b63");
}

TEST_CASE("md5 reads bytes as unsigned and keeps zeros") {
  const std::string message("\xff\x00\x80\x7f", 4);
  CHECK(hex(md5(message)) == "db88b5a58c9d4382af9f1c88ccd129bf");
}

TEST_CASE("many messages at once, of any lengths and numbers") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 45; ++i) texts.emplace_back(i * 37 % 300, static_cast<char>('a' + i));
  for (std::size_t count = 0; count <= texts.size(); count += 5) {
    const std::vector<std::string_view> messages(
        texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(count));
    std::vector<Digest> digests(count);
    md5_many(messages.data(), count, digests.data());
    for (std::size_t i = 0; i < count; ++i) CHECK(digests[i] == md5(messages[i]));
  }
}
