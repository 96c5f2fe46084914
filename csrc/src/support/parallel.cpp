#include "otnas/support/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "otnas/support/errors.hpp"

namespace otnas {
namespace {

// Polling takes the interpreter lock in the Python binding, so it must not happen at every task.
constexpr std::chrono::milliseconds kPollInterval{50};

class CancelPoller {
 public:
  explicit CancelPoller(const CancelCheck& cancelled) : cancelled_(cancelled) {}

  void poll() {
    if (!cancelled_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kPollInterval) return;
    last_ = now;
    if (cancelled_()) throw Cancelled();
  }

 private:
  const CancelCheck& cancelled_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

unsigned available_threads() noexcept { return std::max(1u, std::thread::hardware_concurrency()); }

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body,
                  const CancelCheck& cancelled) {
  if (threads == 0) threads = available_threads();
  CancelPoller poller(cancelled);
  if (threads == 1 || count < 2) {
    for (std::size_t i = 0; i < count; ++i) {
      poller.poll();
      body(i);
    }
    return;
  }

  std::atomic<std::size_t> next{0};
  std::exception_ptr first_error;
  std::mutex error_mutex;
  const auto work = [&](CancelPoller* own_poller) {
    try {
      for (std::size_t i = next++; i < count; i = next++) {
        if (own_poller) own_poller->poll();
        body(i);
      }
    } catch (...) {
      next = count;  // the others finish the task in hand and stop
      const std::lock_guard<std::mutex> lock(error_mutex);
      if (!first_error) first_error = std::current_exception();
    }
  };

  const std::size_t helpers = std::min<std::size_t>(threads, count) - 1;
  std::vector<std::thread> pool;
  pool.reserve(helpers);
  try {
    for (std::size_t t = 0; t < helpers; ++t) pool.emplace_back(work, nullptr);
  } catch (...) {
    // The system refused another thread: those that exist, and this one, do the work.
  }
  work(&poller);
  for (auto& thread : pool) thread.join();
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace otnas
