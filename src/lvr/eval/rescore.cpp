// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/rescore.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/eval/task_report.hpp>
#include <lvr/files/record.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/run/exit_codes.hpp>

namespace lvr::eval {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* k_log = "samples.jsonl";

std::vector<fs::path> files_below(const fs::path& where) {
    std::error_code code;
    if (fs::is_regular_file(where, code)) return {where};
    std::vector<fs::path> files;
    for (fs::recursive_directory_iterator next(where, code), end; !code && next != end;
         next.increment(code)) {
        if (next->path().filename() == k_log) files.push_back(next->path());
    }
    if (code)
        throw core::input_error(where.string() + ": cannot be read (" + code.message() + ")", "",
                                "name an evaluation's folder, or a samples.jsonl");
    if (files.empty())
        throw core::input_error(fmt::format("{}: there is no {} in it", where.string(), k_log),
                                "it is written when all questions of a task are answered",
                                "name the --out of lvr-eval, and let it end first");
    std::ranges::sort(files);
    return files;
}

/// What was answered, by score.json beside the log; null if there is none.
Json identity_beside(const fs::path& log) {
    const auto file = log.parent_path() / "score.json";
    std::error_code ignored;
    if (log.filename() != k_log || !fs::exists(file, ignored)) return nullptr;
    const Json json = core::parse_json(core::read_text(file), file.string());
    const bool is_whole = json.is_object() && json.contains("answers") && json.at("answers").is_object() &&
                          json.at("answers").value("task", Json()).is_string() &&
                          json.at("answers").value("model", Json()).is_object() &&
                          json.at("answers").at("model").value("representation", Json()).is_string() &&
                          json.at("answers").at("model").value("seed", Json()).is_number_integer();
    if (!is_whole)
        throw core::input_error(file.string() + ": does not say what was answered", "",
                                "start the lvr-eval that made it again: it writes it anew");
    return json.at("answers");
}

/// A log that was cut or written by hand must not become the model's score.
void expect_whole(const fs::path& log) {
    const auto folder = log.parent_path();
    const auto items = files::read_manifest(folder).items;
    const auto lines = std::ssize(read_samples(log));
    if (lines != items)
        throw core::input_error(
            fmt::format("{}: holds {} answers, {} questions were asked", log.string(), lines, items),
            "it is not what lvr-eval wrote", "start the same lvr-eval again: it writes it anew");
}

AnswerLog log_of(const fs::path& file, const std::vector<std::string>& task) {
    AnswerLog log{.file = file, .model = fs::absolute(file).parent_path().parent_path().filename().string()};
    log.identity = identity_beside(file);
    if (!log.identity.is_null()) {
        expect_whole(file);
        log.benchmark = &tasks::find_benchmark(log.identity.at("task").get<std::string>());
        return log;
    }
    if (task.size() != 1 || task[0] == "paper" || task[0] == k_caption_loglik)
        throw core::usage_error(file.string() + ": nothing says which benchmark was answered", "",
                                "name it with --task");
    log.benchmark = &tasks::find_benchmark(task[0]);
    log.model = file.string();
    return log;
}

TaskReport score_foreign(const EvalConfig& config, const AnswerLog& log, const std::vector<Sample>& samples) {
    const auto score = log.benchmark->score(answered(samples), config.score_options());
    return {.model = log.model,
            .task = std::string(log.benchmark->name),
            .metric = score.metric,
            .unit = std::string(log.benchmark->unit),
            .value = score.reported,
            .standard_error = score.standard_error,
            .questions = std::ssize(samples),
            .undecided = score.undecided};
}

}  // namespace

std::vector<AnswerLog> find_logs(const fs::path& where, const std::vector<std::string>& task) {
    std::vector<const tasks::Benchmark*> wanted;
    for (const auto& name : task) {
        if (name == "paper") wanted.clear();
        if (name == "paper" || name == k_caption_loglik) break;
        wanted.push_back(&tasks::find_benchmark(name));
    }
    std::vector<AnswerLog> logs;
    for (const auto& file : files_below(where)) {
        auto log = log_of(file, task);
        if (wanted.empty() || std::ranges::find(wanted, log.benchmark) != wanted.end())
            logs.push_back(std::move(log));
    }
    if (logs.empty())
        throw core::input_error(where.string() + ": holds no answers to the tasks of --task", "",
                                "leave --task out, or name another folder");
    return logs;
}

int rescore(const run::Job& job, const EvalConfig& config) {
    if (!config.results.empty()) files::expect_recordable(config.results);
    std::vector<TaskReport> reports;
    for (const auto& where : config.rescore) {
        for (const auto& log : find_logs(where, config.task)) {
            const auto samples = read_samples(log.file);
            if (log.identity.is_null()) {
                if (!config.results.empty())
                    throw core::usage_error(
                        log.file.string() + ": says neither representation nor seed",
                        "its score would have no name in the results",
                        "leave --results out; lvr-score --import takes lmms-eval's results");
                reports.push_back(score_foreign(config, log, samples));
                continue;
            }
            const auto& model = log.identity.at("model");
            const Scoring scoring{.config = config,
                                  .benchmark = *log.benchmark,
                                  .model = log.model,
                                  .representation = model.at("representation").get<std::string>(),
                                  .seed = model.at("seed").get<std::int64_t>(),
                                  .identity = log.identity};
            reports.push_back(report_task(scoring, log.file.parent_path(), samples));
        }
    }
    job.print(printed(reports, config.format));
    const auto refused = [&](const TaskReport& report) { return is_refused(report, config); };
    return std::ranges::any_of(reports, refused) ? run::k_exit_quarantine : run::k_exit_ok;
}

}  // namespace lvr::eval
