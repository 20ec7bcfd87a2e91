// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include <lvr/par/session.hpp>

using namespace lvr;

namespace {

/// The environment with these variables of launchers and no others; as it was at the end.
class LauncherEnvironment {
  public:
    explicit LauncherEnvironment(const std::map<std::string, std::string>& variables) {
        for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "SLURM_JOB_ID",
                                 "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_PROCID"}) {
            const char* const value = std::getenv(name);
            before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
            unsetenv(name);
        }
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    }
    ~LauncherEnvironment() {
        for (const auto& [name, value] : before_)
            value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
    }

  private:
    std::map<std::string, std::optional<std::string>> before_;
};

bool launched_with(const std::map<std::string, std::string>& variables) {
    const LauncherEnvironment environment(variables);
    return par::launched();
}

}  // namespace

TEST_CASE("MPI starts under mpirun and srun, and not by hand or in a batch script's own shell") {
    CHECK_FALSE(launched_with({}));
    CHECK(launched_with({{"OMPI_COMM_WORLD_SIZE", "1"}}));
    CHECK(launched_with({{"PMIX_RANK", "0"}}));
    CHECK(launched_with({{"PMI_RANK", "0"}, {"PMI_SIZE", "4"}}));
    // What sbatch gives the script: a job, a task 0, the number of tasks to come; no step.
    CHECK_FALSE(launched_with({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}));
    // srun without a process manager: four tasks must not do the work four times; one alone needs no MPI.
    CHECK(launched_with({{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}}));
    CHECK_FALSE(
        launched_with({{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}}));
}

TEST_CASE("a session without a launcher is serial and costs nothing") {
    const LauncherEnvironment environment({});
    const par::Session session;
    CHECK(session.world().size() == 1);
    CHECK(session.world().rank() == 0);
    CHECK(session.world().group() == nullptr);
    session.abandon(3);  // nobody else is there to be freed
}
