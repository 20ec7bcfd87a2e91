// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/on_single_cores.hpp>

#include <ATen/Parallel.h>

#include <lvr/run/share_out.hpp>

namespace lvr::eval {
namespace {

/// The caller's thread is one of those that work.
class ThreadsOfCaller {
  public:
    ThreadsOfCaller() : before_(at::get_num_threads()) {}
    ~ThreadsOfCaller() { at::set_num_threads(before_); }
    ThreadsOfCaller(const ThreadsOfCaller&) = delete;
    ThreadsOfCaller& operator=(const ThreadsOfCaller&) = delete;

  private:
    int before_;
};

}  // namespace

void on_single_cores(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work) {
    const ThreadsOfCaller restored;
    run::share_out(count, threads, work, [] { at::set_num_threads(1); });
}

}  // namespace lvr::eval
