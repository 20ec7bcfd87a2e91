// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include <lvr/nn/layers.hpp>

namespace lvr::nn {

/// How a learned grid of positions becomes one of another size.
enum class PositionResize {
    none,              ///< not at all: the input must have the table's grid (CLIP, SigLIP)
    size,              ///< bicubic (a = -0.75) to the grid's size, no antialias (DINOv2 in transformers 5.17)
    size_antialiased,  ///< the same with antialias (DINOv2 with registers)
    scale_0_1          ///< bicubic with the factor (grid + 0.1) / table, as older transformers did (published
                       ///< numbers)
};

/// "none", "size", "size_antialiased", "scale_0.1"
std::string name_of(PositionResize rule);

/// A learned table of positions for a grid of another size; unchanged where the grids agree and the rule
/// allows it
/// (`scale_0_1` resamples even then). In float32, then back to the table's dtype.
/// @param table_NC [rows * columns, C], row by row @return the same for the grid `to`
/// @see transformers 5.17, Dinov2Embeddings.interpolate_pos_encoding and Dinov2WithRegistersEmbeddings'
at::Tensor resize_positions(const at::Tensor& table_NC, Grid from, Grid to, PositionResize rule);

}  // namespace lvr::nn
