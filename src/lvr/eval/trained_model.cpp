// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/trained_model.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include <lvr/core/config_json.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/encoders/encoder_card.hpp>
#include <lvr/encoders/vit_encoder.hpp>
#include <lvr/nn/projector.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/same_settings.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::eval {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::int64_t k_usual_seed = 42;  // lvr-train's

const char* name_of(Trained stage) { return stage == Trained::align ? "align" : "finetune"; }

/// @return null if the stage is not complete
Json read_summary(const fs::path& folder, Trained stage) {
    const fs::path file = folder / name_of(stage) / "summary.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return nullptr;
    Json json = core::parse_json(core::read_text(file), file.string());
    const auto is_object = [&](const Json& of, const char* name) {
        return of.is_object() && of.contains(name) && of.at(name).is_object();
    };
    const bool is_whole = json.is_object() && json.value("schema", "") == "lvr.trained" &&
                          is_object(json, "settings") && is_object(json, "inputs") &&
                          is_object(json.at("inputs"), "features") &&
                          is_object(json.at("settings"), "card") &&
                          json.at("settings").value("representation", Json()).is_string() &&
                          json.at("settings").value("seed", Json()).is_number_integer() &&
                          json.at("settings").value("llm_sha256", Json()).is_string();
    if (!is_whole)
        throw core::input_error(file.string() + ": does not say how the model was trained",
                                "it is damaged, or of an older lvr-train",
                                "remove it and start the same lvr-train again: it writes it anew");
    return json;
}

bool is_model(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / "align" / "summary.json", ignored) ||
           fs::exists(folder / "finetune" / "summary.json", ignored);
}

std::vector<fs::path> folders_in(const fs::path& out) {
    std::error_code code;
    std::vector<fs::path> folders;
    if (is_model(out)) return {out};
    for (fs::directory_iterator next(out, code), end; !code && next != end; next.increment(code)) {
        if (is_model(next->path())) folders.push_back(next->path());
    }
    if (code)
        throw core::input_error(out.string() + ": cannot be read (" + code.message() + ")", "",
                                "--trained names the --out of lvr-train");
    if (folders.empty())
        throw core::input_error(out.string() + ": holds no model that is complete",
                                "summary.json in <representation>/align or finetune says so",
                                "--trained names the --out of lvr-train, or one model's folder in it; let "
                                "training end first");
    std::ranges::sort(folders);
    return folders;
}

TrainedFolder read_folder(const fs::path& folder) {
    TrainedFolder trained{.folder = folder,
                          .align = read_summary(folder, Trained::align),
                          .finetune = read_summary(folder, Trained::finetune)};
    const Json& summary = trained.finetune.is_null() ? trained.align : trained.finetune;
    trained.representation = summary.at("settings").at("representation").get<std::string>();
    return trained;
}

void expect_all_there(const std::vector<std::string>& wanted, const std::vector<TrainedFolder>& found) {
    std::vector<std::string> names;
    for (const auto& one : found) names.push_back(one.representation);
    for (const auto& name : wanted) {
        if (std::ranges::find(names, name) != names.end()) continue;
        throw core::input_error(fmt::format("no model of {} in the folders of --trained", name), "",
                                fmt::format("there are models of {}", fmt::join(names, ", ")));
    }
}

fs::path llm_of(const EvalConfig& config, const TrainedFolder& trained, Trained stage) {
    if (stage == Trained::finetune) return trained.folder / "finetune" / "model";
    if (!config.llm.empty()) return config.llm;
    const std::string named = trained.align.value("llm", "");
    if (!named.empty()) return named;
    throw core::usage_error(trained.folder.string() + ": stage 1's model has its language model elsewhere",
                            "", "name it with --llm, as for lvr-train");
}

encoders::EncoderCard card_of(const ModelFiles& files) {
    encoders::EncoderCard card;
    const auto where = (files.trained.folder / name_of(files.stage) / "summary.json").string();
    core::from_json(files.settings().at("card"), card.fields(), where + ": card");
    card.id = files.trained.representation;
    card.protocol = files.settings().value("protocol", "native");
    return card;
}

/// SHA-256 of what a language model's folder says besides its weights.
std::string hash_of_settings(const fs::path& folder) {
    std::string so_far;
    for (const char* const name : {"config.json", "generation_config.json", "tokenizer.model",
                                   "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                   "added_tokens.json", "vocab.json", "merges.txt"}) {
        std::error_code ignored;
        if (fs::exists(folder / name, ignored))
            so_far = core::sha256(so_far + name + core::sha256_of_file(folder / name));
    }
    return so_far;
}

/// Which of a model's states the tasks ask.
std::vector<Trained> stages_of(const EvalConfig& config) {
    std::vector<Trained> stages;
    const auto captions = std::ranges::count(config.task, k_caption_loglik);
    if (captions > 0) stages.push_back(Trained::align);
    if (captions < std::ssize(config.task)) stages.push_back(Trained::finetune);
    return stages;
}

/// Training may still be busy with some of them.
void drop_unfinished(const EvalConfig& config, std::vector<TrainedFolder>& models) {
    const auto stages = stages_of(config);
    std::erase_if(models, [&](const TrainedFolder& model) {
        const auto missing =
            std::ranges::find_if(stages, [&](Trained stage) { return model.summary(stage).is_null(); });
        if (missing == stages.end()) return false;
        const auto problem = fmt::format("{}: {} is not complete", model.folder.string(), name_of(*missing));
        if (!config.representation.empty())
            throw core::input_error(problem, "it has no summary.json, which training writes last",
                                    fmt::format("run lvr-train {} to its end first", name_of(*missing)));
        core::warn("{}: it is left out", problem);
        return true;
    });
    if (models.empty())
        throw core::input_error("no model is complete in the folders of --trained",
                                "training writes summary.json last", "run lvr-train to its end first");
}

/// Answers of two models in one folder would be mixed.
void expect_distinct(const EvalConfig& config, const std::vector<TrainedFolder>& models) {
    std::map<std::string, std::string> known;
    for (const auto& model : models) {
        const auto stage = stages_of(config).back();
        const auto [other, is_new] = known.emplace(model.name(stage), model.folder.string());
        if (!is_new)
            throw core::usage_error(
                fmt::format("{} and {} are both called {}", other->second, model.folder.string(),
                            model.name(stage)),
                "their answers would be in one folder",
                "train them with different --seed, or evaluate them one by one with an --out of their own");
    }
}

std::vector<TrainedFolder> find_on_one_rank(const EvalConfig& config) {
    std::vector<TrainedFolder> models;
    for (const auto& out : config.trained) {
        for (const auto& folder : folders_in(out)) models.push_back(read_folder(folder));
    }
    expect_all_there(config.representation, models);
    if (!config.representation.empty()) {
        std::erase_if(models, [&](const TrainedFolder& model) {
            return std::ranges::find(config.representation, model.representation) ==
                   config.representation.end();
        });
    }
    drop_unfinished(config, models);
    expect_distinct(config, models);
    return models;
}

/// The ids that the model's own files name as the end of an answer.
std::vector<std::int64_t> stops_of(const vlm::LanguageModel& llm) {
    std::vector<std::int64_t> stops;
    if (llm.tokenizer->eos) stops.push_back(*llm.tokenizer->eos);
    for (const char* const name : {"generation_config.json", "config.json"}) {
        const auto file = llm.folder / name;
        std::error_code ignored;
        if (!fs::exists(file, ignored)) continue;
        const Json config = core::parse_json(core::read_text(file), file.string());
        Json eos = config.is_object() ? config.value("eos_token_id", Json()) : Json();
        if (eos.is_number_integer()) eos = Json::array({eos});
        if (!eos.is_array() || eos.empty()) continue;
        for (const auto& id : eos) {
            if (id.is_number_integer()) stops.push_back(id.get<std::int64_t>());
        }
        break;  // transformers lets the first of them decide
    }
    std::ranges::sort(stops);
    stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
    return stops;
}

}  // namespace

template <class Archive>
void TrainedFolder::serialize(Archive& archive, unsigned) {
    std::string where = folder.string(), first = align.dump(), second = finetune.dump();
    archive& representation& where& first& second;
    folder = where;
    align = core::parse_json(first, "align"), finetune = core::parse_json(second, "finetune");
}

std::int64_t TrainedFolder::seed(Trained stage) const {
    return summary(stage).at("settings").at("seed").get<std::int64_t>();
}

std::string TrainedFolder::name(Trained stage) const {
    const auto its = seed(stage);
    return its == k_usual_seed ? representation : fmt::format("{}~seed{}", representation, its);
}

std::vector<TrainedFolder> find_trained(const EvalConfig& config, const par::Comm& world) {
    std::vector<TrainedFolder> models;
    par::together(world, [&] {
        if (world.rank() == 0) models = find_on_one_rank(config);
    });
    world.broadcast(models);
    return models;
}

ModelFiles open_model(const EvalConfig& config, const par::Comm& group, const TrainedFolder& trained,
                      Trained stage) {
    const fs::path folder = trained.folder / name_of(stage);
    if (trained.summary(stage).is_null())
        throw core::input_error(folder.string() + ": holds no complete model",
                                "it has no summary.json, which training writes last",
                                fmt::format("run lvr-train {} to its end first", name_of(stage)));
    ModelFiles files{.trained = trained,
                     .stage = stage,
                     .llm = vlm::open_language_model(llm_of(config, trained, stage).string(), config.models),
                     .projector = folder / "projector.safetensors",
                     .identity = {}};
    const auto dtype = encoders::dtype_named(config.dtype);
    files.llm.config.rotary.bfloat16_frequencies =
        dtype == at::kBFloat16 && files.settings().value("rope", "") == "bfloat16";
    files.stops = stops_of(files.llm);
    std::string projector, others;
    par::together(group, [&] {
        if (group.rank() != 0) return;
        files.llm.sha256 = files.llm.fingerprint();
        others = hash_of_settings(files.llm.folder);
        projector = core::sha256_of_file(files.projector);
        const auto& trained_on = files.settings().at("llm_sha256").get_ref<const std::string&>();
        if (stage == Trained::align && files.llm.sha256 != trained_on)
            throw core::input_error(
                files.llm.folder.string() + ": is not the language model of " + folder.string(),
                "the projector was trained for another one", "name that one with --llm");
    });
    group.broadcast(files.llm.sha256);
    group.broadcast(projector);
    group.broadcast(others);
    files.identity = {
        {"representation", trained.representation},
        {"stage", name_of(stage)},
        {"seed", trained.seed(stage)},
        {"llm_sha256", files.llm.sha256},
        {"llm_files_sha256", others},
        {"stops", files.stops},
        {"projector_sha256", projector},
        {"encoder", trained.summary(stage).at("inputs").at("features").value("encoder", Json())},
        {"rope", files.llm.config.rotary.bfloat16_frequencies ? "bfloat16" : "float32"}};
    return files;
}

LoadedModel load_model(const EvalConfig& config, const ModelFiles& files, const Resources& resources,
                       bool is_first) {
    const auto device = resources.device;
    LoadedModel model{
        .tokenizer = files.llm.tokenizer, .stops = files.stops, .dtype = encoders::dtype_named(config.dtype)};
    const auto encoder = encoders::build_encoder(
        card_of(files), {.models = config.models, .device = device, .fingerprint = is_first});
    if (is_first)
        run::expect_same(files.identity.at("encoder"), encoder->identity(),
                         {files.trained.folder, "the model was trained with another encoder"});
    const auto projector = nn::read_projector(weights::Checkpoint::open(files.projector),
                                              files.projector.string(), model.dtype, device);
    if (projector.inputs() != encoder->channels() || projector.channels() != files.llm.config.width)
        throw core::input_error(
            fmt::format("{}: leads from {} channels to {}; the encoder has {}, the language model {}",
                        files.projector.string(), projector.inputs(), projector.channels(),
                        encoder->channels(), files.llm.config.width),
            "they are not of one model", "bring back the folder as lvr-train wrote it");
    model.mllm =
        vlm::make_mllm(files.llm.config, vlm::mllm_store(files.llm.load(model.dtype, device), projector));
    model.encoder = std::make_unique<const encoders::PictureEncoder>(encoder, device);
    return model;
}

}  // namespace lvr::eval
