// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/vit.hpp>

#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/nn/positions.hpp>

namespace lvr::nn {
namespace {

constexpr std::int64_t k_colours = 3;

std::string block_name(std::int64_t index) { return fmt::format("blocks.{}.", index); }

void add_linear(weights::Shapes& shapes, const std::string& name, std::int64_t out, std::int64_t in,
                bool bias = true) {
    shapes[name + ".weight"] = {out, in};
    if (bias) shapes[name + ".bias"] = {out};
}

void add_norm(weights::Shapes& shapes, const std::string& name, std::int64_t width) {
    shapes[name + ".weight"] = {width};
    shapes[name + ".bias"] = {width};
}

std::int64_t up_width(const ViTConfig& config) { return config.mlp_width * (config.swiglu ? 2 : 1); }

std::int64_t table_rows(const ViTConfig& config) {
    return config.table.rows * config.table.columns + (config.class_token ? 1 : 0);
}

void add_block(weights::Shapes& shapes, const ViTConfig& config, const std::string& name) {
    const auto width = config.width;
    add_norm(shapes, name + "norm1", width);
    add_linear(shapes, name + "attention.qkv", 3 * width, width, config.qkv_bias);
    add_linear(shapes, name + "attention.out", width, width);
    add_norm(shapes, name + "norm2", width);
    add_linear(shapes, name + "mlp.up", up_width(config), width);
    add_linear(shapes, name + "mlp.down", width, config.mlp_width);
    if (!config.layer_scale) return;
    shapes[name + "scale1"] = {width};
    shapes[name + "scale2"] = {width};
}

/// A factor per channel behind a linear map, put into the map: exact but for rounding, so in float32 only.
/// The store keeps its own tensors.
void fold(at::Tensor& scale_C, Linear& linear) {
    if (!scale_C.defined() || scale_C.scalar_type() != at::kFloat) return;
    linear.weight_OI = linear.weight_OI.mul(scale_C.unsqueeze(1));
    if (linear.bias_O.defined()) linear.bias_O = linear.bias_O.mul(scale_C);
    scale_C = at::Tensor();
}

ViTBlock make_block(const ViTConfig& config, const weights::WeightStore& store, const std::string& name) {
    const auto width = config.width;
    ViTBlock block;
    block.norm1 = norm_from(store, name + "norm1", width, config.eps);
    block.norm2 = norm_from(store, name + "norm2", width, config.eps);
    block.attention = self_attention_from(store, name + "attention",
                                          {.width = width,
                                           .heads = config.heads,
                                           .kv_heads = config.heads,
                                           .head_width = width / config.heads,
                                           .qkv_bias = config.qkv_bias});
    block.mlp = {linear_from(store, name + "mlp.up", up_width(config), width),
                 linear_from(store, name + "mlp.down", width, config.mlp_width),
                 config.swiglu ? Activation::silu : config.activation, config.swiglu};
    if (config.layer_scale) {
        block.scale1_C = store.get(name + "scale1", {width});
        block.scale2_C = store.get(name + "scale2", {width});
        fold(block.scale1_C, block.attention.out);
        fold(block.scale2_C, block.mlp.down);
    }
    return block;
}

/// Class token with its position, then the registers, which have none.
at::Tensor prefix_from(const ViTConfig& config, const weights::WeightStore& store, const at::Tensor& table) {
    std::vector<at::Tensor> rows;
    if (config.class_token)
        rows.push_back(store.get("class_token", {config.width}).add(table[0]).unsqueeze(0));
    if (config.register_tokens > 0)
        rows.push_back(store.get("register_tokens", {config.register_tokens, config.width}));
    return rows.empty() ? at::Tensor() : at::cat(rows);
}

/// x += scale * branch
void add_scaled(at::Tensor& x, at::Tensor branch, const at::Tensor& scale_C) { x.add_(branch.mul_(scale_C)); }

/// In place: x is the caller's own.
void block_forward(const ViTBlock& block, at::Tensor& x_BLC) {
    const auto mixed = mix(block.attention, apply(block.norm1, x_BLC));
    if (block.scale1_C.defined()) {
        add_scaled(x_BLC, apply(block.attention.out, mixed), block.scale1_C);
    } else {
        add_to(x_BLC, block.attention.out, mixed);
    }
    const auto normed = apply(block.norm2, x_BLC);
    if (block.scale2_C.defined()) {
        add_scaled(x_BLC, apply(block.mlp, normed), block.scale2_C);
    } else {
        add_to(x_BLC, block.mlp, normed);
    }
}

/// The pixels of each patch side by side, as the convolution's weight has them. @return [B, T, 3 * patch *
/// patch]
at::Tensor unfolded(const ViTConfig& config, const at::Tensor& pixels_B3HW) {
    const auto [rows, columns] = config.grid;
    const auto side = config.patch;
    return pixels_B3HW.narrow(2, 0, rows * side)
        .narrow(3, 0, columns * side)
        .reshape({pixels_B3HW.size(0), k_colours, rows, side, columns, side})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({pixels_B3HW.size(0), rows * columns, k_colours * side * side});
}

at::Tensor embed(const ViT& model, const at::Tensor& pixels_B3HW) {
    at::Tensor x = apply(model.patch, unfolded(model.config, pixels_B3HW)).add_(model.positions_TC);
    if (model.prefix_PC.defined())
        x = at::cat({model.prefix_PC.unsqueeze(0).expand({x.size(0), -1, -1}), x}, 1);
    return model.config.pre_norm ? apply(model.pre_norm, x) : x;
}

}  // namespace

void ViTConfig::validate(const std::string& where) const {
    const auto demand = [&](bool condition, const std::string& problem) {
        if (!condition) throw core::input_error(where + ": " + problem, "", "correct config.json");
    };
    demand(width > 0 && heads > 0 && width % heads == 0,
           fmt::format("{} channels cannot be shared by {} heads", width, heads));
    demand(layers >= 0 && mlp_width > 0 && patch > 0 && register_tokens >= 0 && eps >= 0,
           "a size is zero or negative");
    demand(grid.rows > 0 && grid.columns > 0 && table.rows > 0 && table.columns > 0,
           "the input is smaller than one patch");
    demand(register_tokens == 0 || class_token, "registers without a class token");
    if (position_resize != PositionResize::none || grid == table) return;
    throw core::input_error(
        fmt::format("{}: the input has {} x {} patches, the positions are for {} x {}", where, grid.rows,
                    grid.columns, table.rows, table.columns),
        "this family has no rule for other sizes",
        "leave out --size (in a card: size), and the input is what the snapshot's own files say");
}

core::Json to_json(const ViTConfig& config) {
    return {{"width", config.width},
            {"layers", config.layers},
            {"heads", config.heads},
            {"mlp_width", config.mlp_width},
            {"patch", config.patch},
            {"table", {config.table.rows, config.table.columns}},
            {"grid", {config.grid.rows, config.grid.columns}},
            {"class_token", config.class_token},
            {"register_tokens", config.register_tokens},
            {"patch_bias", config.patch_bias},
            {"pre_norm", config.pre_norm},
            {"layer_scale", config.layer_scale},
            {"qkv_bias", config.qkv_bias},
            {"swiglu", config.swiglu},
            {"activation", name_of(config.activation)},
            {"eps", config.eps},
            {"position_resize", name_of(config.position_resize)}};
}

weights::Shapes vit_shapes(const ViTConfig& config) {
    weights::Shapes shapes;
    shapes["patch.weight"] = {config.width, k_colours, config.patch, config.patch};
    if (config.patch_bias) shapes["patch.bias"] = {config.width};
    shapes["positions"] = {table_rows(config), config.width};
    if (config.class_token) shapes["class_token"] = {config.width};
    if (config.register_tokens > 0) shapes["register_tokens"] = {config.register_tokens, config.width};
    if (config.pre_norm) add_norm(shapes, "pre_norm", config.width);
    for (std::int64_t i = 0; i < config.layers; ++i) add_block(shapes, config, block_name(i));
    return shapes;
}

std::int64_t parameter_count(const weights::Shapes& shapes) {
    std::int64_t count = 0;
    for (const auto& [name, shape] : shapes) {
        std::int64_t values = 1;
        for (const auto extent : shape) values *= extent;
        count += values;
    }
    return count;
}

ViT make_vit(const ViTConfig& config, const weights::WeightStore& store) {
    config.validate("the model's configuration");
    ViT model{.config = config};
    const auto table = store.get("positions", {table_rows(config), config.width});
    const auto learned = config.class_token ? table.narrow(0, 1, table.size(0) - 1) : table;
    model.positions_TC = resize_positions(learned, config.table, config.grid, config.position_resize);
    model.prefix_PC = prefix_from(config, store, table);
    const auto weight = store.get("patch.weight", {config.width, k_colours, config.patch, config.patch});
    model.patch = {weight.view({config.width, -1}),
                   config.patch_bias ? store.get("patch.bias", {config.width}) : at::Tensor()};
    if (config.pre_norm) model.pre_norm = norm_from(store, "pre_norm", config.width, config.eps);
    for (std::int64_t i = 0; i < config.layers; ++i)
        model.blocks.push_back(make_block(config, store, block_name(i)));
    return model;
}

at::Tensor vit_forward(const ViT& model, const at::Tensor& pixels_B3HW) {
    at::Tensor x_BLC = embed(model, pixels_B3HW);
    for (const auto& block : model.blocks) block_forward(block, x_BLC);
    return x_BLC;
}

at::Tensor patch_tokens(const ViT& model, const at::Tensor& tokens_BLC) {
    const auto prefix = model.config.prefix_tokens();
    return tokens_BLC.narrow(1, prefix, tokens_BLC.size(1) - prefix);
}

}  // namespace lvr::nn
