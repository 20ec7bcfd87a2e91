// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/eval.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <boost/serialization/map.hpp>

#include <algorithm>
#include <map>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/eval/compare.hpp>
#include <lvr/eval/list_ids.hpp>
#include <lvr/eval/metric_cases.hpp>
#include <lvr/eval/model_run.hpp>
#include <lvr/eval/rescore.hpp>
#include <lvr/eval/task_data.hpp>
#include <lvr/files/record.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/node.hpp>
#include <lvr/run/rank_groups.hpp>

namespace lvr::eval {
namespace {

/// What a model's group tells rank 0, by the model's number.
using Reports = std::map<std::int64_t, std::vector<TaskReport>>;

/// @return the exit status @throws Error (interrupted) if a signal stopped it
int judge(const run::Job& job, const std::vector<run::ItemOutcome>& outcomes,
          const std::vector<TrainedFolder>& models) {
    int status = run::k_exit_ok;
    std::int64_t failed = 0;
    for (const auto& outcome : outcomes) {
        if (!outcome.failure.failed) continue;
        const auto kind = static_cast<core::ErrorKind>(outcome.failure.kind);
        if (kind == core::ErrorKind::interrupted)
            throw core::Error(kind, "the evaluation was stopped by a signal", "",
                              "start the same command again to go on");
        if (failed++ == 0) status = run::exit_status(kind);
    }
    if (failed > 0 && models.size() > 1 && job.is_root())
        core::error("{} of {} models failed; what the others answered is kept", failed, models.size());
    return status;
}

/// Collective: what is missing or damaged is found before the first question is asked.
std::vector<TaskData> open_tasks(const EvalConfig& config, const par::Comm& world) {
    return par::together(world, [&] {
        std::vector<TaskData> tasks;
        for (const auto* const benchmark : chosen_benchmarks(config))
            tasks.push_back(open_task(config, *benchmark));
        return tasks;
    });
}

bool wants_captions(const EvalConfig& config) {
    return std::ranges::find(config.task, k_caption_loglik) != config.task.end();
}

int evaluate(run::Job& job, const EvalConfig& config) {
    const auto& world = job.world();
    par::together(world, [&] {
        if (job.is_root() && !config.results.empty()) files::expect_recordable(config.results);
    });
    const auto place = run::place_on_node(world);
    const Resources resources{kernels::choose_device(config.device, place.rank),
                              config.threads > 0 ? static_cast<int>(config.threads) : place.threads};
    at::set_num_threads(resources.threads);
    const auto models = find_trained(config, world);
    const auto tasks = open_tasks(config, world);
    if (job.is_root())
        core::info("{} model(s); ranks: {}, each with threads: {}, on {}", models.size(), world.size(),
                   resources.threads, kernels::device_name(resources.device));
    const std::int64_t ranks = world.size();
    const auto per_model = config.ranks_per_model > 0 ? std::min(config.ranks_per_model, ranks) : ranks;
    Reports mine;
    const auto outcomes = run::for_each_in_groups(
        world, per_model, std::ssize(models), [&](const par::Comm& group, std::int64_t number) {
            ModelRun run(config, group, models[static_cast<std::size_t>(number)], resources);
            const auto add = [&](const TaskReport& report) {
                if (group.rank() == 0) mine[number].push_back(report);
            };
            for (const auto& task : tasks) add(run.run_benchmark(task));
            if (wants_captions(config)) add(run.run_captions());
        });
    Reports all;
    for (const auto& theirs : world.all_gather(mine)) all.insert(theirs.begin(), theirs.end());
    std::vector<TaskReport> reports;
    for (const auto& [number, its] : all) reports.insert(reports.end(), its.begin(), its.end());
    job.print(printed(reports, config.format));
    const int status = judge(job, outcomes, models);
    if (status != run::k_exit_ok) return status;
    const auto refused = [&](const TaskReport& report) { return is_refused(report, config); };
    return std::ranges::any_of(reports, refused) ? run::k_exit_quarantine : run::k_exit_ok;
}

std::string list_of_benchmarks() {
    core::TextTable table{.name = "benchmarks",
                          .title = "",
                          .header = {"task", "score", "unit", "questions", "tokens", "data"},
                          .rows = {}};
    for (const auto& one : tasks::benchmarks()) {
        table.rows.push_back({std::string(one.name), std::string(one.score_name), std::string(one.unit),
                              std::to_string(one.rows), std::to_string(one.most_tokens),
                              fmt::format("{}/{}", one.folder, one.shards)});
    }
    return core::to_terminal(table);
}

/// Jobs of one rank: the others wait for its verdict.
int on_root(const run::Job& job, const std::function<int()>& act) {
    std::int64_t status = 0;
    par::together(job.world(), [&] {
        if (job.is_root()) status = act();
    });
    job.world().broadcast(status);
    return static_cast<int>(status);
}

}  // namespace

int eval(run::Job& job, const EvalConfig& config) {
    if (!config.metric_cases.empty()) return on_root(job, [&] { return check_metric_cases(job, config); });
    if (!config.rescore.empty()) return on_root(job, [&] { return rescore(job, config); });
    if (!config.compare.empty()) return on_root(job, [&] { return compare(job, config); });
    if (config.list_ids) return on_root(job, [&] { return list_ids(job, config); });
    if (config.list) {
        job.print(list_of_benchmarks());
        return run::k_exit_ok;
    }
    return evaluate(job, config);
}

}  // namespace lvr::eval
