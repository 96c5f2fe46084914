#pragma once
#include <cstddef>
#include <cstdint>
#include <variant>

#include "otnas/pairwise/gram.hpp"

namespace otnas {

/// The coordinates [begin, end) of an embedding.
struct DenseBlock {
  L1Embedding embedding;
  std::size_t begin, end;
};

/// n rows of `dim` coordinates >= 0, the distinct ones by their nonzero coordinates (SparseRows).
///
/// On the left-hand side of a comparison a coordinate may be -1: one that the right lacks.
struct SparseBlock {
  const std::int64_t* offsets;      ///< (distinct + 1,)
  const std::int32_t* coordinates;  ///< (offsets[distinct],), each once within a row
  const double* values;             ///< (offsets[distinct],)
  std::size_t distinct;
  std::size_t dim;
  const std::int64_t* index;  ///< (rows,): which distinct vector each row is
  std::size_t rows;
};

/// One measure's part of an embedding; its L1 distance is one of the distances.
using L1Block = std::variant<DenseBlock, SparseBlock>;

}  // namespace otnas
