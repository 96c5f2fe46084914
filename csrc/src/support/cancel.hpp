#pragma once
#include "otnas/support/errors.hpp"
#include "otnas/support/parallel.hpp"

namespace otnas {

/// For the seams between long steps that cannot be interrupted themselves.
inline void throw_if_cancelled(const CancelCheck& cancelled) {
  if (cancelled && cancelled()) throw Cancelled();
}

}  // namespace otnas
