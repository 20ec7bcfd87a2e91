// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::encoders {

/// Where and how an encoder is built.
struct BuildOptions {
    std::filesystem::path models;  ///< where hub ids are looked up first
    at::Device device = at::kCPU;
    bool weights = true;  ///< false: only what the configuration says, for --list and --dry-run
};

/// The encoder of a card, with its weights loaded and checked. A part of a fused card is a card's id, or a
/// file, and is read with the same protocol.
/// @throws Error (input) for a snapshot that is missing or does not fit, (usage) for an impossible card
std::shared_ptr<const Encoder> build_encoder(const EncoderCard& card, const BuildOptions& options);

}  // namespace lvr::encoders
