// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <lvr/nn/vit.hpp>
#include <lvr/weights/name_map.hpp>
#include <lvr/weights/snapshot.hpp>

namespace lvr::encoders {

/// What a snapshot's config.json says of its vision transformer.
struct ViTSnapshot {
    std::string family;    ///< "clip", "siglip" or "dinov2": whose preprocessor and names
    nn::ViTConfig config;  ///< with all layers, and the grid of the model's own image size
    weights::NameMap names;
    std::int64_t image_size = 0;  ///< pixels on a side
};

/// Reads CLIP, SigLIP (also SigLIP2 of fixed resolution), DINOv2 and DINOv2 with registers, of any size; keys
/// that are absent have the defaults of transformers.
/// @throws Error (input) for another model_type, and for keys of wrong types or impossible values
ViTSnapshot read_vit(const weights::Snapshot& snapshot);

}  // namespace lvr::encoders
