// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/model_run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/eval/answer_shard.hpp>
#include <lvr/eval/training_cost.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/progress.hpp>
#include <lvr/run/shard_loop.hpp>
#include <lvr/vlm/picture_choice.hpp>

namespace lvr::eval {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::int64_t k_bytes_per_answer = 1024;

/// The form that questions are written in.
std::string form_of(const EvalConfig& config, const ModelFiles& files) {
    return config.form.empty() ? files.settings().value("form", "v1") : config.form;
}

Json identity_of(const EvalConfig& config, const ModelFiles& files, const TaskData& task) {
    return {{"task", task.benchmark.name},
            {"data_sha256", task.rows.hash()},
            {"model", files.identity},
            {"form", form_of(config, files)},
            {"pictures", config.picture_rule()},
            {"stop_strings", config.applies_stop_strings() ? "apply" : "ignore"},
            {"dtype", config.dtype},
            {"most_tokens", config.most_tokens > 0 ? config.most_tokens : task.benchmark.most_tokens},
            {"all_questions", config.all_questions},
            {"limit", config.limit}};
}

std::vector<Sample> samples_of(const fs::path& folder, const TaskData& task) {
    std::vector<Sample> samples;
    auto answers = files::read_answers(folder);
    for (std::size_t i = 0; i < answers.records.size(); ++i) {
        auto& one = answers.records[i];
        if (one.row != task.asked[i])
            throw core::input_error(fmt::format("{}: answer {} is to row {}, not to {}", folder.string(),
                                                i + 1, one.row, task.asked[i]),
                                    "the parts are not of this run", "remove the folder and start again");
        samples.push_back({.row = one.row,
                           .document = task.rows.document(one.row),
                           .answer = std::move(one.answer),
                           .image = std::move(one.image),
                           .problem = std::move(one.problem),
                           .cut = !one.ended && one.prompt_tokens > 0});
    }
    return samples;
}

fs::path timing_of(const fs::path& part) {
    return part.parent_path() / "timing" / part.stem().concat(".json");
}

}  // namespace

const ModelFiles& ModelRun::files_of(Trained stage) {
    if (files_ && opened_ == stage) return *files_;
    loaded_ = nullptr;
    files_ = std::make_unique<const ModelFiles>(
        par::together(group_, [&] { return open_model(config_, group_, trained_, stage); }));
    opened_ = stage;
    return *files_;
}

const LoadedModel& ModelRun::loaded(Trained stage) {
    core::ensure(files_ && opened_ == stage, "a model is opened before it is loaded");
    if (!loaded_) {
        loaded_ = par::together(group_, [&] {
            return std::make_unique<const LoadedModel>(
                load_model(config_, *files_, resources_, group_.rank() == 0));
        });
    }
    return *loaded_;
}

fs::path ModelRun::folder_of(const std::string& task, Trained stage) const {
    return fs::path(config_.out) / trained_.name(stage) / task;
}

void ModelRun::fill(const run::ShardFolder& folder, const std::string& unit,
                    const std::function<WritePart(par::Range)>& work) {
    using Clock = std::chrono::steady_clock;
    const auto items = folder.range(folder.shards() - 1).end;
    if (folder.missing().empty()) return;
    par::together(group_, [&] {
        if (group_.rank() != 0) return;
        files::make_folder(folder.folder() / "timing");
        files::remove_temporaries(folder.folder() / "timing");
    });
    run::Progress progress({.items = items, .done_before = items - folder.items_missing(), .unit = unit});
    run::for_each_shard(
        group_, folder.missing(),
        [&](std::int64_t shard) {
            const auto begin = Clock::now();
            const auto part = folder.part(shard);
            const auto write = work(folder.range(shard));
            const std::chrono::duration<double> seconds = Clock::now() - begin;
            files::write_text(timing_of(part), core::to_line({{"seconds", seconds.count()},
                                                              {"device", resources_.device.str()}}));
            write(part);  // last: a part that is there is never computed again
            progress.add(folder.range(shard).size(), static_cast<std::int64_t>(fs::file_size(part)));
        },
        {.progress = &progress, .folders = {&folder}});
}

double ModelRun::gpu_hours(const fs::path& folder) const {
    double seconds = 0;
    const auto manifest = files::read_manifest(folder);
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) {
        const auto file = timing_of(folder / files::part_name(shard));
        std::error_code ignored;
        if (!fs::exists(file, ignored)) return files::k_not_measured;
        const Json timing = core::parse_json(core::read_text(file), file.string());
        const bool is_gpu = timing.value("device", "cpu") != "cpu";
        if (!is_gpu) return files::k_not_measured;
        seconds += timing.value("seconds", 0.0);
    }
    return seconds / 3600;
}

TaskReport ModelRun::run_benchmark(const TaskData& task) {
    constexpr auto stage = Trained::finetune;
    const auto& benchmark = task.benchmark;
    const auto& files = files_of(stage);
    const Json identity = identity_of(config_, files, task);
    const run::ShardFolder folder(group_, {.folder = folder_of(std::string(benchmark.name), stage),
                                           .identity = identity,
                                           .items = std::ssize(task.asked),
                                           .bytes_per_item = k_bytes_per_answer,
                                           .shard_size = config_.shard_size});
    if (!folder.missing().empty()) {
        auto provenance =
            files::make_provenance(identity, {{"data", task.rows.hash()}}, trained_.seed(stage));
        provenance["representation"] = trained_.representation;
        const AnswerSpec spec{.task = task,
                              .model = loaded(stage),
                              .asking = {vlm::find_template(form_of(config_, files)), *files.llm.tokenizer,
                                         vlm::picture_rule_named(config_.picture_rule())},
                              .most_tokens = identity.at("most_tokens").get<std::int64_t>(),
                              .batch = config_.batch,
                              .threads = resources_.threads,
                              .applies_stop_strings = config_.applies_stop_strings()};
        fill(folder, "questions", [&](par::Range items) -> WritePart {
            const auto rows =
                std::span(task.asked)
                    .subspan(static_cast<std::size_t>(items.begin), static_cast<std::size_t>(items.size()));
            return [answers = files::Answers{answer_rows(spec, rows), provenance}](const fs::path& part) {
                files::write_answers_part(part, answers);
            };
        });
    }
    TaskReport report;
    par::together(group_, [&] {
        if (group_.rank() != 0) return;
        folder.expect_held();
        const Scoring scoring{.config = config_,
                              .benchmark = benchmark,
                              .model = trained_.name(stage),
                              .representation = trained_.representation,
                              .seed = trained_.seed(stage),
                              .identity = identity};
        write_cost(folder.folder(), gpu_hours(folder.folder()), training_gpu_hours(trained_.folder));
        report = report_task(scoring, folder.folder(), samples_of(folder.folder(), task));
    });
    return report;
}

}  // namespace lvr::eval
