#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "otnas/cells/cell.hpp"

// Notation
//   word      the operations along one input-to-output path of a pruned cell, closed by an end
//   marker mu        measure on the trie of words: 1 / (number of paths) on the end of each path's
//   word,
//             paths counted with multiplicity
//   level     of an edge: the number of edges above it; the first operation's is 0
//   phi_v     = decay^level(v) * mu(words that begin with v), one coordinate a node of the trie
//
// W(mu, nu) = ||phi(mu) - phi(nu)||_1, as on any tree (tree_metric.hpp): the vector of word-prefix
// frequencies. A cell without a path has all mass at the root, where phi is 0.

namespace otnas {

/// A node of the trie as text: one byte an operation, then kWordEnd if it closes the word. Sorted
/// as bytes, a node comes before those below it.
constexpr char kWordEnd = '\xff';

/// Most nodes that one cell may occupy.
constexpr std::size_t kMaxTrieNodes = 100000;

/// A growing set of word beginnings, numbered as they appear; 0 is the root.
class WordTrie {
 public:
  explicit WordTrie(int operations);

  std::int32_t child(std::int32_t node, OpCode op) { return step(node, op); }
  std::int32_t end(std::int32_t node) { return step(node, letters_ - 1); }
  std::size_t size() const { return parents_.size(); }
  /// All nodes as text, the root's empty.
  std::vector<std::string> words() const;

 private:
  std::int32_t step(std::int32_t node, std::size_t letter);

  std::size_t letters_;                 // operations and the end marker
  std::vector<std::int32_t> children_;  // (size, letters); 0: none, for the root is no one's child
  std::vector<std::int32_t> parents_;
  std::vector<std::uint8_t> last_;  // letter that leads to the node
};

/// phi of one pruned cell: its nonzero coordinates, in the sorted order of the nodes' texts.
struct TrieVector {
  std::vector<std::int32_t> nodes;
  std::vector<double> values;
};

/// Fills `phi` for the words read from input to output. Paths are counted, not walked: the cost is
/// O(nodes * vertices^2). std::invalid_argument if there are more than kMaxTrieNodes of them.
void path_trie_vector(const Cell& pruned, double decay, WordTrie& trie, TrieVector& phi);

}  // namespace otnas
