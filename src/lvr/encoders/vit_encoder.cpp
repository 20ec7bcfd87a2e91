// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/vit_encoder.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/encoders/vit_snapshot.hpp>
#include <lvr/kernels/normalise.hpp>
#include <lvr/kernels/one_core.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::encoders {
namespace {

std::optional<at::ScalarType> dtype_or_none(const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(dtype_named(name));
}

/// A card and a snapshot put together: what is computed, and how.
struct Plan {
    ViTSnapshot snapshot;
    ImageTransform transform;
    std::filesystem::path folder;
    PixelSize pixels;
    std::int64_t all_layers = 0;
};

ImageTransform transform_of(const EncoderCard& card, const weights::Snapshot& snapshot,
                            const std::string& family) {
    const std::string where = (snapshot.folder / "preprocessor_config.json").string();
    const bool needs_file = card.resize == "processor" || card.normalise == "processor";
    if (needs_file && snapshot.preprocessor.is_null()) {
        throw core::input_error(
            where + ": is missing", "how pictures are resized and normalised is not known",
            "copy it from the hub, or use a card with resize = \"squash\" and normalise = \"plain\"");
    }
    ImageTransform transform;
    if (needs_file) transform = transform_from(snapshot.preprocessor, family, where);
    if (card.size > 0) transform.geometry = scaled_to(transform.geometry, card.size);
    if (card.resize == "squash") {
        transform.geometry = {
            .resize = ImageGeometry::Resize::exact, .height = card.size, .width = card.size};
    }
    transform.geometry.order =
        card.resize_order == "rows_first" ? data::PassOrder::rows_first : data::PassOrder::pillow_13;
    transform.normalisation.plain = card.normalise == "plain";
    return transform;
}

/// How many blocks lie before the tapped hidden state.
std::int64_t layers_to(std::int64_t tap, std::int64_t layers, const std::string& id) {
    const std::int64_t wanted = tap < 0 ? layers + 1 + tap : tap;
    if (wanted >= 0 && wanted <= layers) return wanted;
    throw core::usage_error(fmt::format("{}: there is no hidden state {}", id, tap),
                            fmt::format("the model has {} blocks, so {} states, 0 to {} or -1 to {}", layers,
                                        layers + 1, layers, -layers - 1),
                            "choose another --tap");
}

Plan plan_of(const EncoderCard& card, const BuildOptions& options) {
    const auto snapshot = weights::open_snapshot(card.snapshot, options.models);
    Plan plan{.snapshot = read_vit(snapshot), .folder = snapshot.folder};
    if (!card.family.empty() && card.family != plan.snapshot.family) {
        throw core::input_error(
            fmt::format("{}: is a {} model, the card {} is for {}", snapshot.folder.string(),
                        plan.snapshot.family, card.id, card.family),
            "", "name the right snapshot");
    }
    plan.transform = transform_of(card, snapshot, plan.snapshot.family);
    auto& vit = plan.snapshot.config;
    plan.all_layers = vit.layers;
    vit.layers = layers_to(card.tap, vit.layers, card.id);
    plan.pixels = output_size(plan.transform.geometry);
    if (plan.pixels.height == 0) plan.pixels = {plan.snapshot.image_size, plan.snapshot.image_size};
    vit.grid = {plan.pixels.height / vit.patch, plan.pixels.width / vit.patch};
    if (!card.position_resize.empty() && vit.position_resize == nn::PositionResize::none) {
        throw core::usage_error(card.id + ": position_resize is for DINOv2",
                                plan.snapshot.family + " has no rule for other sizes", "leave it out");
    }
    if (card.position_resize == "scale_0.1") vit.position_resize = nn::PositionResize::scale_0_1;
    vit.validate((snapshot.folder / "config.json").string());
    return plan;
}

core::Json identity_of(const EncoderCard& card, const Plan& plan, const std::string& weights) {
    return {{"family", plan.snapshot.family},
            {"protocol", card.protocol},
            {"weights_sha256", weights},
            {"of_layers", plan.all_layers},
            {"model", nn::to_json(plan.snapshot.config)},
            {"dtype", card.dtype},
            {"weights_through", card.weights_through},
            {"pixels_through", card.pixels_through},
            {"features_through", card.features_through},
            {"pixels", to_json(plan.transform)}};
}

class ViTEncoder : public Encoder {
  public:
    ViTEncoder(const EncoderCard& card, const Plan& plan, const BuildOptions& options)
        : config_(plan.snapshot.config),
          inputs_{{plan.transform.geometry, plan.pixels}},
          parameters_(nn::parameter_count(nn::vit_shapes(config_))),
          features_through_(dtype_or_none(card.features_through)) {
        const auto checkpoint = weights::Checkpoint::open(plan.folder);
        if (options.verify) weights::verify(checkpoint);
        const std::string fingerprint = options.fingerprint ? weights::fingerprint(checkpoint) : "";
        model_ = nn::make_vit(config_, load(card, plan, checkpoint, options.device));
        levels_3L_ = make_levels(card, plan, options.device);
        identity_ = identity_of(card, plan, fingerprint);
    }

    std::int64_t tokens() const override { return config_.patch_tokens(); }
    std::int64_t channels() const override { return config_.width; }
    std::int64_t parameters() const override { return parameters_; }
    const std::vector<ImageInput>& inputs() const override { return inputs_; }
    core::Json identity() const override { return identity_; }

    at::Tensor encode(const std::vector<at::Tensor>& pixels_BHW3) const override {
        core::ensure(pixels_BHW3.size() == 1, "a vision transformer has one input");
        const auto& pixels = pixels_BHW3.front();
        const c10::InferenceMode guard;
        if (!pixels.is_cpu()) return encode_some(pixels);
        const auto batch = pixels.size(0);
        auto features_BTD = at::empty({batch, tokens(), channels()}, model_.patch.weight_OI.options());
        // Inside a parallel region each operation keeps to its own core; a lone item would not open one.
        at::parallel_for(0, std::max<std::int64_t>(batch, 2), 1, [&](std::int64_t begin, std::int64_t end) {
            const c10::InferenceMode of_this_thread;
            const kernels::OneCore one_core;
            for (auto i = begin; i < std::min(end, batch); ++i)
                features_BTD[i].copy_(encode_some(pixels.narrow(0, i, 1))[0]);
        });
        return features_BTD;
    }

  private:
    weights::WeightStore load(const EncoderCard& card, const Plan& plan,
                              const weights::Checkpoint& checkpoint, at::Device device) const {
        const weights::LoadOptions options{.dtype = dtype_named(card.dtype),
                                           .round_through = dtype_or_none(card.weights_through),
                                           .device = device,
                                           .layers = config_.layers};
        return weights::load_weights(checkpoint, plan.snapshot.names, nn::vit_shapes(config_), options);
    }

    static at::Tensor make_levels(const EncoderCard& card, const Plan& plan, at::Device device) {
        auto table = levels(plan.transform.normalisation);
        auto levels_3L = at::from_blob(table.data(), {3, 256}, at::kFloat).clone();
        if (const auto through = dtype_or_none(card.pixels_through)) levels_3L = levels_3L.to(*through);
        return levels_3L.to(device, dtype_named(card.dtype));
    }

    at::Tensor encode_some(const at::Tensor& pixels_BHW3) const {
        const auto pixels_B3HW = kernels::normalise(pixels_BHW3, levels_3L_);
        at::Tensor features = nn::patch_tokens(model_, nn::vit_forward(model_, pixels_B3HW));
        if (features_through_)
            features = features.to(*features_through_).to(model_.patch.weight_OI.scalar_type());
        return features;
    }

    nn::ViTConfig config_;
    std::vector<ImageInput> inputs_;
    std::int64_t parameters_;
    std::optional<at::ScalarType> features_through_;
    nn::ViT model_;
    at::Tensor levels_3L_;
    core::Json identity_;
};

}  // namespace

at::ScalarType dtype_named(const std::string& name) {
    if (name == "float32") return at::kFloat;
    if (name == "bfloat16") return at::kBFloat16;
    if (name == "float16") return at::kHalf;
    throw core::usage_error("unknown dtype '" + name + "'", "", "use float32, bfloat16 or float16");
}

std::shared_ptr<const Encoder> make_vit_encoder(const EncoderCard& card, const BuildOptions& options) {
    return std::make_shared<ViTEncoder>(card, plan_of(card, options), options);
}

}  // namespace lvr::encoders
