// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/encoders/vit_encoder.hpp>
#include <lvr/par/together.hpp>
#include <lvr/train/parameter_buckets.hpp>
#include <lvr/train/stage_loop.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::train {
namespace {

namespace fs = std::filesystem;

/// What decides the features, as far as it is known without building the encoder.
/// Files of parts as they are found from here, not from the card's own folder: who reads this has no card.
core::Json card_of(encoders::EncoderCard card) {
    for (auto& part : card.parts) {
        if (part.ends_with(".toml")) part = (card.file.parent_path() / part).string();
    }
    return core::to_json(card.fields());
}

std::string hash_of_first(const Stage& stage) {
    const fs::path file = stage.first_projector();
    return file.empty() ? "" : core::sha256_of_file(file);
}

nn::Projector first_projector(const Stage& stage, const ImageFeatures& images) {
    const ProjectorShape shape{images.channels(), stage.llm.config.width,
                               projector_layers(stage.config.projector)};
    const fs::path file = stage.first_projector();
    if (file.empty()) {
        auto fresh = fresh_projector(shape, static_cast<std::uint64_t>(stage.config.seed));
        for (auto& layer : fresh.layers) {
            layer.weight_OI = layer.weight_OI.to(stage.resources.device, stage.dtype());
            layer.bias_O = layer.bias_O.to(stage.resources.device, stage.dtype());
        }
        return fresh;
    }
    auto projector = nn::read_projector(weights::Checkpoint::open(file), file.string(), stage.dtype(),
                                        stage.resources.device);
    const auto layers = static_cast<std::int64_t>(projector.layers.size());
    if (layers != shape.layers)
        throw core::usage_error(fmt::format("{}: has {} layers, --projector {} has {}", file.string(), layers,
                                            stage.config.projector, shape.layers),
                                "stage 2 goes on with stage 1's projector", "give --projector as in stage 1");
    if (projector.inputs() == shape.inputs) return projector;
    throw core::input_error(fmt::format("{}: takes {} channels, {} gives {}", file.string(),
                                        projector.inputs(), stage.representation.id(), shape.inputs),
                            "it was trained for another representation",
                            "name the projector of " + stage.representation.id());
}

}  // namespace

fs::path Stage::model_folder() const { return fs::path(config.out) / representation.id(); }

fs::path Stage::folder() const { return model_folder() / name(); }

fs::path Stage::first_projector() const {
    if (!trains_llm) return {};
    if (!config.projector_from.empty()) {
        const fs::path from = config.projector_from;
        return fs::is_directory(from) ? from / "projector.safetensors" : from;
    }
    const fs::path aligned = model_folder() / "align" / "projector.safetensors";
    if (fs::exists(aligned)) return aligned;
    if (config.dry_run) return {};
    throw core::input_error(aligned.string() + ": there is no such file",
                            "stage 2 begins with stage 1's projector",
                            "run lvr-train align first, or name one with --projector-from");
}

std::int64_t Stage::micro_batch() const {
    if (settings.micro_batch > 0) return settings.micro_batch;
    const auto fits = [&](std::int64_t size) {
        return settings.loss_batch % size == 0 && settings.batch / size % group.size() == 0;
    };
    for (auto size = settings.loss_batch; size > 1; --size)
        if (fits(size)) return size;
    return fits(1) ? 1 : settings.loss_batch;  // which slots_of refuses
}

Stage Stage::among(const par::Comm& ranks) const {
    Stage stage{config, settings, trains_llm, representation, llm, resources, ranks, expect_held};
    par::together(ranks, [&] {
        if (ranks.rank() == 0) stage.data_sha256 = core::sha256_of_file(settings.data);
    });
    ranks.broadcast(stage.data_sha256);
    return stage;
}

OrderSettings Stage::order() const {
    return {.batch = settings.batch,
            .loss_batch = settings.loss_batch,
            .epochs = settings.epochs,
            .seed = static_cast<std::uint64_t>(config.seed),
            .rule = order_rule(settings.order),
            .bad = bad_samples(config.bad_samples)};
}

at::ScalarType Stage::dtype() const { return encoders::dtype_named(config.dtype); }

vlm::TokeniseOptions Stage::tokenising() const {
    // Of ChatML no masks were published.
    const bool published = config.has_published_masks() && settings.form != "chatml";
    return {.masks = published ? vlm::MaskRule::published : vlm::MaskRule::corrected,
            .longest = config.longest};
}

vlm::CollateOptions Stage::collating() const {
    return {
        .longest = config.longest, .padding = vlm::padding_id(*llm.tokenizer), .masks = tokenising().masks};
}

core::Json Stage::identity() const {
    return {{"stage", name()},
            {"representation", representation.id()},
            {"protocol", representation.card().protocol},
            {"form", settings.form},
            {"batch", settings.batch},
            {"loss_batch", settings.loss_batch},
            {"learning_rate", settings.learning_rate},
            {"warmup", settings.warmup},
            {"epochs", settings.epochs},
            {"updates", settings.updates},
            {"order", settings.order},
            {"masks", tokenising().masks == vlm::MaskRule::published ? "published" : "corrected"},
            {"rope", config.has_bfloat16_rope() ? "bfloat16" : "float32"},
            {"average", config.averages_tokens() ? "tokens" : "loss_batch"},
            {"clip_norm", config.most_norm()},
            {"longest", config.longest},
            {"longest_spliced", config.most_positions()},
            {"projector", config.projector},
            {"llm_sha256", llm.sha256},
            {"first_projector_sha256", hash_of_first(*this)},
            {"data_sha256", data_sha256},
            {"card", card_of(representation.card())},
            {"seed", config.seed},
            {"dtype", config.dtype}};
}

StageData::StageData(const Stage& stage) {
    vlm::check_form(vlm::find_template(stage.settings.form), stage.tokenising().masks, *stage.llm.tokenizer);
    data::LlavaIndex index;
    par::together(stage.group, [&] {
        if (stage.group.rank() == 0) index = data::index_llava(stage.settings.data);
    });
    stage.group.broadcast(index);
    list = std::make_unique<const data::LlavaList>(std::move(index));
    order = std::make_unique<const SampleOrder>(list->index(), stage.order());
    images = par::together(
        stage.group, [&] { return stage.representation.features(stage.settings, stage.group.rank() == 0); });
    identity = {{"features", images->identity()}};
    // Only rank 0 read the hashes of the encoder's files.
    std::string text = identity.dump();
    stage.group.broadcast(text);
    identity = core::parse_json(text, "the identity of the data");
    if (stage.group.rank() != 0) return;
    for (const auto& note : order->notes()) core::warn("{}: {}", stage.settings.data, note);
}

StageModel::StageModel(const Stage& stage, const ImageFeatures& images, comm::TensorComm& comm) {
    const auto& config = stage.config;
    auto projector = first_projector(stage, images);
    for (const auto& layer : projector.layers) projector_weights += layer.weight_OI.numel();
    auto whole = vlm::mllm_store(stage.llm.load(stage.dtype(), stage.resources.device), projector);
    projector.layers.clear();
    const auto names = vlm::trained_names(stage.llm.config, whole, stage.trains_llm);
    auto laid = lay_out(std::move(whole), names,
                        {.parts = comm.size(), .dtype = stage.dtype(), .device = stage.resources.device});
    store = std::move(laid.store);
    optimizer = std::make_unique<ShardedOptimizer>(
        std::move(laid.buckets), comm,
        OptimizerSpec{.zero = static_cast<ZeroStage>(config.zero), .most_norm = config.most_norm()});
    mllm = vlm::make_mllm(stage.llm.config, store);
}

}  // namespace lvr::train
