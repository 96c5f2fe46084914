#include "c_call.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace otnas::bindings::c {
namespace {

// An array, because a string could run out of memory while it reports that.
thread_local char message_of_last_error[256] = "";

}  // namespace

const char* last_error() noexcept { return message_of_last_error; }

Status failed(Status status, const char* message) noexcept {
  const std::size_t length = std::min(std::strlen(message), sizeof message_of_last_error - 1);
  std::memcpy(message_of_last_error, message, length);
  message_of_last_error[length] = '\0';
  return status;
}

void require_numbers(const double* values, std::size_t count, double largest, const char* message) {
  require(values != nullptr || count == 0, message);
  for (std::size_t i = 0; i < count; ++i) require(std::abs(values[i]) <= largest, message);
}

}  // namespace otnas::bindings::c
