#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "otnas/cells/check_cells.hpp"

using namespace otnas;

namespace {

// Two cells: input -> 0 -> output with a skip, and input -> output.
struct Packed {
  std::vector<std::int64_t> offsets{0, 3, 5};
  std::vector<VertexMask> successors{0b110, 0b100, 0, 0b10, 0};
  std::vector<OpCode> ops{kInput, 0, kOutput, kInput, kOutput};

  std::string problem() const {
    std::array<bool, 256> known{};
    for (const OpCode code : {OpCode{0}, kInput, kOutput}) known[code] = true;
    const char* text = problem_of_cells(offsets.data(), offsets.size(), successors.data(),
                                        ops.data(), ops.size(), known);
    return text == nullptr ? "" : text;
  }
};

}  // namespace

TEST_CASE("good cells have no problem") { CHECK(Packed{}.problem().empty()); }

TEST_CASE("boundaries must fit and leave 2 to 32 vertices") {
  for (const std::vector<std::int64_t>& offsets :
       {std::vector<std::int64_t>{}, {1, 3, 5}, {0, 3, 4}, {0, 4, 5}, {0, -3, 5}, {0, 900, 5}}) {
    Packed packed;
    packed.offsets = offsets;
    CHECK_FALSE(packed.problem().empty());
  }
}

TEST_CASE("edges must lead to later vertices of the same cell") {
  for (const VertexMask mask : {0b001U, 0b010U, 0b1000U, 1U << 31U}) {
    Packed packed;
    packed.successors[1] = mask;
    CHECK_FALSE(packed.problem().empty());
  }
}

TEST_CASE("operations must be known") {
  Packed packed;
  packed.ops[1] = 1;
  CHECK(packed.problem() == "codes: expected those of the taxonomy, got others");
}

TEST_CASE("the input comes first, the output last, and neither elsewhere") {
  for (const std::size_t vertex : {0u, 1u, 2u})
    for (const OpCode code : {OpCode{0}, kInput, kOutput}) {
      Packed packed;
      if (packed.ops[vertex] == code) continue;
      packed.ops[vertex] = code;
      CHECK(packed.problem() ==
            "codes: expected the input first and the output last, got them elsewhere");
    }
}

TEST_CASE("a cell of 32 vertices is within the limit") {
  Packed packed;
  packed.offsets = {0, 32};
  packed.successors.assign(32, 0);
  packed.successors[0] = 0xFFFFFFFEU;
  packed.ops.assign(32, 0);
  packed.ops.front() = kInput;
  packed.ops.back() = kOutput;
  CHECK(packed.problem().empty());
  packed.successors[31] = 1U << 31U;
  CHECK_FALSE(packed.problem().empty());
}
