// SPDX-License-Identifier: Apache-2.0
#include "lingering.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace lvr::par {
namespace {

std::mutex mutex;
std::vector<std::thread> threads;

}  // namespace

void let_linger(std::thread thread) {
    const std::lock_guard lock(mutex);
    threads.push_back(std::move(thread));
}

void join_lingering() {
    std::vector<std::thread> all;
    {
        const std::lock_guard lock(mutex);
        all = std::exchange(threads, {});
    }
    for (auto& thread : all) thread.join();
}

}  // namespace lvr::par
