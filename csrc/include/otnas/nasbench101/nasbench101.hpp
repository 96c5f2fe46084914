#pragma once
#include <cstdint>
#include <vector>

#include "otnas/cells/cell.hpp"
#include "otnas/checksums/md5.hpp"
#include "otnas/support/parallel.hpp"

// NAS-Bench-101 (Ying et al. 2019): cells of up to 7 vertices and 9 edges with three operations.
// Operation codes here are those of the benchmark: 0 conv3x3-bn-relu, 1 conv1x1-bn-relu,
// 2 maxpool3x3.

namespace otnas {

/// The benchmark's name of a pruned cell, the same for isomorphic cells.
///
/// Every vertex starts from md5 of "(out-degree, in-degree, label)", label -1 for the input, -2 for
/// the output. As many times as there are vertices, it becomes md5 of its predecessors' hashes,
/// sorted, "|", its successors' likewise, "|", its own. The cell's name is md5 of the sorted list
/// of them as Python prints it. O(v^2) a cell.
Digest module_hash(const Cell& pruned);

/// module_hash of every cell, pruned first.
std::vector<Digest> module_hashes(const CellArray& cells, unsigned threads,
                                  const CancelCheck& cancelled = {});

struct HashedCells {
  CellArray cells;
  std::vector<Digest> hashes;  // ascending
};

/// All 423,624 cells by ascending module hash. See enumerate_cells for which representatives.
HashedCells enumerate_nasbench101(unsigned threads, const CancelCheck& cancelled = {});

/// Trainable parameters of the benchmark's CIFAR-10 network built from the pruned cell: a stem
/// convolution to 128 channels, three stacks of three cells, channels doubled from stack to stack,
/// a dense layer to 10 classes.
///
/// Depends on the order of vertices where channels do not divide evenly, as the network does.
std::int64_t parameter_count(const Cell& pruned);

}  // namespace otnas
