// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/log.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include <lvr/core/error.hpp>

namespace lvr::core {
namespace {

std::string pattern(int rank, int size) {
    return "[%H:%M:%S" + (size > 1 ? fmt::format(" r{}/{}", rank, size) : "") + " %l] %v";
}

std::shared_ptr<spdlog::logger>& logger() {
    static auto instance = [] {
        auto made =
            std::make_shared<spdlog::logger>("lvr", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern(pattern(0, 1));
        return made;
    }();
    return instance;
}

spdlog::level::level_enum translate(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

void start_log(LogLevel level) {
    logger()->set_level(translate(level));
    set_log_ranks(0, 1);
}

void set_log_ranks(int rank, int size) { logger()->set_pattern(pattern(rank, size)); }

LogLevel log_level(const std::string& name) {
    if (name == "debug") return LogLevel::debug;
    if (name == "info") return LogLevel::info;
    if (name == "warning") return LogLevel::warning;
    if (name == "error") return LogLevel::error;
    throw usage_error("log level '" + name + "' is unknown", "", "use debug, info, warning or error");
}

void log(LogLevel level, std::string_view message) { logger()->log(translate(level), message); }

}  // namespace lvr::core
