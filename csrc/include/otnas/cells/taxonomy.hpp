#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otnas/cells/cell.hpp"

namespace otnas {

/// The operations of a search space, grouped into families.
///
/// alpha in (0, 1) is the share of an operation's depth that lies below its family: two operations
/// of one family are 2 alpha apart, of different families 2 (Nguyen et al. 2021, Section 3.1).
class Taxonomy {
 public:
  /// `families[i]` is the family, counted from 0, of operation `names[i]`. Vertices whose
  /// operation is listed in `absent` are deleted by prune().
  Taxonomy(std::vector<std::string> names, std::vector<int> families, double alpha,
           std::vector<std::string> absent);

  int size() const { return static_cast<int>(names_.size()); }
  int family_count() const { return family_count_; }
  int family(int op) const { return families_[static_cast<std::size_t>(op)]; }
  double alpha() const { return alpha_; }

  std::optional<OpCode> code(std::string_view name) const;
  const std::string& name(OpCode code) const;

 private:
  std::vector<std::string> names_;
  std::vector<int> families_;
  double alpha_;
  std::vector<std::string> absent_;
  int family_count_ = 0;
};

}  // namespace otnas
