// SPDX-License-Identifier: Apache-2.0
#include <lvr/comm/mpi_tensor_comm.hpp>

#include <ATen/ops/empty.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/par/together.hpp>

namespace lvr::comm {
namespace {

void check(const at::Tensor& tensor) {
    core::ensure(tensor.is_cpu() && tensor.is_contiguous() &&
                     (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16),
                 "a collective on the CPU takes contiguous float32 or bfloat16 tensors");
}

std::span<float> floats(const at::Tensor& tensor) {
    return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}
std::span<std::byte> bytes(const at::Tensor& tensor) {
    return {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()};
}

/// Does tasks in order, on a thread of its own if it may. Behind one that failed none is done, or the ranks
/// would no longer speak of the same operation.
class Queue {
  public:
    explicit Queue(Progress progress) {
        if (progress == Progress::on_a_thread) thread_ = std::jthread([this] { run(); });
    }
    ~Queue() {
        {
            const std::lock_guard lock(mutex_);
            tasks_.clear();
            is_over_ = true;
        }
        changed_.notify_all();
    }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    std::future<void> add(std::function<void()> task) {
        std::packaged_task<void()> packaged([this, task = std::move(task)] {
            if (failure_) std::rethrow_exception(failure_);
            try {
                task();
            } catch (...) {
                failure_ = std::current_exception();
                throw;
            }
        });
        auto done = packaged.get_future();
        if (!thread_.joinable()) {
            packaged();  // what it throws goes to its future
            return done;
        }
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(packaged));
        }
        changed_.notify_all();
        return done;
    }

    /// @return what failed of that which had begun; null: nothing
    std::exception_ptr abandon() {
        std::unique_lock lock(mutex_);
        tasks_.clear();
        changed_.wait(lock, [this] { return !is_busy_; });
        return std::exchange(failure_, nullptr);
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return is_over_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            is_busy_ = true;
            lock.unlock();
            task();
            lock.lock();
            is_busy_ = false;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::packaged_task<void()>> tasks_;
    bool is_busy_ = false, is_over_ = false;
    std::exception_ptr failure_;  // the thread's own while it is busy
    std::jthread thread_;         // last: it uses the others
};

class MpiTensorComm : public TensorComm {
  public:
    MpiTensorComm(const par::Comm& comm, Progress progress) : comm_(comm.duplicate()), queue_(progress) {}

    int rank() const override { return comm_.rank(); }
    int size() const override { return comm_.size(); }
    const par::Comm& group() const override { return comm_; }
    void expect_all_well() override {}  // wait tells of a failure by itself

    void abandon() override {
        const auto failure = queue_.abandon();
        if (failure && std::current_exception() && is_word(failure)) par::throw_on_as_heard(comm_);
    }

    Pending reduce_scatter(const at::Tensor& all, const at::Tensor& part) override {
        check(all);
        check(part);
        core::ensure(all.scalar_type() == part.scalar_type() && all.numel() == size() * part.numel(),
                     "a reduce_scatter of unequal parts");
        return begin([this, all, part] { sum_into(all, part); });
    }

    Pending all_gather(const at::Tensor& part, const at::Tensor& all) override {
        check(all);
        check(part);
        return begin([this, part, all] { comm_.all_gather(bytes(part), bytes(all)); });
    }

    Pending all_reduce(const at::Tensor& values) override {
        check(values);
        core::ensure(values.numel() % size() == 0, "an all_reduce of unequal parts");
        return begin([this, values] {
            const auto length = values.numel() / size();
            const auto own = values.view({-1}).narrow(0, rank() * length, length);
            const auto part = at::empty({length}, values.options());
            sum_into(values, part);
            own.copy_(part);
            comm_.all_gather(bytes(own), bytes(values));
        });
    }

    Pending broadcast(const at::Tensor& values, int root) override {
        check(values);
        return begin([this, values, root] { comm_.broadcast_in_place(bytes(values), root); });
    }

  private:
    /// Whether it is the word about failures that the group's next call was to wait for.
    bool is_word(const std::exception_ptr& failure) const {
        try {
            std::rethrow_exception(failure);
        } catch (const par::PeerFailure& word) {
            return word.group() == comm_.group();
        } catch (...) {
            return false;
        }
    }

    Pending begin(std::function<void()> operation) {
        const auto done = std::make_shared<std::future<void>>(queue_.add(std::move(operation)));
        return Pending([done] { done->get(); });
    }

    void sum_into(const at::Tensor& all, const at::Tensor& part) const {
        if (all.scalar_type() == at::kFloat) {
            comm_.reduce_scatter(floats(all), floats(part));
            return;
        }
        const auto wide = at::empty({part.numel()}, part.options().dtype(at::kFloat));
        comm_.reduce_scatter(floats(all.to(at::kFloat)), floats(wide));
        part.view({-1}).copy_(wide);
    }

    par::Comm comm_;
    Queue queue_;
};

}  // namespace

Progress best_progress(const par::Comm& comm) {
    return comm.takes_threads() ? Progress::on_a_thread : Progress::at_once;
}

std::unique_ptr<TensorComm> make_mpi_tensor_comm(const par::Comm& comm, Progress progress) {
    return std::make_unique<MpiTensorComm>(comm, progress);
}

}  // namespace lvr::comm
