// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/share_out.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <lvr/run/signals.hpp>

namespace lvr::run {
namespace {

struct Shared {
    std::int64_t count;
    std::mutex mutex;
    std::int64_t next = 0;
    std::exception_ptr failure;

    std::int64_t take() {
        const std::lock_guard lock(mutex);
        return next < count ? next++ : count;
    }
    void fail() {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
    }
};

}  // namespace

void share_out(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work,
               const std::function<void()>& begin) {
    Shared shared{.count = count};
    const auto take_part = [&] {
        try {
            if (begin) begin();
            for (auto number = shared.take(); number < count; number = shared.take()) {
                stop_if_requested();
                work(number);
            }
        } catch (...) {
            shared.fail();
        }
    };
    {
        std::vector<std::jthread> others;
        try {
            for (std::int64_t i = 1; i < std::min<std::int64_t>(threads, count); ++i)
                others.emplace_back(take_part);
        } catch (const std::system_error&) {  // fewer do too
        }
        take_part();
    }
    if (shared.failure) std::rethrow_exception(shared.failure);
}

}  // namespace lvr::run
