// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/pipeline.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/train/prepare_sample.hpp>

namespace lvr::train {
namespace {

using Clock = std::chrono::steady_clock;

/// A sample on its way.
struct Item {
    std::int64_t sample = 0;
    PreparedSample prepared;
    std::exception_ptr failure;
};

/// An update whose samples are being prepared: slot by slot, `micro_batch` each.
struct Pending {
    std::int64_t update = 0;
    std::vector<Item> items;
    std::size_t next = 0;  ///< that nobody has taken yet
    std::size_t left = 0;  ///< that are not ready

    bool is_taken() const { return next == items.size(); }
};

/// Moves a slot's samples into one batch.
MicroBatch gathered(std::span<Item> items, PreparedUpdate& update) {
    MicroBatch batch;
    for (auto& [sample, prepared, failure] : items) {
        if (prepared.bad) {
            update.bad.push_back(std::move(*prepared.bad));
            continue;
        }
        batch.samples.push_back(sample);
        update.mismatches += prepared.tokens.mismatch ? 1 : 0;
        batch.labels += prepared.labels;
        batch.length += prepared.length;
        batch.images.insert(batch.images.end(), static_cast<std::size_t>(prepared.images), prepared.image);
        batch.tokens.push_back(std::move(prepared.tokens));
    }
    return batch;
}

PreparedUpdate gathered(Pending& pending, const PipelineSpec& spec) {
    PreparedUpdate update{.update = pending.update};
    const auto size = static_cast<std::size_t>(spec.micro_batch);
    for (std::int64_t slot = spec.slots.begin; slot < spec.slots.end; ++slot) {
        const auto first = static_cast<std::size_t>(slot - spec.slots.begin) * size;
        auto& batch =
            update.batches.emplace_back(gathered(std::span(pending.items).subspan(first, size), update));
        batch.loss_group = slot * spec.micro_batch / spec.order.settings().loss_batch;
    }
    return update;
}

}  // namespace

struct Pipeline::State {
    explicit State(const PipelineSpec& its_spec)
        : spec(its_spec), updates(spec.order.updates()), begin(spec.first_update), handed_out(begin) {}

    ~State() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        changed.notify_all();
        threads.clear();  // joins
    }

    /// @throws std::system_error if the system gives no more threads
    void start() {
        at::get_num_threads();  // the caller keeps its own, whatever the threads below set
        for (int i = 0; i < spec.threads; ++i) threads.emplace_back([this] { run(); });
    }

    void run() {
        at::set_num_threads(1);
        try {
            while (const auto task = take()) {
                auto& [pending, item] = *task;
                try {
                    item->prepared = prepare_sample(spec, item->sample);
                } catch (...) {
                    item->failure = std::current_exception();
                }
                const std::lock_guard lock(mutex);
                if (--pending->left == 0) changed.notify_all();
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            changed.notify_all();
        }
    }

    bool may_begin() const { return begin < updates && held.size() < static_cast<std::size_t>(spec.ahead); }

    /// The samples of the next update. Orders are made here once an epoch, while all others wait.
    void begin_update() {
        auto pending = std::make_unique<Pending>();
        pending->update = begin;
        for (std::int64_t slot = spec.slots.begin; slot < spec.slots.end; ++slot) {
            for (const auto sample : spec.order.samples_of(begin, slot, spec.micro_batch))
                pending->items.push_back({sample, {}, nullptr});
        }
        pending->left = pending->items.size();
        held.push_back(std::move(pending));
        ++begin;
        changed.notify_all();
    }

    /// The next sample to be prepared, of the earliest update; nothing once all stops.
    std::optional<std::pair<Pending*, Item*>> take() {
        std::unique_lock lock(mutex);
        while (true) {
            const auto open =
                std::find_if(held.begin(), held.end(), [](const auto& one) { return !one->is_taken(); });
            if (stopping) return std::nullopt;
            if (open != held.end()) return std::pair(open->get(), &(*open)->items[(*open)->next++]);
            if (may_begin())
                begin_update();
            else
                changed.wait(lock);
        }
    }

    PreparedUpdate next() {
        core::ensure(handed_out < updates, "an update that the order has");
        const auto start = Clock::now();
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return failure || (!held.empty() && held.front()->left == 0); });
        waited += std::chrono::duration<double>(Clock::now() - start).count();
        if (failure) std::rethrow_exception(failure);
        for (const auto& item : held.front()->items)
            if (item.failure) std::rethrow_exception(item.failure);
        const auto pending = std::move(held.front());
        held.pop_front();
        ++handed_out;
        changed.notify_all();
        lock.unlock();
        return gathered(*pending, spec);
    }

    const PipelineSpec spec;
    const std::int64_t updates;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::unique_ptr<Pending>> held;
    std::int64_t begin;       // the update that is begun next
    std::int64_t handed_out;  // the update that next() gives
    double waited = 0;
    bool stopping = false;
    std::exception_ptr failure;  // of no sample
    std::vector<std::jthread> threads;
};

Pipeline::Pipeline(const PipelineSpec& spec) {
    core::ensure(spec.threads > 0 && spec.ahead > 0 && spec.micro_batch > 0 && spec.first_update >= 0,
                 "a pipeline with threads");
    state_ = std::make_unique<State>(spec);
    try {
        state_->start();
    } catch (const std::system_error& error) {
        throw core::Error(core::ErrorKind::resource,
                          fmt::format("{} threads cannot be started ({})", spec.threads, error.what()), "",
                          "use fewer with --threads, or raise the limit on processes or memory");
    }
}

Pipeline::~Pipeline() = default;

PreparedUpdate Pipeline::next() { return state_->next(); }

double Pipeline::waited() const { return state_->waited; }

}  // namespace lvr::train
