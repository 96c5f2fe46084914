#include <algorithm>
#include <array>

#include "otnas/nasbench101/nasbench101.hpp"
#include "support/index.hpp"

// Notation
//   c_in, c_out   channels of a cell's input and output
//   c_v           channels of vertex v: the output concatenates the vertices that lead into it,
//                 which share c_out as evenly as can be, the first ones taking the remainder; any
//                 other vertex has as many as the widest vertex it leads into
//
// Edges between interior vertices carry no parameters (channels are cut off to fit); the cell's
// input is projected by a 1x1 convolution to each vertex it leads into. Every convolution is
// followed by batch normalisation and has no bias. (Ying et al. 2019, Section 2 and its code.)

namespace otnas {
namespace {

constexpr int kStemChannels = 128;
constexpr int kStacks = 3;
constexpr int kCellsPerStack = 3;
constexpr int kImageChannels = 3;
constexpr int kClasses = 10;
constexpr OpCode kConv3x3 = 0;
constexpr OpCode kConv1x1 = 1;

using Channels = std::array<std::int64_t, kMaxVertices>;

std::int64_t convolution(std::int64_t kernel, std::int64_t in, std::int64_t out) {
  return kernel * kernel * in * out + 2 * out;  // 2: scale and shift of the normalisation
}

Channels vertex_channels(const Cell& cell, std::int64_t out) {
  const int last = cell.size - 1;
  Channels channels{};
  std::int64_t parts = 0;
  for (int v = 1; v < last; ++v) parts += cell.has_edge(v, last);
  if (parts == 0) return channels;
  std::int64_t remainder = out % parts;
  for (int v = 1; v < last; ++v) {
    if (!cell.has_edge(v, last)) continue;
    channels[ix(v)] = out / parts + (remainder > 0);
    remainder -= remainder > 0;
  }
  for (int v = last - 1; v > 0; --v) {
    if (cell.has_edge(v, last)) continue;
    for (int next = v + 1; next < last; ++next)
      if (cell.has_edge(v, next)) channels[ix(v)] = std::max(channels[ix(v)], channels[ix(next)]);
  }
  return channels;
}

std::int64_t cell_parameters(const Cell& cell, std::int64_t in, std::int64_t out) {
  const int last = cell.size - 1;
  Channels channels = vertex_channels(cell, out);
  channels[ix(last)] = out;
  std::int64_t parameters = 0;
  for (int v = 1; v <= last; ++v) {
    const std::int64_t own = channels[ix(v)];
    if (cell.has_edge(0, v)) parameters += convolution(1, in, own);
    if (cell.ops[ix(v)] == kConv3x3) parameters += convolution(3, own, own);
    if (cell.ops[ix(v)] == kConv1x1) parameters += convolution(1, own, own);
  }
  return parameters;
}

}  // namespace

std::int64_t parameter_count(const Cell& pruned) {
  std::int64_t channels = kStemChannels;
  std::int64_t parameters = convolution(3, kImageChannels, channels);
  for (int stack = 0; stack < kStacks; ++stack) {
    const std::int64_t out = stack == 0 ? channels : 2 * channels;
    parameters += cell_parameters(pruned, channels, out);
    parameters += (kCellsPerStack - 1) * cell_parameters(pruned, out, out);
    channels = out;
  }
  return parameters + (channels + 1) * kClasses;
}

}  // namespace otnas
