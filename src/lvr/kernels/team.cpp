// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/team.hpp>

#include <ATen/Parallel.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace lvr::kernels {
namespace {

constexpr int k_pieces = 4;       // for each thread, so that one that is held up does not hold up all
constexpr int k_patience = 2000;  // looks, of some 20 ns, before a thread goes to sleep

using Work = std::function<void(std::int64_t, std::int64_t)>;

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/// Until it is another value than `old`.
template <class Value>
void wait_for_change(const std::atomic<Value>& value, Value old) {
    for (int look = 0; look < k_patience; ++look) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    value.wait(old, std::memory_order_acquire);
}

thread_local bool is_at_work = false;  // in a team: what it does is not shared out again

/// The calling thread and some others. It never waits for one that has not begun: on a busy machine a thread
/// may be away for longer than all the work takes.
class Team {
  public:
    explicit Team(int threads) : members_(threads) {
        try {
            for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { serve(); });
        } catch (const std::system_error&) {
            // The system gives no more: fewer do the same work.
        }
    }

    ~Team() {
        is_over_ = true;
        announce();
    }

    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int members() const { return members_; }

    void run(std::int64_t count, std::int64_t piece, const Work& work) {
        work_ = &work;
        count_ = count;
        piece_ = piece;
        next_.store(0, std::memory_order_relaxed);
        inside_.store(k_open, std::memory_order_release);
        announce();
        is_at_work = true;
        take_part();
        is_at_work = false;
        for (int left = inside_.fetch_sub(k_open, std::memory_order_acq_rel) - k_open; left > 0;
             left = inside_.load(std::memory_order_acquire))
            wait_for_change(inside_, left);
    }

  private:
    static constexpr int k_open = 1 << 20;  // added to the number of those inside while one may enter

    void announce() {
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
    }

    bool enter() {
        int inside = inside_.load(std::memory_order_relaxed);
        while (inside >= k_open)
            if (inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_acq_rel)) return true;
        return false;
    }

    void serve() {
        is_at_work = true;
        for (std::uint32_t seen = 0;;) {
            wait_for_change(round_, seen);
            seen = round_.load(std::memory_order_acquire);
            if (is_over_) return;
            if (!enter()) continue;
            take_part();
            if (inside_.fetch_sub(1, std::memory_order_acq_rel) == 1) inside_.notify_one();
        }
    }

    void take_part() {
        for (;;) {
            const auto begin = next_.fetch_add(piece_, std::memory_order_relaxed);
            if (begin >= count_) return;
            (*work_)(begin, std::min(count_, begin + piece_));
        }
    }

    const int members_;
    const Work* work_ = nullptr;
    std::int64_t count_ = 0, piece_ = 1;
    std::atomic<bool> is_over_ = false;
    alignas(64) std::atomic<std::uint32_t> round_ = 0;
    alignas(64) std::atomic<std::int64_t> next_ = 0;
    alignas(64) std::atomic<int> inside_ = 0;
    std::vector<std::jthread> threads_;  // last: they use the others
};

Team& team_of(int threads) {
    thread_local std::unique_ptr<Team> its;
    if (!its || its->members() != threads) {
        its.reset();
        its = std::make_unique<Team>(threads);
    }
    return *its;
}

}  // namespace

void share_out(std::int64_t count, std::int64_t grain, const Work& work) {
    if (count <= 0) return;
    grain = std::max<std::int64_t>(grain, 1);
    const int threads = is_at_work || at::in_parallel_region() ? 1 : at::get_num_threads();
    if (threads <= 1 || count <= grain) {
        work(0, count);
        return;
    }
    const auto pieces = static_cast<std::int64_t>(threads) * k_pieces;
    team_of(threads).run(count, std::max(grain, (count + pieces - 1) / pieces), work);
}

}  // namespace lvr::kernels
