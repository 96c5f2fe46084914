#include "otnas/trees/word_trie.hpp"

#include <array>
#include <stdexcept>

#include "otnas/cells/paths.hpp"
#include "support/index.hpp"

namespace otnas {
namespace {

using Counts = std::array<std::uint64_t, kMaxVertices>;

/// Walks the trie of one cell depth first. A node is known by the vertices at which a path that
/// reads as its text can be, and by how many such paths there are.
class Walk {
 public:
  Walk(const Cell& pruned, double decay, WordTrie& trie, TrieVector& phi)
      : cell_(pruned), decay_(decay), onward_(paths_to_output(pruned)), trie_(trie), phi_(phi) {}

  void run() {
    if (onward_[0] == 0) return;
    Counts at_input{};
    at_input[0] = 1;
    descend(0, 1u, at_input, 1.0);
  }

 private:
  void descend(std::int32_t node, VertexMask at, const Counts& paths, double weight) {
    const int last = cell_.size - 1;
    Counts next{};
    VertexMask reached = 0;
    for (int u = 0; u < last; ++u) {
      if (!((at >> u) & 1u)) continue;
      const VertexMask successors = cell_.successors[ix(u)];
      reached |= successors;
      for (int v = u + 1; v <= last; ++v)
        if ((successors >> v) & 1u) next[ix(v)] += paths[ix(u)];
    }
    const bool ends = (reached >> last) & 1u;
    reached &= ~(VertexMask{1} << last);
    while (reached) {
      OpCode op = kOutput;  // ascending, for the sorted order
      for (int v = 1; v < last; ++v)
        if (((reached >> v) & 1u) && cell_.ops[ix(v)] < op) op = cell_.ops[ix(v)];
      VertexMask group = 0;
      std::uint64_t through = 0;
      for (int v = 1; v < last; ++v) {
        if (!((reached >> v) & 1u) || cell_.ops[ix(v)] != op) continue;
        group |= VertexMask{1} << v;
        through += next[ix(v)] * onward_[ix(v)];
      }
      reached &= ~group;
      const std::int32_t child = trie_.child(node, op);
      add(child, through, weight);
      descend(child, group, next, weight * decay_);
    }
    if (ends) add(trie_.end(node), next[ix(last)], weight);
  }

  void add(std::int32_t node, std::uint64_t paths, double weight) {
    if (phi_.nodes.size() == kMaxTrieNodes)
      throw std::invalid_argument("its paths read as more than " + std::to_string(kMaxTrieNodes) +
                                  " different beginnings of words, too many for the measures "
                                  "'prefix' and 'suffix'");
    phi_.nodes.push_back(node);
    // The quotient first: equal frequencies give equal bits whatever the number of paths.
    phi_.values.push_back(static_cast<double>(paths) / static_cast<double>(onward_[0]) * weight);
  }

  const Cell& cell_;
  double decay_;
  Counts onward_;
  WordTrie& trie_;
  TrieVector& phi_;
};

}  // namespace

WordTrie::WordTrie(int operations)
    : letters_(ix(operations) + 1), children_(letters_, 0), parents_{0}, last_{0} {}

std::int32_t WordTrie::step(std::int32_t node, std::size_t letter) {
  const std::size_t slot = ix(node) * letters_ + letter;
  if (children_[slot] == 0) {
    children_[slot] = static_cast<std::int32_t>(parents_.size());
    parents_.push_back(node);
    last_.push_back(static_cast<std::uint8_t>(letter));
    children_.resize(children_.size() + letters_, 0);
  }
  return children_[slot];
}

std::vector<std::string> WordTrie::words() const {
  std::vector<std::string> words(size());
  for (std::size_t v = 1; v < size(); ++v) {
    const bool closes = last_[v] + 1u == letters_;
    words[v] = words[ix(parents_[v])] + (closes ? kWordEnd : static_cast<char>(last_[v]));
  }
  return words;
}

void path_trie_vector(const Cell& pruned, double decay, WordTrie& trie, TrieVector& phi) {
  phi.nodes.clear();
  phi.values.clear();
  Walk(pruned, decay, trie, phi).run();
}

}  // namespace otnas
