// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/crash_message.hpp>

#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace lvr::files {
namespace {

constexpr int k_exit_input = 3;  // as lvr/run/exit_codes.hpp, which is above this room

// What the handler prints: made beforehand, since a handler may neither allocate nor format.
std::array<char, 1024> message;
std::size_t message_size = 0;
std::array<struct sigaction, NSIG> before;

enum class Owner { us, hdf5, system };

Owner owner_of(void* code) {
    Dl_info its{}, ours{};
    if (dladdr(code, &its) == 0 || dladdr(&message, &ours) == 0) return Owner::system;
    if (std::strstr(its.dli_fname, "libhdf5") != nullptr) return Owner::hdf5;
    return its.dli_fbase == ours.dli_fbase ? Owner::us : Owner::system;
}

/// Whether HDF5's frames come before ours among those outside of `caller`, which is what called the handler.
/// The C library may come before either: it copies for both.
bool is_in_hdf5(void* caller) {
    std::array<void*, 32> frames{};
    auto* const end = frames.begin() + backtrace(frames.data(), static_cast<int>(frames.size()));
    const auto crashed = std::find(frames.begin(), end, caller);
    const auto first = std::find_if(crashed, end, [](void* code) { return owner_of(code) != Owner::system; });
    return first != end && owner_of(*first) == Owner::hdf5;
}

void say_and_leave(int signal) {
    if (is_in_hdf5(__builtin_return_address(0))) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message_size);
        ::_exit(k_exit_input);
    }
    // A defect of ours: it must not be blamed on the file. The signal comes again when this handler returns.
    sigaction(signal, &before[static_cast<std::size_t>(signal)], nullptr);
    raise(signal);
}

}  // namespace

CrashMessage::CrashMessage(const std::string& file) {
    const std::string text = "error: " + file.substr(0, 600) +
                             ": the HDF5 library crashed while reading it\n  why:    the file is damaged\n"
                             "  remedy: make it again, or restore it from a copy\n";
    message_size = std::min(text.size(), message.size());
    std::memcpy(message.data(), text.data(), message_size);
    is_in_hdf5(nullptr);  // the first backtrace() loads a library, which a handler may not
    struct sigaction action {};
    action.sa_handler = say_and_leave;
    for (const int signal : k_signals) sigaction(signal, &action, &before[static_cast<std::size_t>(signal)]);
}

CrashMessage::~CrashMessage() {
    for (const int signal : k_signals) sigaction(signal, &before[static_cast<std::size_t>(signal)], nullptr);
}

}  // namespace lvr::files
