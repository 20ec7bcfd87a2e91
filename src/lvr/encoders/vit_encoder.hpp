// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <lvr/encoders/build.hpp>
#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::encoders {

/// "float32", "bfloat16" or "float16". @throws Error (usage) for any other text
at::ScalarType dtype_named(const std::string& name);

/// A CLIP, SigLIP or DINOv2 image tower up to the card's tap, without class and register tokens.
std::shared_ptr<const Encoder> make_vit_encoder(const EncoderCard& card, const BuildOptions& options);

}  // namespace lvr::encoders
