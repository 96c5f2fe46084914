#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "otnas/support/errors.hpp"
#include "otnas/support/parallel.hpp"

using namespace otnas;

TEST_CASE("every task runs exactly once for any number of threads") {
  for (const unsigned threads : {0u, 1u, 2u, 7u, 100u}) {
    for (const std::size_t count : {0u, 1u, 2u, 63u, 1000u}) {
      std::vector<std::atomic<int>> runs(count);
      parallel_for(count, threads, [&](std::size_t i) { ++runs[i]; });
      for (const auto& run : runs) CHECK(run == 1);
    }
  }
}

TEST_CASE("the first exception comes back and stops the rest") {
  for (const unsigned threads : {1u, 2u, 7u}) {
    std::atomic<int> ran{0};
    const auto body = [&](std::size_t i) {
      ++ran;
      if (i == 3) throw std::runtime_error("task 3");
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    };
    CHECK_THROWS_WITH_AS(parallel_for(10000, threads, body), "task 3", std::runtime_error);
    CHECK(ran < 10000);
  }
}

TEST_CASE("a cancellation check is polled on the calling thread and ends the loop") {
  for (const unsigned threads : {1u, 2u}) {
    const auto caller = std::this_thread::get_id();
    bool elsewhere = false;
    const auto cancelled = [&] {
      elsewhere = elsewhere || std::this_thread::get_id() != caller;
      return true;
    };
    const auto body = [](std::size_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    CHECK_THROWS_AS(parallel_for(100000, threads, body, cancelled), Cancelled);
    CHECK_FALSE(elsewhere);
  }
}
