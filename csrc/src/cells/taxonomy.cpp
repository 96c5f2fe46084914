#include "otnas/cells/taxonomy.hpp"

#include <algorithm>
#include <stdexcept>

namespace otnas {

Taxonomy::Taxonomy(std::vector<std::string> names, std::vector<int> families, double alpha,
                   std::vector<std::string> absent)
    : names_(std::move(names)),
      families_(std::move(families)),
      alpha_(alpha),
      absent_(std::move(absent)) {
  if (names_.empty() || names_.size() != families_.size())
    throw std::invalid_argument("a taxonomy needs one family for each of at least one operation");
  if (names_.size() > kFirstAbsent || absent_.size() > kInput - kFirstAbsent)
    throw std::invalid_argument("a taxonomy holds at most 128 operations and 126 absent ones");
  if (!(alpha_ > 0.0 && alpha_ < 1.0))
    throw std::invalid_argument("alpha must lie strictly between 0 and 1, got " +
                                std::to_string(alpha_));
  family_count_ = 1 + *std::max_element(families_.begin(), families_.end());
}

std::optional<OpCode> Taxonomy::code(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) return static_cast<OpCode>(i);
  for (std::size_t i = 0; i < absent_.size(); ++i)
    if (absent_[i] == name) return static_cast<OpCode>(kFirstAbsent + i);
  return std::nullopt;
}

const std::string& Taxonomy::name(OpCode code) const {
  return is_absent(code) ? absent_.at(static_cast<std::size_t>(code - kFirstAbsent))
                         : names_.at(code);
}

}  // namespace otnas
