// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/crash_message.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace lvr::files {
namespace {

constexpr int k_exit_input = 3;  // as lvr/run/exit_codes.hpp, which is above this room

// What the handler prints: made beforehand, since a handler may neither allocate nor format.
std::array<char, 1024> message;
std::size_t message_size = 0;

void say_and_leave(int) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message_size);
    ::_exit(k_exit_input);
}

}  // namespace

CrashMessage::CrashMessage(const std::string& file) {
    const std::string text = "error: " + file.substr(0, 600) +
                             ": the HDF5 library crashed while reading it\n  why:    the file is damaged\n"
                             "  remedy: make it again, or restore it from a copy\n";
    message_size = std::min(text.size(), message.size());
    std::memcpy(message.data(), text.data(), message_size);
    struct sigaction action {};
    action.sa_handler = say_and_leave;
    for (std::size_t i = 0; i < k_signals.size(); ++i) sigaction(k_signals[i], &action, &before_[i]);
}

CrashMessage::~CrashMessage() {
    for (std::size_t i = 0; i < k_signals.size(); ++i) sigaction(k_signals[i], &before_[i], nullptr);
}

}  // namespace lvr::files
