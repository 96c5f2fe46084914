#pragma once
// What every function of the C table does with its arguments and its exceptions.
#include <exception>
#include <new>
#include <stdexcept>

#include "c_table.hpp"
#include "otnas/support/errors.hpp"

namespace otnas::bindings::c {

/// Why the last call of this thread failed; empty if it did not.
const char* last_error() noexcept;
Status failed(Status status, const char* message) noexcept;

/// Runs `compute`, and makes a status of what it throws.
template <class Function>
int guarded(Function&& compute) noexcept {
  try {
    compute();
    return failed(kDone, "");
  } catch (const std::invalid_argument& error) {
    return failed(kInvalid, error.what());
  } catch (const NumericalError& error) {
    return failed(kNumerical, error.what());
  } catch (const std::bad_alloc&) {
    return failed(kNoMemory, "not enough memory");
  } catch (const std::length_error&) {
    return failed(kNoMemory, "not enough memory");
  } catch (const std::exception& error) {
    return failed(kFailed, error.what());
  } catch (...) {
    return failed(kFailed, "unknown error");
  }
}

inline void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

inline unsigned checked_threads(int threads) {
  require(threads >= 0, "threads: expected at least 0, got a negative number");
  return static_cast<unsigned>(threads);
}

/// Refuses pointers that are null although something is to be read there, NaN, and magnitudes above
/// `largest`.
void require_numbers(const double* values, std::size_t count, double largest, const char* message);

/// Magnitude up to which sums of millions of differences stay finite.
constexpr double kLargest = 1e300;

}  // namespace otnas::bindings::c
