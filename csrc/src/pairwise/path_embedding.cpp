#include "otnas/pairwise/path_embedding.hpp"

#include <algorithm>
#include <stdexcept>

#include "otnas/cells/paths.hpp"
#include "otnas/trees/word_trie.hpp"
#include "support/index.hpp"

namespace otnas {
namespace {

// Cells are embedded in parts that number their words on their own; fixed, so that threads change
// nothing.
constexpr std::size_t kCellsPerPart = 4096;

struct Part {
  DistinctSparseRows distinct;  // coordinates: nodes of the part's trie
  std::vector<std::int64_t> index;
  std::vector<std::string> words;
};

Part embed_part(const CellArray& cells, std::size_t begin, std::size_t end, int operations,
                Reading reading, double decay) {
  Part part;
  WordTrie trie(operations);
  TrieVector phi;
  for (std::size_t i = begin; i < end; ++i) {
    const Cell pruned = prune(cells[i]);
    try {
      path_trie_vector(reading == Reading::kForward ? pruned : reversed(pruned), decay, trie, phi);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("archs[" + std::to_string(i) + "]: " + error.what());
    }
    part.index.push_back(part.distinct.add(phi.nodes.data(), phi.values.data(), phi.nodes.size()));
  }
  part.words = trie.words();
  return part;
}

std::vector<std::string> merged_words(const std::vector<Part>& parts) {
  std::vector<std::string> all;
  for (const Part& part : parts) {
    all.insert(all.end(), part.words.begin() + 1, part.words.end());  // but the root
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  return all;
}

}  // namespace

PathEmbedding embed_paths(const CellArray& cells, int operations, Reading reading, double decay,
                          unsigned threads, const CancelCheck& cancelled) {
  std::vector<Part> parts((cells.size() + kCellsPerPart - 1) / kCellsPerPart);
  parallel_for(
      parts.size(), threads,
      [&](std::size_t p) {
        const std::size_t end = std::min(cells.size(), (p + 1) * kCellsPerPart);
        parts[p] = embed_part(cells, p * kCellsPerPart, end, operations, reading, decay);
      },
      cancelled);

  PathEmbedding result;
  result.vocabulary = merged_words(parts);
  result.index.reserve(cells.size());
  DistinctSparseRows distinct;
  std::vector<std::int32_t> coordinates;
  for (const Part& part : parts) {
    std::vector<std::int32_t> coordinate_of(part.words.size(), 0);
    for (std::size_t v = 1; v < part.words.size(); ++v)
      coordinate_of[v] = static_cast<std::int32_t>(
          std::lower_bound(result.vocabulary.begin(), result.vocabulary.end(), part.words[v]) -
          result.vocabulary.begin());
    const SparseRows& rows = part.distinct.rows();
    std::vector<std::int64_t> row_of(rows.size());
    for (std::size_t u = 0; u < rows.size(); ++u) {
      const auto begin = static_cast<std::size_t>(rows.offsets[u]);
      const auto end = static_cast<std::size_t>(rows.offsets[u + 1]);
      coordinates.clear();
      for (std::size_t i = begin; i < end; ++i)
        coordinates.push_back(coordinate_of[ix(rows.coordinates[i])]);
      row_of[u] = distinct.add(coordinates.data(), rows.values.data() + begin, end - begin);
    }
    for (const std::int64_t u : part.index)
      result.index.push_back(row_of[static_cast<std::size_t>(u)]);
  }
  result.rows = distinct.take();
  return result;
}

}  // namespace otnas
