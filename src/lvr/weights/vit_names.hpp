// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/weights/name_map.hpp>

namespace lvr::weights {

/// How vision transformers are called in Hugging Face's checkpoints, with and without the names of the models
/// around them. The canonical names:
///   patch.{weight,bias}, class_token [C], register_tokens [R, C], positions [N, C], pre_norm.{weight,bias},
///   blocks.{}.norm1.{weight,bias}, blocks.{}.attention.qkv.{weight,bias} (q, k, v in this order on axis 0),
///   blocks.{}.attention.out.{weight,bias}, blocks.{}.scale1 [C], blocks.{}.norm2.{weight,bias},
///   blocks.{}.mlp.up.{weight,bias}, blocks.{}.mlp.down.{weight,bias}, blocks.{}.scale2 [C].
/// Dropped: text towers, projections, logit scales, the norm and the head after the last block, DINOv2's mask
/// token.
NameMap clip_vision_names();
NameMap siglip_vision_names();
/// DINOv2 with and without registers, with an MLP or SwiGLU (weights_in = up, weights_out = down).
NameMap dinov2_names();

}  // namespace lvr::weights
