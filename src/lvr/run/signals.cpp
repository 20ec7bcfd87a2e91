// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/signals.hpp>

#include <csignal>
#include <initializer_list>

#include <lvr/core/error.hpp>

namespace lvr::run {
namespace {

volatile std::sig_atomic_t stop_flag = 0;

void note(int signal) {
    if (signal == SIGINT && stop_flag != 0) {
        std::signal(SIGINT, SIG_DFL);
        std::raise(SIGINT);
    }
    stop_flag = 1;
}

}  // namespace

void watch_signals() {
    struct sigaction action = {};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGTERM, SIGUSR1, SIGINT}) sigaction(signal, &action, nullptr);
}

bool stop_requested() { return stop_flag != 0; }

void stop_if_requested() {
    if (!stop_requested()) return;
    throw core::Error(core::ErrorKind::interrupted, "stopped by a signal", "the work is not finished",
                      "start the same command again");
}

}  // namespace lvr::run
