// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace lvr::core {

enum class LogLevel { debug, info, warning, error };

/// Sends the log to stderr; stdout stays free for results. Below `level` nothing is printed.
void start_log(LogLevel level);

/// From now on each line says which rank speaks ("r0/4"), unless there is but one.
void set_log_ranks(int rank, int size);

/// "debug", "info", "warning" or "error". @throws Error (usage) for any other text.
LogLevel log_level(const std::string& name);

void log(LogLevel level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace lvr::core
