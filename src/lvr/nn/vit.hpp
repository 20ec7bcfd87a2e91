// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/nn/attention.hpp>
#include <lvr/nn/layers.hpp>
#include <lvr/nn/positions.hpp>
#include <lvr/weights/name_map.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::nn {

// Shapes: B pictures, H x W pixels, T patch tokens (row by row over the patch grid), P prefix tokens (class
// token, then registers), L = P + T tokens, C channels (width).

/// One vision transformer, up to and with the block that is tapped.
struct ViTConfig {
    std::int64_t width = 768;  ///< C
    std::int64_t layers = 12;  ///< blocks that are computed; those behind the tap are left out
    std::int64_t heads = 12;
    std::int64_t mlp_width = 3072;     ///< with swiglu: of the gated half
    std::int64_t patch = 16;           ///< pixels on a side
    Grid table = {14, 14};             ///< of the stored positions
    Grid grid = {14, 14};              ///< of the input: pixels / patch, rounded down
    bool class_token = false;          ///< a first token with a position of its own
    std::int64_t register_tokens = 0;  ///< behind the class token, without positions
    bool patch_bias = true;
    bool pre_norm = false;     ///< LayerNorm ahead of the first block (CLIP)
    bool layer_scale = false;  ///< a learned factor per channel behind attention and MLP (DINOv2)
    bool qkv_bias = true;
    bool swiglu = false;  ///< silu(a) * b instead of activation(a) (DINOv2-giant)
    Activation activation = Activation::gelu;
    double eps = 1e-6;  ///< of every LayerNorm
    PositionResize position_resize = PositionResize::none;

    std::int64_t prefix_tokens() const { return (class_token ? 1 : 0) + register_tokens; }
    std::int64_t patch_tokens() const { return grid.rows * grid.columns; }
    /// @param where the file that says so, for messages
    /// @throws Error (input) naming what is impossible, e.g. a width that the heads do not divide
    void validate(const std::string& where) const;
};

/// All that decides the features besides weights and pixels, for provenance.
core::Json to_json(const ViTConfig& config);

/// The tensors that such a model asks its store for, by canonical name.
weights::Shapes vit_shapes(const ViTConfig& config);

struct ViTBlock {
    Norm norm1, norm2;
    SelfAttention attention;
    Mlp mlp;
    at::Tensor scale1_C,
        scale2_C;  ///< undefined without layer_scale, or where they were folded into the maps
};

/// The model as handles on tensors of one dtype on one device.
struct ViT {
    ViTConfig config;
    Linear patch;             ///< [C, 3 * patch * patch]
    at::Tensor prefix_PC;     ///< class token with its position, registers; undefined if there are none
    at::Tensor positions_TC;  ///< for the input's grid
    Norm pre_norm;
    std::vector<ViTBlock> blocks;
};

/// @throws Error (input) if a tensor is missing or has another shape
ViT make_vit(const ViTConfig& config, const weights::WeightStore& store);

/// What the tapped block gives, without a final norm.
/// @param pixels [B, 3, H, W], normalised, of the model's dtype and device @return [B, L, C]
at::Tensor vit_forward(const ViT& model, const at::Tensor& pixels_B3HW);

/// The patch tokens alone. @return [B, T, C], a view
at::Tensor patch_tokens(const ViT& model, const at::Tensor& tokens_BLC);

/// The parameters that a store for this model holds, in numbers.
std::int64_t parameter_count(const weights::Shapes& shapes);

}  // namespace lvr::nn
