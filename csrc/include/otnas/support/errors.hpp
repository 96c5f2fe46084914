#pragma once
#include <stdexcept>

namespace otnas {

/// A computation that cannot be carried out to the accuracy it promises: an indefinite
/// L-ensemble, a rank smaller than the number of points asked for, a failed factorisation.
/// Bad arguments are std::invalid_argument instead.
class NumericalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown when the caller's cancellation check asked a long computation to stop.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "computation cancelled"; }
};

}  // namespace otnas
