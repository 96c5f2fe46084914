#include "otnas/nasbench101.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "index.hpp"
#include "otnas/enumerate.hpp"

namespace otnas {
namespace {

constexpr CellLimits kLimits{7, 9, 3};
constexpr std::size_t kCells = 423624;
constexpr std::size_t kCellsPerTask = 1024;

using Masks = std::array<VertexMask, kMaxVertices>;
using VertexHashes = std::array<Digest, kMaxVertices>;
using VertexOrder = std::array<int, kMaxVertices>;

Masks predecessors(const Cell& cell) {
  Masks result{};
  for (int u = 0; u < cell.size; ++u)
    for (int v = u + 1; v < cell.size; ++v)
      if (cell.has_edge(u, v)) result[ix(v)] |= VertexMask{1} << u;
  return result;
}

int count(VertexMask mask) {
  int bits = 0;
  for (; mask; mask &= mask - 1) ++bits;
  return bits;
}

int label(OpCode op) { return op == kInput ? -1 : op == kOutput ? -2 : op; }

VertexOrder sorted_by_hash(const VertexHashes& hashes, int size) {
  VertexOrder order{};
  std::iota(order.begin(), order.begin() + size, 0);
  std::sort(order.begin(), order.begin() + size,
            [&](int a, int b) { return hashes[ix(a)] < hashes[ix(b)]; });
  return order;
}

}  // namespace

Digest module_hash(const Cell& pruned) {
  const int size = pruned.size;
  const Masks before = predecessors(pruned);
  VertexHashes hashes;
  for (int v = 0; v < size; ++v)
    hashes[ix(v)] = md5('(' + std::to_string(count(pruned.successors[ix(v)])) + ", " +
                        std::to_string(count(before[ix(v)])) + ", " +
                        std::to_string(label(pruned.ops[ix(v)])) + ')');

  std::array<char, 32 * (kMaxVertices + 1) + 2> text;
  for (int round = 0; round < size; ++round) {
    // One sorting serves the neighbours of all vertices.
    const VertexOrder order = sorted_by_hash(hashes, size);
    VertexHashes next;
    for (int v = 0; v < size; ++v) {
      char* end = text.data();
      for (const VertexMask side : {before[ix(v)], pruned.successors[ix(v)]}) {
        for (int i = 0; i < size; ++i)
          if ((side >> order[ix(i)]) & 1u) end = write_hex(hashes[ix(order[ix(i)])], end);
        *end++ = '|';
      }
      end = write_hex(hashes[ix(v)], end);
      next[ix(v)] = md5({text.data(), static_cast<std::size_t>(end - text.data())});
    }
    hashes = next;
  }

  const VertexOrder order = sorted_by_hash(hashes, size);
  std::string list;
  for (int i = 0; i < size; ++i)
    list += (i == 0 ? "['" : "', '") + to_hex(hashes[ix(order[ix(i)])]);
  return md5(list + "']");
}

std::vector<Digest> module_hashes(const CellArray& cells, unsigned threads,
                                  const CancelCheck& cancelled) {
  std::vector<Digest> hashes(cells.size());
  const std::size_t tasks = (cells.size() + kCellsPerTask - 1) / kCellsPerTask;
  parallel_for(
      tasks, threads,
      [&](std::size_t task) {
        const std::size_t end = std::min(cells.size(), (task + 1) * kCellsPerTask);
        for (std::size_t i = task * kCellsPerTask; i < end; ++i)
          hashes[i] = module_hash(prune(cells[i]));
      },
      cancelled);
  return hashes;
}

HashedCells enumerate_nasbench101(unsigned threads, const CancelCheck& cancelled) {
  const CellArray cells = enumerate_cells(kLimits, kCells, threads, cancelled);
  const std::vector<Digest> hashes = module_hashes(cells, threads, cancelled);
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return hashes[a] < hashes[b]; });
  HashedCells sorted;
  sorted.hashes.reserve(cells.size());
  for (const std::size_t i : order) {
    sorted.cells.push_back(cells[i]);
    sorted.hashes.push_back(hashes[i]);
  }
  return sorted;
}

}  // namespace otnas
