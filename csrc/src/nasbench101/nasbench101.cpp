#include "otnas/nasbench101/nasbench101.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <string_view>

#include "otnas/nasbench101/enumerate.hpp"
#include "support/index.hpp"

namespace otnas {
namespace {

constexpr CellLimits kLimits{7, 9, 3};
constexpr std::size_t kCells = 423624;
constexpr std::size_t kCellsPerTask = 1024;

constexpr std::size_t kCellsPerGroup = 8;  // whose messages are hashed side by side

using Masks = std::array<VertexMask, kMaxVertices>;

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

/// A cell and the current hashes of its vertices.
class HashedVertices {
 public:
  explicit HashedVertices(const Cell& cell) : cell_(cell), before_(predecessors(cell)) {}

  int size() const { return cell_.size; }

  void append_first_message(int v, std::string& text) const {
    text += '(' + std::to_string(count(cell_.successors[ix(v)])) + ", " +
            std::to_string(count(before_[ix(v)])) + ", " + std::to_string(label(cell_.ops[ix(v)])) +
            ')';
  }

  void append_message(int v, std::string& text) const {
    for (const VertexMask side : {before_[ix(v)], cell_.successors[ix(v)]}) {
      for (int i = 0; i < cell_.size; ++i)
        if ((side >> order_[ix(i)]) & 1u) text += view(hashes_[ix(order_[ix(i)])]);
      text += '|';
    }
    text += view(hashes_[ix(v)]);
  }

  void append_last_message(std::string& text) const {
    for (int i = 0; i < cell_.size; ++i) {
      text += i == 0 ? "['" : "', '";
      text += view(hashes_[ix(order_[ix(i)])]);
    }
    text += "']";
  }

  void set(int v, const Digest& digest) { hashes_[ix(v)] = to_hex(digest); }

  /// Once a round: one sorting serves the neighbours of all vertices.
  void sort() {
    std::iota(order_.begin(), order_.begin() + cell_.size, 0);
    std::sort(order_.begin(), order_.begin() + cell_.size,
              [&](int a, int b) { return hashes_[ix(a)] < hashes_[ix(b)]; });
  }

 private:
  Cell cell_;
  Masks before_;
  std::array<HexDigest, kMaxVertices> hashes_{};
  std::array<int, kMaxVertices> order_{};  // vertices by ascending hash
};

/// Messages written one after another, then hashed together.
class MessageBatch {
 public:
  template <class Append>
  void add(const Append& append) {
    append(text_);
    ends_.push_back(text_.size());
  }

  const std::vector<Digest>& hash() {
    std::vector<std::string_view> messages;
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      messages.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
    digests_.resize(messages.size());
    md5_many(messages.data(), messages.size(), digests_.data());
    text_.clear();
    ends_.clear();
    return digests_;
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
  std::vector<Digest> digests_;
};

/// Module hashes of a few pruned cells. Messages go vertex by vertex, because neighbouring cells of
/// an enumeration have the same graph: those of one vertex are then equally long.
void hash_group(std::vector<HashedVertices>& group, Digest* hashes) {
  MessageBatch batch;
  int largest = 0;
  for (const auto& cell : group) largest = std::max(largest, cell.size());
  const auto for_each_vertex = [&](int round, const auto& visit) {
    for (int v = 0; v < largest; ++v)
      for (auto& cell : group)
        if (v < cell.size() && round <= cell.size()) visit(cell, v);
  };
  for (int round = 0; round <= largest; ++round) {
    for_each_vertex(round, [&](const HashedVertices& cell, int v) {
      batch.add([&](std::string& text) {
        if (round == 0)
          cell.append_first_message(v, text);
        else
          cell.append_message(v, text);
      });
    });
    const Digest* next = batch.hash().data();
    for_each_vertex(round, [&](HashedVertices& cell, int v) { cell.set(v, *next++); });
    for (auto& cell : group) cell.sort();
  }
  for (const auto& cell : group)
    batch.add([&](std::string& text) { cell.append_last_message(text); });
  const auto& digests = batch.hash();
  std::copy(digests.begin(), digests.end(), hashes);
}

}  // namespace

Digest module_hash(const Cell& pruned) {
  std::vector<HashedVertices> group{HashedVertices(pruned)};
  Digest hash;
  hash_group(group, &hash);
  return hash;
}

std::vector<Digest> module_hashes(const CellArray& cells, unsigned threads,
                                  const CancelCheck& cancelled) {
  std::vector<Digest> hashes(cells.size());
  const std::size_t tasks = (cells.size() + kCellsPerTask - 1) / kCellsPerTask;
  parallel_for(
      tasks, threads,
      [&](std::size_t task) {
        const std::size_t end = std::min(cells.size(), (task + 1) * kCellsPerTask);
        std::vector<HashedVertices> group;
        for (std::size_t i = task * kCellsPerTask; i < end; i += kCellsPerGroup) {
          group.clear();
          for (std::size_t j = i; j < std::min(end, i + kCellsPerGroup); ++j)
            group.emplace_back(prune(cells[j]));
          hash_group(group, hashes.data() + i);
        }
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
