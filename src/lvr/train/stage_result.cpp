// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/stage_result.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/run/same_settings.hpp>

namespace lvr::train {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* k_schema = "lvr.trained";
constexpr std::int64_t k_last_updates = 100;  // whose losses are averaged for people

fs::path summary_file(const Stage& stage) { return stage.folder() / "summary.json"; }

double last_loss(const std::vector<UpdateRecord>& updates) {
    const auto count = std::min<std::int64_t>(k_last_updates, static_cast<std::int64_t>(updates.size()));
    double sum = 0;
    for (auto i = updates.end() - count; i != updates.end(); ++i) sum += i->loss;
    return count > 0 ? sum / static_cast<double>(count) : 0;
}

/// All samples that nothing was learned from, by their number.
FoundBad all_bad(const StageData& data, const FoundBad& found) {
    FoundBad all = found;
    const auto& index = data.list->index();
    for (std::int64_t i = 0; i < index.size(); ++i) {
        std::string what = wrongs(index, i);
        if (what.empty()) continue;
        std::string name = fmt::format("{}: sample {}", index.file, i + 1);
        try {
            name = data.list->read(i).name;
        } catch (const core::Error& error) {
            const std::string why = error.what();
            what = why.substr(0, why.find('\n'));
        }
        all[i] = {i, name, what};
    }
    return all;
}

void write_bad(const fs::path& file, const FoundBad& bad) {
    std::error_code ignored;
    if (bad.empty()) {
        fs::remove(file, ignored);
        return;
    }
    std::string text = "sample\tname\twhat\n";
    for (const auto& [number, one] : bad)
        text +=
            fmt::format("{}\t{}\t{}\n", number + 1, core::in_one_cell(one.name), core::in_one_cell(one.what));
    files::write_text(file, text);
    core::warn("{} samples were left out: see {}", bad.size(), file.string());
}

void export_weights(const Stage& stage, const weights::WeightStore& store,
                    const std::optional<vlm::LlavaEncoder>& llava) {
    vlm::export_projector(stage.folder() / "projector.safetensors", store, stage.dtype());
    if (!stage.trains_llm) return;
    const auto& llm = stage.llm;
    vlm::export_llm(stage.folder() / "model", llm.folder, llm.config, store, stage.dtype());
    if (llava)
        vlm::export_llava(stage.folder() / "llava", {*llava, llm.folder}, llm.config, store,
                          {.dtype = stage.dtype()});
}

Json summary_of(const Stage& stage, const StageOutcome& outcome, const StageRecord& record,
                const StageData& data) {
    return {{"schema", k_schema},
            {"version", 1},
            {"updates", outcome.updates},
            {"loss", core::number(outcome.loss)},
            {"left_out", outcome.bad},
            {"label_mismatches", outcome.mismatches},
            {"samples", data.order->counts().to_json()},
            {"llm", stage.config.llm},
            {"settings", record.identity.at("settings")},
            {"inputs", record.identity.at("inputs")}};
}

}  // namespace

std::optional<StageOutcome> finished_stage(const Stage& stage) {
    const fs::path file = summary_file(stage);
    if (!fs::exists(file)) return std::nullopt;
    const Json json = core::parse_json(core::read_text(file), file.string());
    if (!json.is_object() || json.value("schema", "") != k_schema || json.value("version", 0) != 1 ||
        !json.contains("settings") || !json.contains("updates") || !json.contains("loss"))
        throw core::input_error(file.string() + ": does not say what was trained",
                                "the stage cannot be told to be complete",
                                "remove the file: what it says is "
                                "worked out again from the newest checkpoint, or anew");
    run::expect_same(json.at("settings"), stage.identity(),
                     {stage.folder(), "two models would be mixed in one folder"});
    return StageOutcome{.updates = json.at("updates").get<std::int64_t>(),
                        .loss = json.at("loss").is_number() ? json.at("loss").get<double>() : 0,
                        .bad = json.value("left_out", std::int64_t{0}),
                        .mismatches = json.value("label_mismatches", std::int64_t{0})};
}

std::optional<vlm::LlavaEncoder> known_to_transformers(const Stage& stage) {
    const auto without = [&](const std::string& why) {
        core::info("{}: there will be no llava/ for transformers: {}", stage.representation.id(), why);
        return std::nullopt;
    };
    if (projector_layers(stage.config.projector) != 2) return without("it knows projectors of two layers");
    try {
        const auto encoder = vlm::llava_encoder(stage.representation.card(), stage.config.models);
        return encoder ? encoder : without("it knows a single CLIP");
    } catch (const core::Error& error) {
        const std::string what = error.what();
        return without(what.substr(0, what.find('\n')));
    }
}

StageOutcome finish_stage(const Stage& stage, StageLoop& loop, const MetricsLog& metrics,
                          const StageRecord& record, const std::optional<vlm::LlavaEncoder>& llava) {
    const auto bad = all_bad(loop.data(), record.bad);
    const StageOutcome outcome{.updates = loop.done(),
                               .loss = last_loss(metrics.updates()),
                               .bad = static_cast<std::int64_t>(bad.size()),
                               .mismatches = record.mismatches};
    for (const char* const part : {"", "model", "llava"})
        files::remove_temporaries(stage.folder() / part);  // of a killed export
    export_weights(stage, loop.model().store, llava);
    auto provenance = files::make_provenance(record.identity, {{"llm", stage.llm.sha256}}, stage.config.seed);
    metrics.finish(provenance);
    write_bad(stage.folder() / "bad_samples.tsv", bad);
    if (record.mismatches > 0)
        core::warn(
            "{} {}: nothing was learned of {} samples, counted once for each time: the published masks "
            "count their tokens wrongly (--masks corrected does not)",
            stage.representation.id(), stage.name(), record.mismatches);
    files::write_text(stage.folder() / "cost.json",
                      core::to_line({{"gpu_hours", core::number(gpu_hours(read_metrics(stage.folder())))}}));
    files::write_text(summary_file(stage),
                      core::to_text(summary_of(stage, outcome, record, loop.data())) + "\n");
    return outcome;
}

}  // namespace lvr::train
