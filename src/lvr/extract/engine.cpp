// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/engine.hpp>

#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
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
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/encoders/shared_views.hpp>
#include <lvr/extract/prepare.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::extract {
namespace {

constexpr auto k_look_for_signals = std::chrono::milliseconds(200);

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

using Buffer = std::shared_ptr<ShardBuffer>;

/// One image of a shard.
struct Task {
    Buffer buffer;
    std::int64_t row = 0;

    std::int64_t image() const { return buffer->images().begin + row; }
};

struct Prepared {
    Task task;
    Views views;
};

files::ImageStatus status_of(data::ImageError::Reason reason) {
    using Reason = data::ImageError::Reason;
    using files::ImageStatus;
    switch (reason) {
        case Reason::empty:
            return ImageStatus::empty;
        case Reason::not_an_image:
            return ImageStatus::not_an_image;
        case Reason::damaged:
            return ImageStatus::damaged;
        case Reason::too_large:
            return ImageStatus::too_large;
        case Reason::missing:
            return ImageStatus::missing;
        case Reason::unreadable:
            return ImageStatus::unreadable;
    }
    return ImageStatus::damaged;
}

}  // namespace

struct Engine::State {
    explicit State(const EngineSpec& its_spec)
        : spec(its_spec), preparation(spec.catalog, spec.representations, spec.flip) {}

    /// @throws std::system_error if the system gives no more threads
    void start() {
        const auto begin = [this](auto member) {
            threads.emplace_back([this, member] { guarded([&] { (this->*member)(); }); });
        };
        for (int i = 0; i < spec.threads; ++i)
            begin(spec.one_by_one ? &State::run_one_by_one : &State::run_prepare);
        for (int i = 0; i < (spec.one_by_one ? 0 : k_feeding_threads); ++i) begin(&State::run_feed);
        begin(&State::run_write);
    }

    ~State() {
        stop();
        threads.clear();  // joins
    }

    void stop() {
        const std::lock_guard lock(mutex);
        stopping = true;
        changed.notify_all();
    }

    /// A thread's body: what it throws ends all of them and is rethrown to the caller.
    template <class Body>
    void guarded(Body body) {
        try {
            body();
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            stopping = true;
            changed.notify_all();
        }
    }

    /// Waits in the caller's thread, with an eye on signals. @throws what went wrong
    template <class Condition>
    void wait(std::unique_lock<std::mutex>& lock, Condition condition) {
        while (!changed.wait_for(lock, k_look_for_signals, [&] { return stopping || condition(); }))
            run::stop_if_requested();
        if (failure) std::rethrow_exception(failure);
    }

    std::int64_t untaken() const {
        std::int64_t rows = 0;
        for (const auto& buffer : begun) rows += buffer->images().size();
        return rows - next_row;
    }

    /// No image may be begun because finished shards wait to be written.
    bool is_held_by_writing() const { return begun.empty() && shards == spec.most_shards; }

    /// The next image to be prepared; nothing once all stops.
    std::optional<Task> take() {
        const auto start = Clock::now();
        std::unique_lock lock(mutex);
        const bool is_held = is_held_by_writing();
        changed.wait(lock, [&] { return stopping || !begun.empty(); });
        if (stopping) return std::nullopt;
        if (is_held && spec.one_by_one) spec.waited("write", seconds_since(start));
        Task task{begun.front(), next_row++};
        if (next_row == task.buffer->images().size()) {
            begun.pop_front();
            next_row = 0;
        }
        ++preparing;
        changed.notify_all();
        return task;
    }

    /// The views of an image; nothing if it went into quarantine.
    std::optional<Views> prepare(const Task& task) {
        try {
            return preparation.views(task.image());
        } catch (const data::ImageError& error) {
            if (spec.strict) throw;
            const std::string message = error.what();  // its first line is the problem
            task.buffer->quarantine(task.row, status_of(error.reason()),
                                    message.substr(0, message.find('\n')));
            finish(task.buffer);
            return std::nullopt;
        }
    }

    /// An image is done. Its shard's last one passes the shard on.
    void finish(const Buffer& buffer) {
        if (!buffer->finish_row()) return;
        const std::lock_guard lock(mutex);
        complete.push_back(buffer);
        changed.notify_all();
    }

    void run_one_by_one() {
        at::set_num_threads(1);
        while (const auto task = take()) {
            const auto start = Clock::now();
            auto views = prepare(*task);
            spec.waited("decode", seconds_since(start));
            if (views) encode({{*task, std::move(*views)}});
            const std::lock_guard lock(mutex);
            --preparing;
        }
    }

    void run_prepare() {
        at::set_num_threads(1);
        while (const auto task = take()) {
            auto views = prepare(*task);
            std::unique_lock lock(mutex);
            changed.wait(lock,
                         [&] { return stopping || ready.size() < 2 * static_cast<std::size_t>(spec.batch); });
            if (views) ready.push_back({*task, std::move(*views)});
            --preparing;
            changed.notify_all();
        }
    }

    /// A full batch, or what there is when no more is coming. Empty once all stops.
    std::vector<Prepared> take_batch() {
        const auto start = Clock::now();
        std::unique_lock lock(mutex);
        const bool is_held = is_held_by_writing() && ready.empty();
        const auto full = static_cast<std::size_t>(spec.batch);
        changed.wait(lock, [&] {
            const bool no_more = begun.empty() && preparing == 0;
            return stopping || ready.size() >= full || (no_more && !ready.empty());
        });
        std::vector<Prepared> batch;
        while (!stopping && !ready.empty() && batch.size() < full) {
            batch.push_back(std::move(ready.front()));
            ready.pop_front();
        }
        changed.notify_all();
        lock.unlock();
        spec.waited(is_held ? "write" : "decode", seconds_since(start));
        return batch;
    }

    void run_feed() {
        // Pinned memory belongs to the current device: that of rank 0 would fill up with everybody's.
        c10::OptionalDeviceGuard current;
        if (spec.device.is_cuda()) current.reset_device(spec.device);
        if (spec.device.is_cpu()) at::set_num_threads(1);  // a new thread's first product would use all cores
        for (auto batch = take_batch(); !batch.empty(); batch = take_batch()) encode(batch);
    }

    void encode(const std::vector<Prepared>& batch) {
        for (std::size_t r = 0; r < spec.representations.size(); ++r) {
            std::vector<const Prepared*> wanted;
            const auto wants = [&](const Prepared& prepared) {
                return target_of(*prepared.task.buffer, r).has_value();
            };
            for (const auto& prepared : batch) {
                if (wants(prepared)) wanted.push_back(&prepared);
            }
            if (wanted.empty()) continue;
            encode(wanted, r, false);
            if (spec.flip) encode(wanted, r, true);
        }
        for (const auto& prepared : batch) finish(prepared.task.buffer);
    }

    std::optional<std::size_t> target_of(const ShardBuffer& buffer, std::size_t representation) const {
        const auto& targets = buffer.targets();
        const auto found = std::find(targets.begin(), targets.end(), &spec.representations[representation]);
        if (found == targets.end()) return std::nullopt;
        return static_cast<std::size_t>(found - targets.begin());
    }

    void encode(const std::vector<const Prepared*>& batch, std::size_t r, bool flipped) {
        const auto& representation = spec.representations[r];
        std::vector<at::Tensor> pixels;
        for (std::size_t input = 0; input < representation.encoder->inputs().size(); ++input) {
            std::vector<const data::Image*> images;
            for (const auto* prepared : batch) {
                const auto& views = flipped ? prepared->views.flipped : prepared->views.plain;
                images.push_back(&views[preparation.view_of(r, input)]);
            }
            pixels.push_back(encoders::stacked(images, spec.device));
        }
        std::vector<std::string> ids;
        for (const auto* prepared : batch)
            ids.push_back(spec.catalog.ids[static_cast<std::size_t>(prepared->task.image())]);
        const auto features_BTD = stored(representation, representation.features(pixels), ids);
        for (std::size_t b = 0; b < batch.size(); ++b) {
            const auto& task = batch[b]->task;
            task.buffer->put(task.row, *target_of(*task.buffer, r), flipped,
                             features_BTD[static_cast<std::int64_t>(b)]);
        }
    }

    void run_write() {
        while (true) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return stopping || !complete.empty(); });
            if (complete.empty()) return;
            const Buffer buffer = complete.front();
            complete.pop_front();
            lock.unlock();
            spec.write(*buffer);
            lock.lock();
            --shards;
            changed.notify_all();
        }
    }

    const EngineSpec spec;
    const Preparation preparation;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Buffer> begun;   // shards with images that nobody has taken yet, in order
    std::int64_t next_row = 0;  // of the first of them
    int preparing = 0;          // images between `take` and `ready`
    std::deque<Prepared> ready;
    std::deque<Buffer> complete;  // to be written
    int shards = 0;               // handed in, and not yet written
    bool stopping = false;
    std::exception_ptr failure;
    std::vector<std::jthread> threads;
};

Engine::Engine(const EngineSpec& spec) : state_(std::make_unique<State>(spec)) {
    try {
        state_->start();
    } catch (const std::system_error& error) {
        throw core::Error(core::ErrorKind::resource,
                          fmt::format("{} threads cannot be started ({})", spec.threads, error.what()), "",
                          "use fewer with --threads, or raise the limit on processes or memory");
    }
}

Engine::~Engine() = default;

void Engine::submit(std::int64_t shard, par::Range images, std::vector<const Representation*> targets) {
    auto& state = *state_;
    {
        std::unique_lock lock(state.mutex);
        state.wait(lock, [&] { return state.shards < state.spec.most_shards; });
        ++state.shards;
    }
    const auto buffer = std::make_shared<ShardBuffer>(shard, images, std::move(targets), state.spec.flip);
    const std::int64_t enough =
        2 * std::max(state.spec.threads, state.spec.one_by_one ? 1 : state.spec.batch);
    std::unique_lock lock(state.mutex);
    state.begun.push_back(buffer);
    state.changed.notify_all();
    state.wait(lock, [&] { return state.untaken() <= enough; });
}

void Engine::drain() {
    std::unique_lock lock(state_->mutex);
    state_->wait(lock, [&] { return state_->shards == 0; });
}

}  // namespace lvr::extract
