#include <doctest/doctest.h>

#include <map>
#include <random>
#include <stdexcept>
#include <string>

#include "otnas/cells/paths.hpp"
#include "otnas/pairwise/path_embedding.hpp"
#include "otnas/trees/word_trie.hpp"

using namespace otnas;

namespace {

Cell random_cell(std::mt19937& rng, int size, OpCode operations, unsigned percent) {
  Cell cell;
  cell.size = size;
  cell.ops[0] = kInput;
  for (int u = 0; u < size; ++u) {
    const auto v = static_cast<std::size_t>(u);
    if (u > 0) cell.ops[v] = u + 1 < size ? static_cast<OpCode>(rng() % operations) : kOutput;
    for (int w = u + 1; w < size; ++w)
      if (rng() % 100 < percent) cell.add_edge(u, w);
  }
  return prune(cell);
}

/// The words of all paths from v on, by walking them.
void walk(const Cell& cell, int v, const std::string& word, std::map<std::string, int>& words) {
  if (v == cell.size - 1) {
    ++words[word + kWordEnd];
    return;
  }
  for (int w = v + 1; w < cell.size; ++w) {
    if (!cell.has_edge(v, w)) continue;
    const bool inner = w + 1 < cell.size;
    const char letter = static_cast<char>(cell.ops[static_cast<std::size_t>(w)]);
    walk(cell, w, inner ? word + letter : word, words);
  }
}

}  // namespace

TEST_CASE("paths are counted and word prefixes have their frequencies") {
  std::mt19937 rng(3);
  for (int trial = 0; trial < 200; ++trial) {
    const int size = 2 + static_cast<int>(rng() % 8);
    const Cell cell = random_cell(rng, size, 3, 60);
    std::map<std::string, int> words;
    walk(cell, 0, "", words);
    int paths = 0;
    for (const auto& entry : words) paths += entry.second;
    CHECK(paths_to_output(cell)[0] == static_cast<std::uint64_t>(paths));
    CHECK(reversed(reversed(cell)) == cell);
    CHECK(paths_to_output(reversed(cell))[0] == paths_to_output(cell)[0]);

    std::map<std::string, double> expected;
    for (const auto& [word, count] : words)
      for (std::size_t length = 1; length <= word.size(); ++length)
        expected[word.substr(0, length)] += static_cast<double>(count) / paths;
    WordTrie trie(3);
    TrieVector phi;
    path_trie_vector(cell, 1.0, trie, phi);
    const auto texts = trie.words();
    REQUIRE(phi.nodes.size() == expected.size());
    auto next = expected.begin();  // sorted as bytes, as the coordinates must be
    for (std::size_t i = 0; i < phi.nodes.size(); ++i, ++next) {
      CHECK(texts[static_cast<std::size_t>(phi.nodes[i])] == next->first);
      CHECK(phi.values[i] == doctest::Approx(next->second).epsilon(1e-14));
    }
  }
}

TEST_CASE("an exponential number of paths is counted, an exponential number of words refused") {
  Cell cell;
  cell.size = kMaxVertices;
  for (int u = 0; u < cell.size; ++u)
    for (int v = u + 1; v < cell.size; ++v) cell.add_edge(u, v);
  cell.ops[0] = kInput;
  cell.ops[kMaxVertices - 1] = kOutput;
  CHECK(paths_to_output(cell)[0] == std::uint64_t{1} << 30);
  CellArray cells;
  cells.push_back(cell);
  const PathEmbedding one = embed_paths(cells, 4, Reading::kForward, 1.0, 1);
  CHECK(one.vocabulary.size() == 61);  // 30 prefixes, 31 words
  for (std::size_t v = 1; v + 1 < kMaxVertices; ++v) cell.ops[v] = static_cast<OpCode>(v % 4);
  cells.push_back(cell);
  std::string message;
  try {
    embed_paths(cells, 4, Reading::kBackward, 1.0, 1);
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK(message.rfind("archs[1]: ", 0) == 0);
}

TEST_CASE("an embedding of paths is the same for any number of threads") {
  std::mt19937 rng(8);
  CellArray cells;
  for (int i = 0; i < 10000; ++i) cells.push_back(random_cell(rng, 6, 3, 50));
  const PathEmbedding one = embed_paths(cells, 3, Reading::kForward, 0.5, 1);
  const PathEmbedding many = embed_paths(cells, 3, Reading::kForward, 0.5, 3);
  CHECK(one.vocabulary == many.vocabulary);
  CHECK(one.index == many.index);
  CHECK(one.rows.offsets == many.rows.offsets);
  CHECK(one.rows.coordinates == many.rows.coordinates);
  CHECK(one.rows.values == many.rows.values);
  CHECK(one.rows.size() < cells.size());
}
