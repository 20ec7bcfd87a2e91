// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/vit_snapshot.hpp>

#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/weights/config_keys.hpp>
#include <lvr/weights/vit_names.hpp>

namespace lvr::encoders {
namespace {

using core::Json;
using Config = weights::ConfigKeys;

/// What differs between families where config.json is silent.
struct Family {
    std::string name;
    std::int64_t width, layers, heads, patch, image;
    const char* activation;
    double eps;
};

const Family k_clip = {"clip", 768, 12, 12, 32, 224, "quick_gelu", 1e-5};
const Family k_siglip = {"siglip", 768, 12, 12, 16, 224, "gelu_pytorch_tanh", 1e-6};
const Family k_dinov2 = {"dinov2", 768, 12, 12, 14, 224, "gelu", 1e-6};
const Family k_dinov2_with_registers = {"dinov2", 768, 12, 12, 16, 224, "gelu", 1e-6};

ViTSnapshot read_common(const Config& config, const Family& family) {
    ViTSnapshot snapshot{.family = family.name};
    auto& vit = snapshot.config;
    vit.width = config.count("hidden_size", family.width);
    vit.layers = config.count("num_hidden_layers", family.layers);
    vit.heads = config.count("num_attention_heads", family.heads);
    vit.patch = config.side("patch_size", family.patch);
    const bool is_gated = config.flag("use_swiglu_ffn", false);  // then it is silu, whatever hidden_act says
    if (!is_gated)
        vit.activation = nn::activation_named(config.text("hidden_act", family.activation), config.where());
    vit.eps = config.real("layer_norm_eps", family.eps);
    if (config.count("num_channels", 3) != 3) config.fail("num_channels", "not 3");
    snapshot.image_size = config.side("image_size", family.image);
    if (vit.patch == 0 || snapshot.image_size < vit.patch)
        config.fail("image_size", "smaller than one patch");
    const auto side = snapshot.image_size / vit.patch;
    vit.table = vit.grid = {side, side};
    return snapshot;
}

ViTSnapshot read_clip(const Config& config) {
    auto snapshot = read_common(config, k_clip);
    snapshot.config.mlp_width = config.count("intermediate_size", 4 * k_clip.width);
    snapshot.config.class_token = snapshot.config.pre_norm = true;
    snapshot.config.patch_bias = false;
    snapshot.names = weights::clip_vision_names();
    return snapshot;
}

ViTSnapshot read_siglip(const Config& config) {
    auto snapshot = read_common(config, k_siglip);
    snapshot.config.mlp_width = config.count("intermediate_size", 4 * k_siglip.width);
    snapshot.names = weights::siglip_vision_names();
    return snapshot;
}

/// Dinov2SwiGLUFFN: two thirds of the plain width, rounded up to a multiple of 8.
std::int64_t swiglu_width(std::int64_t plain) { return (plain * 2 / 3 + 7) / 8 * 8; }

ViTSnapshot read_dinov2(const Config& config, bool registers) {
    auto snapshot = read_common(config, registers ? k_dinov2_with_registers : k_dinov2);
    auto& vit = snapshot.config;
    const auto plain =
        static_cast<std::int64_t>(static_cast<double>(vit.width) * config.real("mlp_ratio", 4));
    vit.swiglu = config.flag("use_swiglu_ffn", false);
    vit.mlp_width = vit.swiglu ? swiglu_width(plain) : plain;
    vit.class_token = vit.layer_scale = true;
    vit.qkv_bias = config.flag("qkv_bias", true);
    vit.register_tokens = registers ? config.count("num_register_tokens", 4) : 0;
    vit.position_resize = registers ? nn::PositionResize::size_antialiased : nn::PositionResize::size;
    snapshot.names = weights::dinov2_names();
    return snapshot;
}

/// The image tower's keys; where an old file has them twice, transformers takes the dictionary.
const Json& vision_part(const Json& config) {
    for (const char* key : {"vision_config_dict", "vision_config"}) {
        if (config.contains(key) && config.at(key).is_object()) return config.at(key);
    }
    return config;
}

}  // namespace

ViTSnapshot read_vit(const weights::Snapshot& snapshot) {
    const std::string where = (snapshot.folder / "config.json").string();
    const Config whole(snapshot.config, where);
    const std::string type = whole.text("model_type", "");
    const Config vision(vision_part(snapshot.config), where);
    if (type == "clip" || type == "clip_vision_model") return read_clip(vision);
    if (type == "siglip" || type == "siglip_vision_model") return read_siglip(vision);
    if (type == "dinov2") return read_dinov2(whole, false);
    if (type == "dinov2_with_registers") return read_dinov2(whole, true);
    throw core::input_error(fmt::format("{}: the model type '{}' is not one of ours", where, type),
                            "we do not know how its vision encoder is built",
                            "use a snapshot of clip, siglip, dinov2 or dinov2_with_registers");
}

}  // namespace lvr::encoders
