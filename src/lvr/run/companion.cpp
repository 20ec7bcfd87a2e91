// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/companion.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <lvr/core/error.hpp>

extern char** environ;

namespace lvr::run {
namespace {

namespace fs = std::filesystem;

core::Error not_started(const std::string& program, int code) {
    return core::Error(core::ErrorKind::resource,
                       program + ": cannot be started (" + std::strerror(code) + ")", "", "start it by hand");
}

}  // namespace

int run_companion(const std::string& program, const std::vector<std::string>& arguments) {
    std::error_code code;
    const fs::path file = fs::read_symlink("/proc/self/exe", code).parent_path() / program;
    if (code || !fs::exists(file, code))
        throw core::input_error(file.string() + ": is not there", "it belongs to this program",
                                "install or build again, with the report (not --no-report)");
    std::vector<std::string> words = {file.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int failed = posix_spawn(&child, file.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw not_started(file.string(), failed);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw not_started(file.string(), errno);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace lvr::run
