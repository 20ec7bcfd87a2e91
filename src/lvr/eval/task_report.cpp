// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/task_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/record.hpp>
#include <lvr/vlm/generate.hpp>

namespace lvr::eval {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::size_t k_most_said = 20;

std::int64_t count_unread(std::span<const Sample> samples) {
    return std::ranges::count_if(samples, [](const Sample& sample) { return !sample.problem.empty(); });
}

void write_bad_rows(const fs::path& file, std::span<const Sample> samples) {
    std::string text = "row\tproblem\n";
    std::size_t said = 0;
    for (const auto& sample : samples) {
        if (sample.problem.empty()) continue;
        text += fmt::format("{}\t{}\n", sample.row, core::in_one_cell(sample.problem));
        if (said++ < k_most_said) core::warn("row {}: {}", sample.row, sample.problem);
    }
    std::error_code ignored;
    if (said == 0) {
        fs::remove(file, ignored);
        return;
    }
    files::write_text(file, text);
    core::warn("{} questions have no answer: see {}", said, file.string());
}

Json json_of(const TaskReport& report) {
    return {{"model", report.model},
            {"task", report.task},
            {"metric", report.metric},
            {"score", core::number(report.value)},
            {"standard_error", core::number(report.standard_error)},
            {"unit", report.unit},
            {"questions", report.questions},
            {"undecided", report.undecided},
            {"unread", report.unread},
            {"cut", report.cut}};
}

std::string hash_of(std::span<const Sample> samples) {
    std::string text;
    for (const auto& one : samples) text += fmt::format("{}\t{}\n", one.row, one.answer);
    return core::sha256(text);
}

double cost_in(const fs::path& folder, const char* name) {
    const auto file = folder / "cost.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return files::k_not_measured;
    const Json cost = core::parse_json(core::read_text(file), file.string());
    const auto found = cost.find(name);
    return found != cost.end() && found->is_number() ? found->get<double>() : files::k_not_measured;
}

files::Measurement measurement_of(const Scoring& scoring, const fs::path& folder, const TaskReport& report,
                                  const tasks::Score& score, std::span<const Sample> samples) {
    files::Measurement one;
    one.kind = "score";
    one.representation = scoring.representation;
    one.name = scoring.benchmark.score_name;
    one.seed = scoring.seed;
    one.value = report.value;
    one.standard_error = report.standard_error;
    one.samples = std::ssize(score.units);
    one.unit = report.unit;
    one.scale = scoring.benchmark.scale;
    one.gpu_hours = cost_in(folder, "gpu_hours");
    one.training_gpu_hours = cost_in(folder, "training_gpu_hours");
    const auto& terms = scoring.identity;
    one.definition = fmt::format("judge {}, pictures {}, stop strings {}, {}, at most {} tokens, {} rows",
                                 scoring.config.judge, terms.value("pictures", "?"),
                                 terms.value("stop_strings", "?"), terms.value("dtype", "?"),
                                 terms.value("most_tokens", std::int64_t{0}), std::ssize(samples));
    Json its = scoring.identity;
    its["judge"] = scoring.config.judge;
    its["bad_rows"] = scoring.config.bad_rows;
    its["metric"] = score.metric;
    one.provenance = files::make_provenance(its, {{"answers", hash_of(samples)}});
    one.provenance["undecided"] = report.undecided;
    one.provenance["unread"] = report.unread;
    return one;
}

/// Where nothing speaks against it, to --results.
void keep(const Scoring& scoring, const fs::path& folder, const TaskReport& report, const tasks::Score& score,
          std::span<const Sample> samples) {
    const auto& config = scoring.config;
    if (is_refused(report, config)) {
        const auto why = report.broken > 0
                             ? fmt::format("{} of them because {}", report.broken, vlm::k_no_numbers)
                             : std::string("--bad-rows empty takes their answers to be empty");
        core::warn("{}: no score of {} is kept{}: {} of {} questions have no answer ({})", scoring.model,
                   report.task,
                   config.results.empty() ? "" : ", and one that is in the results already stays",
                   report.unread, report.questions, why);
    } else if (!config.results.empty()) {
        if (scoring.identity.value("limit", std::int64_t{0}) > 0)
            throw core::usage_error(fmt::format("{}: holds the first {} questions of {}", folder.string(),
                                                samples.size(), report.task),
                                    "--results is for scores of whole benchmarks",
                                    "leave --results out, or evaluate without --limit");
        files::record(config.results, {measurement_of(scoring, folder, report, score, samples)});
    }
}

}  // namespace

void write_cost(const fs::path& folder, double gpu_hours, double training_gpu_hours) {
    files::write_text(folder / "cost.json",
                      core::to_line({{"gpu_hours", core::number(gpu_hours)},
                                     {"training_gpu_hours", core::number(training_gpu_hours)}}));
}

bool is_refused(const TaskReport& report, const EvalConfig& config) {
    return report.broken > 0 || (report.unread > 0 && config.bad_rows == "refuse");
}

TaskReport report_task(const Scoring& scoring, const fs::path& folder, std::span<const Sample> samples) {
    const auto& [config, benchmark] = std::tie(scoring.config, scoring.benchmark);
    const auto score = benchmark.score(answered(samples), config.score_options());
    TaskReport report{.model = scoring.model,
                      .task = std::string(benchmark.name),
                      .metric = score.metric,
                      .unit = std::string(benchmark.unit),
                      .value = score.reported,
                      .standard_error = score.standard_error,
                      .questions = std::ssize(samples),
                      .undecided = score.undecided,
                      .unread = count_unread(samples)};
    report.cut = std::ranges::count_if(samples, &Sample::cut);
    report.broken = std::ranges::count(samples, vlm::k_no_numbers, &Sample::problem);
    if (is_refused(report, config)) report.value = report.standard_error = files::k_not_measured;
    write_bad_rows(folder / "bad_rows.tsv", samples);
    write_samples(folder / "samples.jsonl", benchmark, samples, score);
    Json json = json_of(report);
    json["metrics"] = is_refused(report, config) ? Json() : score.metrics;
    json["judge"] = config.judge;
    json["answers"] = scoring.identity;
    files::write_text(folder / "score.json", core::to_text(json) + "\n");
    keep(scoring, folder, report, score, samples);
    return report;
}

std::string printed(const std::vector<TaskReport>& reports, const std::string& format) {
    std::string lines;
    core::TextTable table{.name = "scores",
                          .title = "",
                          .header = {"model", "task", "metric", "score", "+-", "unit", "questions",
                                     "undecided", "unread", "cut"},
                          .rows = {}};
    for (const auto& one : reports) {
        if (format == "jsonl") lines += core::to_line(json_of(one));
        const auto figure = [](double value) {
            return core::cell(std::isfinite(value) ? std::optional(value) : std::nullopt, 4);
        };
        table.rows.push_back({one.model, one.task, one.metric, figure(one.value), figure(one.standard_error),
                              one.unit, std::to_string(one.questions), std::to_string(one.undecided),
                              std::to_string(one.unread), std::to_string(one.cut)});
    }
    return format == "jsonl" ? lines : core::to_terminal(table);
}

}  // namespace lvr::eval
