// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/model_source.hpp>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/run/node.hpp>
#include <lvr/run/same_settings.hpp>

namespace lvr::train {

Resources resources_of(const TrainConfig& config, const par::Comm& world) {
    const auto place = run::place_on_node(world);
    return {kernels::choose_device(config.device, place.rank),
            config.threads > 0 ? static_cast<int>(config.threads) : place.threads};
}

LanguageModel open_language_model(const TrainConfig& config, const par::Comm& world) {
    auto model = vlm::open_language_model(config.llm, config.models);
    model.config.rotary.bfloat16_frequencies = config.has_bfloat16_rope();
    if (world.rank() == 0) model.sha256 = model.fingerprint();
    world.broadcast(model.sha256);
    return model;
}

namespace {

/// Features that were computed elsewhere must be those of the card.
void expect_features_of(const encoders::EncoderCard& card, const std::string& models,
                        const std::filesystem::path& folder, const ImageFeatures& features) {
    std::shared_ptr<const encoders::Encoder> encoder;
    try {
        encoder = encoders::build_encoder(card, {.models = models});
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) throw;
        const std::string what = error.what();
        core::warn("{}: not compared with the encoder of {}: {}", folder.string(), card.id,
                   what.substr(0, what.find('\n')));
        return;
    }
    run::expect_same(features.identity().at("encoder"), encoder->identity(),
                     {folder,
                      "these features are of another encoder than --representation, --encoder or "
                      "--snapshot names"});
}

}  // namespace

std::unique_ptr<const ImageFeatures> Representation::features(const StageConfig& stage, bool is_first) {
    if (!stage.features.empty()) {
        const auto folder = std::filesystem::path(stage.features) / card_.id;
        auto cached = make_cached_features(folder, resources_.device);
        if (is_first) expect_features_of(card_, config_.models, folder, *cached);
        return cached;
    }
    if (!encoder_)
        encoder_ = encoders::build_encoder(
            card_, {.models = config_.models, .device = resources_.device, .fingerprint = is_first});
    const auto folder = stage.images.empty() ? std::filesystem::path(stage.data).parent_path()
                                             : std::filesystem::path(stage.images);
    return make_online_features(encoder_, folder.empty() ? "." : folder, resources_.device);
}

std::int64_t projector_layers(const std::string& type) {
    if (type == "linear") return 1;
    const std::string before = "mlp", after = "x_gelu";
    const bool is_mlp =
        type.size() == before.size() + 1 + after.size() && type.starts_with(before) && type.ends_with(after);
    const char layers = is_mlp ? type[before.size()] : '0';
    if (layers >= '1' && layers <= '9') return layers - '0';
    throw core::usage_error(fmt::format("there is no projector '{}'", type), "",
                            "use linear, mlp2x_gelu, mlp3x_gelu, ...");
}

nn::Projector fresh_projector(const ProjectorShape& shape, std::uint64_t seed) {
    nn::Projector projector;
    std::int64_t inputs = shape.inputs;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer, inputs = shape.channels) {
        core::KeyedRng rng(seed, {"projector"}, static_cast<std::uint64_t>(layer));
        const double bound = 1 / std::sqrt(static_cast<double>(inputs));
        const auto drawn = [&](at::IntArrayRef sizes) {
            auto tensor = at::empty(sizes, at::TensorOptions(at::kFloat));
            auto* const values = tensor.data_ptr<float>();
            std::generate(values, values + tensor.numel(),
                          [&] { return static_cast<float>((2 * rng.uniform() - 1) * bound); });
            return tensor;
        };
        auto weight = drawn({shape.channels, inputs});
        projector.layers.push_back({std::move(weight), drawn({shape.channels})});
    }
    return projector;
}

}  // namespace lvr::train
