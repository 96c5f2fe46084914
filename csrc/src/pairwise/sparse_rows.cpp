#include "otnas/pairwise/sparse_rows.hpp"

#include <cstring>
#include <functional>
#include <string_view>

namespace otnas {
namespace {

template <class T>
std::string_view bytes_of(const T* data, std::size_t count) {
  return {reinterpret_cast<const char*>(data), count * sizeof(T)};
}

}  // namespace

std::int64_t DistinctSparseRows::add(const std::int32_t* coordinates, const double* values,
                                     std::size_t count) {
  const std::hash<std::string_view> hash;
  const std::size_t key = hash(bytes_of(coordinates, count)) * 31 + hash(bytes_of(values, count));
  const auto [first, last] = by_hash_.equal_range(key);
  for (auto entry = first; entry != last; ++entry)
    if (equals(static_cast<std::size_t>(entry->second), coordinates, values, count))
      return entry->second;
  const auto row = static_cast<std::int64_t>(rows_.size());
  by_hash_.emplace(key, row);
  rows_.coordinates.insert(rows_.coordinates.end(), coordinates, coordinates + count);
  rows_.values.insert(rows_.values.end(), values, values + count);
  rows_.offsets.push_back(static_cast<std::int64_t>(rows_.values.size()));
  return row;
}

bool DistinctSparseRows::equals(std::size_t row, const std::int32_t* coordinates,
                                const double* values, std::size_t count) const {
  const auto begin = static_cast<std::size_t>(rows_.offsets[row]);
  if (static_cast<std::size_t>(rows_.offsets[row + 1]) - begin != count) return false;
  return bytes_of(rows_.coordinates.data() + begin, count) == bytes_of(coordinates, count) &&
         bytes_of(rows_.values.data() + begin, count) == bytes_of(values, count);
}

}  // namespace otnas
