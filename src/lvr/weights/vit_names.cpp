// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/vit_names.hpp>

#include <utility>

namespace lvr::weights {
namespace {

using Action = NameRow::Action;

/// Collects rows, once for each way in which a model may be called in the model around it.
class Rows {
  public:
    explicit Rows(std::vector<std::string> prefixes) : prefixes_(std::move(prefixes)) {}

    void rename(const std::string& source, const std::string& target) {
        for (const auto& prefix : prefixes_) map_.push_back({{prefix + source}, target, Action::rename});
    }

    void weight_and_bias(const std::string& source, const std::string& target) {
        rename(source + ".weight", target + ".weight");
        rename(source + ".bias", target + ".bias");
    }

    void concat(const std::string& block, const std::vector<std::string>& parts, const std::string& target) {
        for (const char* end : {".weight", ".bias"}) {
            for (const auto& prefix : prefixes_) {
                NameRow row{{}, target + end, Action::concat};
                for (const auto& part : parts) row.sources.push_back(prefix + block + part + end);
                map_.push_back(std::move(row));
            }
        }
    }

    void drop(const std::string& source) {
        for (const auto& prefix : prefixes_) drop_outside(prefix + source);
    }

    /// What belongs to the model around.
    void drop_outside(const std::string& source) { map_.push_back({{source}, "", Action::drop}); }

    NameMap map() && { return std::move(map_); }

  private:
    std::vector<std::string> prefixes_;
    NameMap map_;
};

/// What CLIP's and SigLIP's vision transformers share.
Rows clip_like() {
    Rows rows({"vision_model.", ""});
    rows.weight_and_bias("embeddings.patch_embedding", "patch");
    rows.rename("embeddings.position_embedding.weight", "positions");
    const std::string block = "encoder.layers.{}.";
    rows.weight_and_bias(block + "layer_norm1", "blocks.{}.norm1");
    rows.concat(block + "self_attn.", {"q_proj", "k_proj", "v_proj"}, "blocks.{}.attention.qkv");
    rows.weight_and_bias(block + "self_attn.out_proj", "blocks.{}.attention.out");
    rows.weight_and_bias(block + "layer_norm2", "blocks.{}.norm2");
    rows.weight_and_bias(block + "mlp.fc1", "blocks.{}.mlp.up");
    rows.weight_and_bias(block + "mlp.fc2", "blocks.{}.mlp.down");
    rows.drop("embeddings.position_ids");
    rows.drop("post_layernorm.*");
    for (const char* source : {"text_model.*", "logit_scale", "classifier.*"}) rows.drop_outside(source);
    return rows;
}

}  // namespace

NameMap clip_vision_names() {
    Rows rows = clip_like();
    rows.rename("embeddings.class_embedding", "class_token");
    rows.weight_and_bias("pre_layrnorm", "pre_norm");  // so it is spelt
    for (const char* source : {"visual_projection.*", "text_projection.*"}) rows.drop_outside(source);
    return std::move(rows).map();
}

NameMap siglip_vision_names() {
    Rows rows = clip_like();
    rows.drop("head.*");
    rows.drop_outside("logit_bias");
    return std::move(rows).map();
}

NameMap dinov2_names() {
    Rows rows({"", "dinov2.", "dinov2_with_registers."});
    rows.weight_and_bias("embeddings.patch_embeddings.projection", "patch");
    rows.rename("embeddings.cls_token", "class_token");
    rows.rename("embeddings.register_tokens", "register_tokens");
    rows.rename("embeddings.position_embeddings", "positions");
    const std::string block = "encoder.layer.{}.";
    rows.weight_and_bias(block + "norm1", "blocks.{}.norm1");
    rows.concat(block + "attention.attention.", {"query", "key", "value"}, "blocks.{}.attention.qkv");
    rows.weight_and_bias(block + "attention.output.dense", "blocks.{}.attention.out");
    rows.rename(block + "layer_scale1.lambda1", "blocks.{}.scale1");
    rows.weight_and_bias(block + "norm2", "blocks.{}.norm2");
    rows.weight_and_bias(block + "mlp.fc1", "blocks.{}.mlp.up");
    rows.weight_and_bias(block + "mlp.fc2", "blocks.{}.mlp.down");
    rows.weight_and_bias(block + "mlp.weights_in", "blocks.{}.mlp.up");
    rows.weight_and_bias(block + "mlp.weights_out", "blocks.{}.mlp.down");
    rows.rename(block + "layer_scale2.lambda1", "blocks.{}.scale2");
    for (const char* source : {"embeddings.mask_token", "layernorm.*", "pooler.*"}) rows.drop(source);
    rows.drop_outside("classifier.*");
    return std::move(rows).map();
}

}  // namespace lvr::weights
