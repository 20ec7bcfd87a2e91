// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <analysis/law/analyse.hpp>
#include <lvr/core/log.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/run/job.hpp>
#include <lvr/run/shared_input.hpp>

namespace {

using namespace lvr;

const run::JobInfo k_info = {
    "lvr-fit",
    "Fits the law of vision representation: benchmark score as a quadratic of Alignment (A) and "
    "Correspondence (C).",
    "Examples:\n"
    "  lvr-fit data/paper/v1.csv                        the paper's table, with what holds out of sample\n"
    "  lvr-fit results.h5 --policy --out law/           tables and law.json, law.h5 for lvr-report\n"
    "  lvr-fit results.h5 --plan --budget 3             which representations to train next\n"
    "  mpirun -np 4 lvr-fit results.h5 --plan-study     compare the planners\n"
    "  lvr-fit --convert table.csv results.h5           CSV <-> HDF5, nothing lost"};

int convert(const std::string& from, const std::string& to) {
    const auto input = files::read_input(from);
    if (!input.note.empty()) core::warn("{}", input.note);
    files::write_results(to, input.results);
    core::info("wrote {}", to);
    return 0;
}

int fit(run::Job& job, const analysis::FitConfig& config) {
    const auto& comm = job.world();
    if (config.convert) return job.is_root() ? convert(config.input, config.target) : 0;
    const auto input = run::shared_input(comm, config.input);
    if (!input.note.empty() && job.is_root()) core::warn("{}", input.note);
    const auto analysis = analysis::analyse(input, config, comm);
    if (!job.is_root()) return 0;
    for (const auto& warning : analysis.table.warnings) core::warn("{}", warning);
    if (!config.out.empty()) analysis::write_outputs(analysis, config.out);
    job.print(analysis::render(analysis, config.format));
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return run::run_job<analysis::FitConfig>(argc, argv, k_info, fit); }
