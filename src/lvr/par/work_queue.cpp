// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/work_queue.hpp>

#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include <lvr/core/log.hpp>
#include <lvr/par/shard.hpp>

#include "comm_handle.hpp"
#include "lingering.hpp"
#include "mpi_call.hpp"

namespace lvr::par {
namespace {

using namespace std::chrono_literals;

constexpr auto k_longest_nap = 1ms;
constexpr int k_root = 0;

/// What a message says. A rank sends the first six, rank 0 the last two.
enum Tag : int { ask, stop_all, tell, finished, leave, fail, answer, all_finished };

enum class Standing { working, finished, left };

/// Whether an item follows, and which.
using Answer = std::array<std::int64_t, 2>;

/// MPI waits by spinning: too dear on a machine that has fewer cores than ranks.
void wait_quietly(MPI_Request& request) {
    constexpr int tries_before_nap = 100;
    std::chrono::microseconds nap = 20us;
    for (int tries = 0;; ++tries) {
        int done = 0;
        checked(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
        if (done != 0) return;
        if (tries < tries_before_nap) continue;
        std::this_thread::sleep_for(nap);
        nap = std::min<std::chrono::microseconds>(2 * nap, k_longest_nap);
    }
}

void send_quietly(const void* bytes, std::size_t size, int to, Tag tag, MPI_Comm comm) {
    MPI_Request request = MPI_REQUEST_NULL;
    checked(MPI_Isend(bytes, static_cast<int>(size), MPI_BYTE, to, tag, comm, &request), "MPI_Isend");
    wait_quietly(request);
}

void receive_quietly(void* bytes, std::size_t size, int from, Tag tag, MPI_Comm comm) {
    MPI_Request request = MPI_REQUEST_NULL;
    checked(MPI_Irecv(bytes, static_cast<int>(size), MPI_BYTE, from, tag, comm, &request), "MPI_Irecv");
    wait_quietly(request);
}

// What the first number of an answer says.
constexpr std::int64_t k_nothing_left = 0, k_item = 1, k_halted = 2;

bool speaks_in_threads() {
    int level = MPI_THREAD_SINGLE;
    checked(MPI_Query_thread(&level), "MPI_Query_thread");
    return level >= MPI_THREAD_MULTIPLE;
}

}  // namespace

/// On rank 0 the queue itself; elsewhere the line to it. `line` is MPI_COMM_NULL where no messages are
/// needed.
struct WorkQueue::Service {
    Comm comm;  // of our own, so that no other message can be taken for ours
    MPI_Comm line = MPI_COMM_NULL;
    bool is_root = true;

    std::mutex asking;  // one question of a rank at a time, or its threads would take each other's answers

    std::mutex mutex;  // of all that follows
    std::condition_variable changed;
    std::vector<std::int64_t> items;
    std::size_t given = 0;
    bool stopped = false, failed = false;
    bool halted = false;  // stopped, with items left for all that is known here
    std::vector<Standing> ranks;
    std::vector<int> waiting;  // ranks to be told once nobody works any more

    std::mutex calling;  // one report at a time
    std::function<void(int, const std::string&)> callback;
    std::thread thread;

    std::optional<std::int64_t> take() {
        const std::lock_guard lock(mutex);
        if (stopped || given == items.size()) return std::nullopt;
        return items[given++];
    }

    void stop_here(bool by_failure = false) {
        const std::lock_guard lock(mutex);
        stopped = halted = true;
        failed = failed || by_failure;
    }

    bool was_halted() {
        const std::lock_guard lock(mutex);
        return halted;
    }

    void call_back(int rank, const std::string& bytes) {
        const std::lock_guard lock(calling);
        if (callback) callback(rank, bytes);
    }

    /// Whether who called finish() need not wait any more: a rank that failed may wait for it elsewhere.
    bool is_over() const {
        return failed || std::ranges::none_of(ranks, [](Standing one) { return one == Standing::working; });
    }
    bool all_left() const {
        return std::ranges::all_of(ranks, [](Standing one) { return one == Standing::left; });
    }

    void set_standing(int rank, Standing standing);
    std::vector<int> due();
    void handle(int rank, Tag tag, const std::string& bytes);
    bool look_once();
    void serve();
    void serve_or_abort();
    void leave_service(bool unwinding);
    void keep_block(const Comm& all);
};

void WorkQueue::Service::keep_block(const Comm& all) {
    is_root = all.rank() == k_root;
    all.broadcast(items, k_root);
    const Range mine = block(static_cast<std::int64_t>(items.size()), all.size(), all.rank());
    items = {items.begin() + mine.begin, items.begin() + mine.end};
}

void WorkQueue::Service::set_standing(int rank, Standing standing) {
    const std::lock_guard lock(mutex);
    ranks[static_cast<std::size_t>(rank)] = standing;
    if (standing == Standing::finished && rank != k_root) waiting.push_back(rank);
    changed.notify_all();
}

/// Who is to be told now that all are finished.
std::vector<int> WorkQueue::Service::due() {
    const std::lock_guard lock(mutex);
    return is_over() ? std::exchange(waiting, {}) : std::vector<int>{};
}

void WorkQueue::Service::handle(int rank, Tag tag, const std::string& bytes) {
    switch (tag) {
        case ask: {
            const auto item = take();
            const Answer reply = {item ? k_item : was_halted() ? k_halted : k_nothing_left, item.value_or(0)};
            return send_quietly(reply.data(), sizeof reply, rank, answer, line);
        }
        case stop_all:
            return stop_here();
        case tell:
            return call_back(rank, bytes);
        case finished:
            return set_standing(rank, Standing::finished);
        case fail:
            stop_here(true);
            [[fallthrough]];
        case leave:
            return set_standing(rank, Standing::left);
        default:
            core::ensure(false, "a message that no rank sends");
    }
}

/// Deals with one message. @return false if there is none
bool WorkQueue::Service::look_once() {
    int is_there = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status{};
    checked(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, line, &is_there, &message, &status), "MPI_Improbe");
    if (is_there == 0) return false;
    int size = 0;
    checked(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    checked(MPI_Mrecv(bytes.data(), size, MPI_BYTE, &message, MPI_STATUS_IGNORE), "MPI_Mrecv");
    handle(status.MPI_SOURCE, static_cast<Tag>(status.MPI_TAG), bytes);
    return true;
}

void WorkQueue::Service::serve() {
    for (;;) {
        while (look_once()) {
        }
        for (const int rank : due()) send_quietly(nullptr, 0, rank, all_finished, line);
        std::unique_lock lock(mutex);
        if (all_left() && waiting.empty()) return;
        changed.wait_for(lock, k_longest_nap);
    }
}

/// The other ranks wait for answers, and no exception reaches them from here.
void WorkQueue::Service::serve_or_abort() {
    constexpr int status = 6;  // as an internal error: see lvr/run/exit_codes.hpp
    try {
        serve();
    } catch (const std::exception& error) {
        core::error("the thread that shares out the work failed: {}", error.what());
        MPI_Abort(line, status);
    }
}

/// Nothing may be thrown: it is the end, perhaps of a rank that failed.
void WorkQueue::Service::leave_service(bool unwinding) {
    if (line == MPI_COMM_NULL) return;
    try {
        if (!is_root) return send_quietly(nullptr, 0, k_root, unwinding ? fail : leave, line);
        if (unwinding) stop_here(true);
        set_standing(k_root, Standing::left);
        // A rank may wait for this one in another call before it leaves: unwinding must not wait for it.
        if (unwinding)
            let_linger(std::move(thread));
        else
            thread.join();
    } catch (const std::exception& error) {
        core::error("the end of the work could not be told: {}", error.what());
    }
}

WorkQueue::WorkQueue(const Comm& comm, std::vector<std::int64_t> items, Handout handout)
    : service_(std::make_shared<Service>()), exceptions_before_(std::uncaught_exceptions()) {
    Service& service = *service_;
    service.items = std::move(items);
    service.ranks.assign(static_cast<std::size_t>(comm.size()), Standing::working);
    if (comm.group() == nullptr) return;
    const bool by_blocks = handout == Handout::blocks || !speaks_in_threads();
    if (comm.max(by_blocks ? 1 : 0) != 0) {
        if (handout != Handout::blocks && comm.rank() == k_root)
            core::info("this MPI does not serve threads: each rank gets a fixed block of the work");
        service.keep_block(comm);
        return;
    }
    service.is_root = comm.rank() == k_root;
    std::promise<bool> line_is_there;
    // The thread first: where it cannot be had, the others learn of it in `split`. It keeps the service alive
    // by itself: it may linger.
    if (service.is_root) {
        service.thread = std::thread([kept = service_, go = line_is_there.get_future()]() mutable {
            if (go.get()) kept->serve_or_abort();
        });
    }
    try {
        service.comm = comm.split(0, comm.rank());
        service.line = service.comm.handle_->comm;
    } catch (...) {
        line_is_there.set_value(false);
        if (service.is_root) service.thread.join();
        throw;
    }
    line_is_there.set_value(true);
}

WorkQueue::~WorkQueue() {
    const bool unwinding = std::uncaught_exceptions() > exceptions_before_;
    if (service_->is_root) on_report({});
    service_->leave_service(unwinding);
}

std::optional<std::int64_t> WorkQueue::next() {
    Service& service = *service_;
    if (service.is_root || service.line == MPI_COMM_NULL) return service.take();
    const std::lock_guard one_at_a_time(service.asking);
    {
        const std::lock_guard lock(service.mutex);
        if (service.stopped) return std::nullopt;
    }
    Answer reply = {};
    send_quietly(nullptr, 0, k_root, ask, service.line);
    receive_quietly(reply.data(), sizeof reply, k_root, answer, service.line);
    if (reply[0] == k_item) return reply[1];
    const std::lock_guard lock(service.mutex);
    service.stopped = true;
    service.halted = service.halted || reply[0] == k_halted;
    return std::nullopt;
}

bool WorkQueue::is_stopped() const { return service_->was_halted(); }

void WorkQueue::stop() {
    service_->stop_here();
    if (!service_->is_root && service_->line != MPI_COMM_NULL)
        send_quietly(nullptr, 0, k_root, stop_all, service_->line);
}

void WorkQueue::finish() {
    Service& service = *service_;
    if (service.line == MPI_COMM_NULL) return;
    if (!service.is_root) {
        send_quietly(nullptr, 0, k_root, finished, service.line);
        return receive_quietly(nullptr, 0, k_root, all_finished, service.line);
    }
    service.set_standing(k_root, Standing::finished);
    std::unique_lock lock(service.mutex);
    service.changed.wait(lock, [&] { return service.is_over(); });
}

void WorkQueue::report(const std::string& bytes) {
    if (service_->is_root) return service_->call_back(k_root, bytes);
    if (service_->line != MPI_COMM_NULL)
        send_quietly(bytes.data(), bytes.size(), k_root, tell, service_->line);
}

bool WorkQueue::carries_reports() const {
    return service_->ranks.size() <= 1 || service_->line != MPI_COMM_NULL;
}

void WorkQueue::on_report(std::function<void(int, const std::string&)> callback) {
    const std::lock_guard lock(service_->calling);
    service_->callback = std::move(callback);
}

}  // namespace lvr::par
