// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include <lvr/core/config.hpp>
#include <lvr/core/error.hpp>
#include <lvr/run/job.hpp>

namespace lvr::run {
namespace {

std::string word_of(const Command& command) {
    const auto space = command.info.name.rfind(' ');
    return space == std::string::npos ? "" : command.info.name.substr(space + 1);
}

int unknown_command(const std::string& program, const std::string& word,
                    const std::vector<std::string>& words) {
    return run_body([&](Job&) -> int {
        const auto near = core::nearest(word, words);
        throw core::usage_error(fmt::format("{} has no command '{}'", program, word),
                                fmt::format("its commands are {}", fmt::join(words, ", ")),
                                near.empty() ? "see " + program + " --help" : "did you mean " + near + "?");
    });
}

}  // namespace

int run_commands(int argc, char** argv, const std::vector<Command>& commands) {
    const std::string word = argc > 1 ? argv[1] : "";
    if (word.empty() || word.starts_with('-')) return commands.back().run(argc, argv);
    std::vector<std::string> words;
    for (const auto& command : commands) {
        if (word_of(command) == word) return command.run(argc - 1, argv + 1);
        if (!word_of(command).empty()) words.push_back(word_of(command));
    }
    return unknown_command(commands.back().info.name, word, words);
}

}  // namespace lvr::run
