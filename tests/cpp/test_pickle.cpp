#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "otnas/formats/pickle.hpp"

using namespace otnas;

namespace {

std::size_t check(const std::string& pickle, std::size_t begin = 0) {
  return check_pickle(reinterpret_cast<const unsigned char*>(pickle.data()), pickle.size(), begin);
}

}  // namespace

TEST_CASE("plain data passes, and the position behind it is returned") {
  const std::string list("\x80\x02]q\0(K\1K\2e.", 12);
  CHECK(check(list + "rest") == 12);
  CHECK(check("(lp0\nI1\naI2\na.") == 14);
  CHECK(check("xx(dp0\nS'a'\nI1\ns.", 2) == 17);
}

TEST_CASE("tuples may nest to a depth, whichever way they are built") {
  std::string deep = ")";
  for (std::uint32_t i = 1; i < kMaxTupleDepth; ++i) deep += '\x85';
  CHECK(check(deep + ".") == deep.size() + 1);
  for (const std::string outer : {"\x85", "N\x86", "NN\x87"})
    CHECK_THROWS_AS(check(deep + outer + "."), std::invalid_argument);
  CHECK_THROWS_AS(check("(" + deep + "t."), std::invalid_argument);
  CHECK_THROWS_AS(check("(" + deep + "p0\n0g0\n" + "t."), std::invalid_argument);
  // Hashing does not go into lists.
  CHECK_NOTHROW(check("](" + deep +
                      "e"
                      "]\x85."));
}

TEST_CASE("what asks for more than is there is refused") {
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "]"s, "a."s, "e."s, "t."s, "1."s, "h\x01."s, "]r\xff\xff\xff\x7f."s,
        "T\xff\xff\xff\x7fx."s, "\x8e\0\0\0\0\0\1\0\0x."s, "\x95\0\0\0\0\0\0\0\x10N."s,
        "cno newline"s, "g99999999999999999999\n."s, "\x80\x06N."s, "ix\ny\n."s, "\x82\1."s,
        "\x98."s})
    CHECK_THROWS_AS(check(bad), std::invalid_argument);
}
