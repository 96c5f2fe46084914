#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "otnas/cells/cell.hpp"
#include "otnas/pairwise/sparse_rows.hpp"
#include "otnas/support/parallel.hpp"

namespace otnas {

/// Which way the words of a cell's paths are read.
enum class Reading { kForward, kBackward };

/// Cells as vectors of word-prefix frequencies (word_trie.hpp).
struct PathEmbedding {
  SparseRows rows;                      // the distinct vectors
  std::vector<std::int64_t> index;      // (cells,): which of them each cell has
  std::vector<std::string> vocabulary;  // text of each coordinate, sorted as bytes
};

/// Embeds cells, pruned first, of a taxonomy of `operations` operations. decay in (0, 1].
///
/// Throws std::invalid_argument that names archs[i] for a cell of too many words.
PathEmbedding embed_paths(const CellArray& cells, int operations, Reading reading, double decay,
                          unsigned threads, const CancelCheck& cancelled = {});

}  // namespace otnas
