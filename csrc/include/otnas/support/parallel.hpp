#pragma once
#include <cstddef>
#include <functional>

namespace otnas {

/// Polled now and then during long computations, always on the calling thread;
/// returning true makes the computation throw Cancelled.
using CancelCheck = std::function<bool()>;

/// Number of hardware threads this process may use, at least 1.
unsigned available_threads() noexcept;

/// Calls body(i) once for every i in [0, count), on at most `threads` threads (0: all available).
///
/// Tasks are handed out in increasing order; with one thread everything runs on the calling
/// thread. The first exception thrown by a task is rethrown here after the other threads have
/// stopped; tasks not yet begun are skipped then. Results cannot depend on the number of threads
/// as long as body(i) writes only what belongs to i.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body,
                  const CancelCheck& cancelled = {});

}  // namespace otnas
