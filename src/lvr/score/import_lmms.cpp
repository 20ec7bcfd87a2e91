// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_lmms.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/utf8.hpp>
#include <lvr/tasks/benchmark.hpp>

namespace lvr::score {
namespace {

using core::Json;
using files::Measurement;

/// A task of lmms-eval whose metric is a score of the paper's table.
struct Row {
    std::string task, metric;
    const tasks::Benchmark* benchmark;
};

/// Of two rows for one benchmark the first that a file has is taken.
const std::vector<Row>& rows() {
    static const auto all = [] {
        std::vector<Row> table;
        const auto add = [&](std::string_view task, std::string_view metric,
                             const tasks::Benchmark& benchmark) {
            table.push_back({std::string(task), std::string(metric), &benchmark});
        };
        for (const auto& benchmark : tasks::benchmarks()) add(benchmark.name, benchmark.metric, benchmark);
        // As later versions call them.
        add("mmbench_en_dev_static", "gpt_eval_score", tasks::find_benchmark("mmbench_en"));
        add("mme", "mme_perception_score", tasks::find_benchmark("mme"));
        return table;
    }();
    return all;
}

std::optional<double> finite(const Json& value) {
    if (!value.is_number()) return std::nullopt;  // "N/A"
    const auto number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// Python writes NaN, Infinity and -Infinity, which JSON does not know: null instead.
std::string without_nan(std::string_view json) {
    std::string text;
    bool in_string = false;
    while (!json.empty()) {
        std::size_t count = in_string && json[0] == '\\' && json.size() > 1 ? 2 : 1;
        if (json[0] == '"') in_string = !in_string;
        std::string_view piece = json.substr(0, count);
        for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
            if (in_string || !json.starts_with(word)) continue;
            piece = "null";
            count = word.size();
        }
        text += piece;
        json.remove_prefix(count);
    }
    return text;
}

std::string listed(const std::set<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + files::shown(name);
    return text;
}

class Reader {
  public:
    Reader(std::string_view json, const Measurement& source)
        : file_(core::parse_json(without_nan(json), source.file)),
          source_(source),
          sha256_(core::sha256(json)) {}

    std::vector<Measurement> run() {
        if (!file_.is_object() || !file_.contains("results") || !file_["results"].is_object())
            refuse("has no results by task", "it is no result file of lmms-eval",
                   "name its results.json or <date>_results.json, or a table that lvr-fit reads");
        for (const auto& row : rows()) take(row);
        warn_of_unknown();
        if (all_.empty())
            refuse("has no score of a benchmark that lvr knows", "",
                   "its tasks may be " + listed(known_tasks()));
        return std::move(all_);
    }

  private:
    [[noreturn]] void refuse(const std::string& problem, const std::string& why,
                             const std::string& remedy) const {
        throw core::input_error(source_.file + ": " + problem, why, remedy);
    }

    static std::set<std::string> known_tasks() {
        std::set<std::string> tasks;
        for (const auto& row : rows()) tasks.insert(row.task);
        return tasks;
    }

    void take(const Row& row) {
        const auto task = file_["results"].find(row.task);
        if (task == file_["results"].end() || !task->is_object()) return;
        const auto filter = filter_of(*task, row);
        if (!filter) return;
        const auto value = finite(task->at(row.metric + *filter));
        if (!value) return;
        const auto& benchmark = *row.benchmark;
        const double score = *value * benchmark.factor;
        if (score < 0 || score > benchmark.scale * (1 + 1e-9))
            refuse(fmt::format("{} of {} is {}", row.metric, row.task, core::shortest(*value)),
                   fmt::format("it is a number from 0 to {}",
                               core::shortest(benchmark.scale / benchmark.factor)),
                   "check how the file was made");
        if (!benchmarks_.insert(std::string(benchmark.score_name)).second)
            return core::warn("{}: {} of {} is left out: another task of the file stands for {}",
                              source_.file, row.metric, row.task, benchmark.score_name);
        Measurement m = source_;
        m.kind = "score";
        m.name = benchmark.score_name;
        m.unit = benchmark.unit;
        m.scale = benchmark.scale;
        m.value = score;
        m.standard_error = error_of(*task, row.metric, *filter) * benchmark.factor;
        m.samples = samples_of(row);
        m.provenance = provenance_of(row.task, row.metric + *filter);
        all_.push_back(std::move(m));
    }

    /// ",none" of "exact_match,none"; "" where old versions wrote no filter. @return nothing: no such metric
    std::optional<std::string> filter_of(const Json& task, const Row& row) const {
        const std::string metric = row.metric;
        if (task.contains(metric + ",none")) return ",none";
        std::optional<std::string> found;
        for (const auto& [key, value] : task.items()) {
            if (key != metric && !key.starts_with(metric + ",")) continue;
            if (found)
                refuse(fmt::format("{} holds {} by several filters, and none that is called none", row.task,
                                   metric),
                       "it is not clear which is the score", "keep one of them in the file");
            found = key.substr(metric.size());
        }
        return found;
    }

    static double error_of(const Json& task, const std::string& metric, const std::string& filter) {
        for (const char* kind : {"_stderr", "_stderr_clt"}) {
            const auto entry = task.find(metric + kind + filter);
            if (entry == task.end()) continue;
            if (const auto error = finite(*entry); error && *error >= 0) return *error;
        }
        return files::k_not_measured;
    }

    std::int64_t samples_of(const Row& row) const {
        const Json pointer = file_.value("n-samples", Json());
        if (!pointer.is_object() || !pointer.contains(row.task) || !pointer[row.task].is_object()) return 0;
        const Json asked = pointer[row.task].value("effective", Json());
        if (!asked.is_number_integer() || asked.get<std::int64_t>() < 0) return 0;
        const auto count = asked.get<std::int64_t>();
        const auto& benchmark = *row.benchmark;
        if (count == benchmark.rows) return benchmark.items;
        core::warn("{}: {} asked {} questions, the whole benchmark has {}", source_.file, row.task, count,
                   benchmark.rows);
        return benchmark.rows == benchmark.items ? count : 0;
    }

    Json provenance_of(const std::string& task, const std::string& key) const {
        Json import = {{"format", "lmms-eval"}, {"task", task}, {"metric", key}};
        const Json config = file_.value("config", Json());
        for (const char* name : {"model", "model_args", "limit"}) {
            if (config.is_object() && config.contains(name)) import[name] = config[name];
        }
        for (const char* name : {"git_hash", "date"}) {
            if (file_.contains(name) && file_[name].is_string()) import[name] = file_[name];
        }
        return files::make_provenance({{"import", import}},
                                      {{std::filesystem::path(source_.file).filename().string(), sha256_}});
    }

    void warn_of_unknown() const {
        std::set<std::string> unknown, silent;
        const auto known = known_tasks();
        for (const auto& [task, metrics] : file_["results"].items()) {
            if (!known.contains(task)) unknown.insert(task);
        }
        for (const auto& row : rows()) {
            if (file_["results"].contains(row.task) &&
                !benchmarks_.contains(std::string(row.benchmark->score_name)))
                silent.insert(fmt::format("{} ({})", row.task, row.metric));
        }
        if (!unknown.empty())
            core::warn("{}: tasks that are no benchmark of the law, left out: {}", source_.file,
                       listed(unknown));
        if (!silent.empty())
            core::warn("{}: tasks without a number for their score, left out: {}", source_.file,
                       listed(silent));
    }

    Json file_;
    const Measurement& source_;
    std::string sha256_;
    std::set<std::string> benchmarks_;
    std::vector<Measurement> all_;
};

}  // namespace

std::vector<Measurement> lmms_scores(std::string_view json, const Measurement& source) {
    return Reader(json, source).run();
}

}  // namespace lvr::score
