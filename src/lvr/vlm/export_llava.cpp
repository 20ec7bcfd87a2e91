// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/encoders/vit_snapshot.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/vlm/export.hpp>
#include <lvr/vlm/export_files.hpp>
#include <lvr/vlm/mllm.hpp>
#include <lvr/weights/checkpoint.hpp>
#include <lvr/weights/safetensors_write.hpp>

#include "llava_tokenizer.hpp"

namespace lvr::vlm {
namespace {

namespace fs = std::filesystem;
using core::Json;
using weights::NamedTensors;

constexpr std::int64_t k_row_multiple = 64;  // that LLaVA-1.5's embedding was filled up to

/// What CLIPVisionConfig knows.
constexpr std::array k_vision_keys = {
    "attention_dropout", "hidden_act",        "hidden_size",    "image_size",          "initializer_factor",
    "initializer_range", "intermediate_size", "layer_norm_eps", "num_attention_heads", "num_channels",
    "num_hidden_layers", "patch_size",        "projection_dim"};

/// What a language model's config.json says of its file and not of the model.
constexpr std::array k_file_keys = {"architectures", "transformers_version", "_name_or_path",
                                    "dtype",         "torch_dtype",          "auto_map"};

Json vision_config(const Json& config) {
    const Json* part = &config;
    for (const char* key : {"vision_config", "vision_config_dict"})  // transformers takes the latter
        if (config.contains(key) && config.at(key).is_object()) part = &config.at(key);
    Json result;
    for (const char* key : k_vision_keys)
        if (part->contains(key)) result[key] = part->at(key);
    result["model_type"] = "clip_vision_model";
    return result;
}

/// transformers 5 writes rope_parameters, 4 reads rope_theta and rope_scaling.
void add_old_rotary(Json& config) {
    if (!config.contains("rope_parameters") || config.contains("rope_theta")) return;
    Json scaling = config.at("rope_parameters");
    if (!scaling.is_object()) return;
    if (scaling.contains("rope_theta")) config["rope_theta"] = scaling.at("rope_theta");
    scaling.erase("rope_theta");
    if (scaling.value("rope_type", "default") != "default") config["rope_scaling"] = scaling;
}

Json text_config(const fs::path& file, std::int64_t rows) {
    Json config = core::parse_json(core::read_text(file), file.string());
    for (const char* key : k_file_keys) config.erase(key);
    config["vocab_size"] = rows;
    add_old_rotary(config);
    return config;
}

void write_json(const fs::path& file, const Json& json) { files::write_text(file, json.dump(2) + "\n"); }

/// preprocessor_config.json and processor_config.json
void write_processor(const fs::path& folder, const weights::Snapshot& clip, std::int64_t patch) {
    if (!clip.preprocessor.is_object())
        throw core::input_error(clip.folder.string() + ": has no preprocessor_config.json",
                                "how pictures are prepared could not be told", "take a whole snapshot");
    Json pictures = clip.preprocessor;
    pictures.erase("feature_extractor_type");
    pictures["image_processor_type"] = "CLIPImageProcessor";
    pictures["processor_class"] = "LlavaProcessor";
    write_json(folder / "preprocessor_config.json", pictures);
    write_json(folder / "processor_config.json", {{"image_token", k_image_token},
                                                  {"num_additional_image_tokens", 1},  // the class token
                                                  {"patch_size", patch},
                                                  {"processor_class", "LlavaProcessor"},
                                                  {"vision_feature_select_strategy", "default"}});
}

/// With rows of the mean behind: a mean of logits is never the largest.
at::Tensor grown(const at::Tensor& table_VD, std::int64_t rows) {
    const auto more = rows - table_VD.size(0);
    if (more == 0) return table_VD;
    const auto mean = table_VD.to(at::kFloat).mean(0, true).to(table_VD.scalar_type());
    return at::cat({table_VD, mean.expand({more, -1})});
}

void add_language(NamedTensors& tensors, const weights::WeightStore& store, const nn::LlamaConfig& config,
                  std::int64_t rows) {
    weights::WeightStore llm;
    for (const auto& [name, tensor] : store.all())
        if (name.starts_with(k_llm_prefix)) llm.put(name.substr(k_llm_prefix.size()), tensor.detach());
    for (const auto& [name, tensor] : weights::export_weights(llm, nn::llama_names(config))) {
        const bool is_table = name == "lm_head.weight" || name == "model.embed_tokens.weight";
        tensors["language_model." + name] = is_table ? grown(tensor, rows) : tensor;
    }
}

void add_projector(NamedTensors& tensors, const weights::WeightStore& store) {
    int layers = 0;
    for (const auto& [name, tensor] : store.all()) {
        if (!name.starts_with(k_projector_prefix)) continue;
        const auto rest = name.substr(k_projector_prefix.size());
        const bool first = rest.starts_with("0."), second = rest.starts_with("2.");
        core::ensure(first || second, "a projector of more than two layers in a LLaVA for transformers");
        tensors[std::string("multi_modal_projector.linear_") + (first ? '1' : '2') + rest.substr(1)] =
            tensor.detach();
        layers += rest.ends_with("weight") ? 1 : 0;
    }
    core::ensure(layers == 2, "a projector of less than two layers in a LLaVA for transformers");
}

/// As 4.x names it, which 5 reads too, where what it writes is another.
void add_vision(NamedTensors& tensors, const fs::path& snapshot) {
    const auto checkpoint = weights::Checkpoint::open(snapshot);
    const std::string mark = "embeddings.class_embedding";
    std::string around = "nowhere";  // the names of the model around the image tower
    for (const auto& [name, info] : checkpoint.tensors())
        if (name.ends_with(mark)) around = name.substr(0, name.size() - mark.size());
    for (const auto& [name, info] : checkpoint.tensors()) {
        if (!name.starts_with(around)) continue;
        const auto rest = name.substr(around.size());
        if (rest == "embeddings.position_ids") continue;
        for (const char* part : {"embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm."})
            if (rest.starts_with(part)) tensors["vision_tower.vision_model." + rest] = checkpoint.read(name);
    }
    if (around == "nowhere")
        throw core::input_error(snapshot.string() + ": has no tensor " + mark, "it is no CLIP",
                                "take a whole snapshot");
}

}  // namespace

std::optional<LlavaEncoder> llava_encoder(const encoders::EncoderCard& card, const fs::path& models) {
    const bool is_other = !card.family.empty() && card.family != "clip";
    if (!card.parts.empty() || is_other || card.resize != "processor" || card.normalise != "processor")
        return {};
    const auto snapshot = weights::open_snapshot(card.snapshot, models);
    const auto type = snapshot.config.value("model_type", "");
    if (type != "clip" && type != "clip_vision_model") return {};
    if (card.size != 0 && card.size != encoders::read_vit(snapshot).image_size) return {};
    return LlavaEncoder{snapshot.folder, card.tap};
}

void export_llava(const fs::path& folder, const LlavaParts& parts, const nn::LlamaConfig& config,
                  const weights::WeightStore& store, const WeightsForm& form) {
    const auto clip = weights::open_snapshot(parts.encoder.snapshot.string());
    const auto vit = encoders::read_vit(clip).config;
    files::make_folder(folder);
    const auto image_id = write_llava_tokenizer(parts.llm, folder);
    const auto needed = std::max(config.vocabulary, image_id + 1);
    const auto rows = needed == config.vocabulary
                          ? needed
                          : (needed + k_row_multiple - 1) / k_row_multiple * k_row_multiple;
    write_processor(folder, clip, vit.patch);
    std::error_code ignored;
    if (fs::exists(parts.llm / "generation_config.json", ignored))
        files::write_text(folder / "generation_config.json",
                          core::read_text(parts.llm / "generation_config.json"));

    NamedTensors tensors;
    add_language(tensors, store, config, rows);
    add_projector(tensors, store);
    add_vision(tensors, clip.folder);
    for (auto& [name, tensor] : tensors) tensor = tensor.to(form.dtype);
    weights::write_checkpoint(folder, tensors, form.shard_bytes);
    write_json(folder / "config.json",
               {{"architectures", {"LlavaForConditionalGeneration"}},
                {"dtype", type_name(form.dtype)},
                {"image_seq_length", vit.table.rows * vit.table.columns},
                {"image_token_index", image_id},
                {"model_type", "llava"},
                {"multimodal_projector_bias", store.has(k_projector_prefix + "0.bias")},
                {"projector_hidden_act", "gelu"},
                {"text_config", text_config(parts.llm / "config.json", rows)},
                {"tie_word_embeddings", config.tied},
                {"torch_dtype", type_name(form.dtype)},
                {"vision_config", vision_config(clip.config)},
                {"vision_feature_layer", parts.encoder.tap},
                {"vision_feature_select_strategy", "default"}});
}

}  // namespace lvr::vlm
