// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/config.hpp>
#include <lvr/par/session.hpp>

namespace lvr::run {

/// What `--help` says of a program.
struct JobInfo {
    std::string name;
    std::string summary;
    std::string footer;  ///< examples
};

/// A running program: who takes part, and the way to stdout.
class Job {
  public:
    explicit Job(par::Comm world) : world_(std::move(world)) {}

    const par::Comm& world() const { return world_; }
    bool is_root() const { return world_.rank() == 0; }

    /// Results to rank 0's stdout. @throws Error (output) if it is full or closed
    void print(std::string_view text) const;

  private:
    par::Comm world_;
};

/// Text to stdout, all of it. @throws Error (output) if stdout is full or closed
void write_stdout(std::string_view text);

/// Keeps the numbers 0, 1 and 2 from files that are opened later, where the caller started us with one of
/// them closed.
void keep_standard_streams();

/// The command line read into fields: defaults < --config FILE < options.
/// @return an exit status if the program is to stop now (--help, --version, --dump-config, or a usage error)
std::optional<int> parse_command_line(int argc, char** argv, const JobInfo& info, const core::Fields& fields,
                                      const std::function<void()>& validate);

/// Starts MPI if launched, and the signals; runs the body; turns an exception on any rank into one message on
/// stderr and the exit status of exit_codes.hpp, on every rank.
int run_body(const std::function<int(Job&)>& body);

/// The shell of every program. Config: a struct with `core::Fields fields()` and `void validate() const`.
template <class Config>
int run_job(int argc, char** argv, const JobInfo& info, const std::function<int(Job&, const Config&)>& body) {
    keep_standard_streams();
    Config config;
    if (const auto status =
            parse_command_line(argc, argv, info, config.fields(), [&] { config.validate(); })) {
        return *status;
    }
    return run_body([&](Job& job) { return body(job, config); });
}

/// One of the things that a program does: `lvr-score align ...`.
struct Command {
    JobInfo info;  ///< its name is the program's and the command's: "lvr-score align"
    std::function<int(int argc, char** argv)> run;
};

template <class Config>
Command command(const JobInfo& info, const std::function<int(Job&, const Config&)>& body) {
    return {info, [=](int argc, char** argv) { return run_job<Config>(argc, argv, info, body); }};
}

/// The shell of a program with several commands, chosen by the first word. The last one has the program's own
/// name and is taken if the first word is an option or there is none; its help lists the others.
int run_commands(int argc, char** argv, const std::vector<Command>& commands);

}  // namespace lvr::run
