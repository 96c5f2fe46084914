#include "otnas/cells/nasbench201.hpp"

#include <array>
#include <stdexcept>

#include "support/index.hpp"

namespace otnas {
namespace {

constexpr int kNodes = 4;
constexpr int kEdges = 6;

struct Edge {
  int from, to;
};
constexpr std::array<Edge, kEdges> kReadingOrder = {
    {{0, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}}};

/// The 8-vertex cell without operations.
Cell skeleton() {
  Cell cell;
  cell.size = kEdges + 2;
  cell.ops[0] = kInput;
  cell.ops[kEdges + 1] = kOutput;
  for (int e = 0; e < kEdges; ++e) {
    const Edge edge = kReadingOrder[ix(e)];
    if (edge.from == 0) cell.add_edge(0, e + 1);
    if (edge.to == kNodes - 1) cell.add_edge(e + 1, kEdges + 1);
    for (int next = 0; next < kEdges; ++next)
      if (kReadingOrder[ix(next)].from == edge.to) cell.add_edge(e + 1, next + 1);
  }
  return cell;
}

/// Text as it is shown in a message: its beginning, and no part of a UTF-8 character.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 120;
  if (text.size() <= longest) return std::string(text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return std::string(text.substr(0, end)) + "...";
}

[[noreturn]] void fail(std::string_view text, const std::string& reason) {
  throw std::invalid_argument("'" + shown(text) + "' is no NAS-Bench-201 architecture: " + reason +
                              "; expected '|op~0|+|op~0|op~1|+|op~0|op~1|op~2|'");
}

/// Removes `prefix` from the front of `rest`, or fails.
void expect(std::string_view text, std::string_view& rest, std::string_view prefix) {
  if (rest.substr(0, prefix.size()) != prefix)
    fail(text, "expected '" + std::string(prefix) + "' at character " +
                   std::to_string(text.size() - rest.size()));
  rest.remove_prefix(prefix.size());
}

}  // namespace

Cell parse_nasbench201(std::string_view text, const Taxonomy& taxonomy) {
  Cell cell = skeleton();
  std::string_view rest = text;
  int edge = 0;
  for (int node = 1; node < kNodes; ++node) {
    expect(text, rest, node == 1 ? "|" : "+|");
    for (int from = 0; from < node; ++from) {
      const auto end = rest.find('~');
      if (end == std::string_view::npos) fail(text, "it ends early");
      const auto code = taxonomy.code(rest.substr(0, end));
      if (!code) fail(text, "unknown operation '" + shown(rest.substr(0, end)) + "'");
      cell.ops[ix(++edge)] = *code;
      rest.remove_prefix(end);
      expect(text, rest, "~" + std::to_string(from) + "|");
    }
  }
  if (!rest.empty()) fail(text, "characters left over: '" + shown(rest) + "'");
  return cell;
}

std::string format_nasbench201(const Cell& cell, const Taxonomy& taxonomy) {
  const Cell form = skeleton();
  if (cell.size != form.size || cell.successors != form.successors)
    throw std::invalid_argument(
        "the cell is not in NAS-Bench-201's 8-vertex form (was it pruned?)");
  std::string text;
  int edge = 0;
  for (int node = 1; node < kNodes; ++node) {
    text += node == 1 ? "|" : "+|";
    for (int from = 0; from < node; ++from)
      text += taxonomy.name(cell.ops[ix(++edge)]) + "~" + std::to_string(from) + "|";
  }
  return text;
}

}  // namespace otnas
