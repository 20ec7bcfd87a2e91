// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::encoders {

/// What a command changes of the cards that it names, and of their parts.
struct CardOverrides {
    std::int64_t size = 0;  ///< 0: as the card says
    std::optional<std::int64_t> tap;
    std::string dtype;            ///< empty: as the card says
    std::string position_resize;  ///< likewise
};

/// Where and how an encoder is built.
struct BuildOptions {
    std::filesystem::path models;  ///< where hub ids are looked up first
    at::Device device = at::kCPU;
    bool fingerprint = true;  ///< the weights' SHA-256 goes into the identity: the files are read once more
    bool verify = false;      ///< also that files in the hub's cache are what their names say
    CardOverrides overrides = {};
};

/// The encoder of a card, with its weights loaded and checked. A part of a fused card is a card's id, or a
/// file, and is read with the same protocol.
/// @throws Error (input) for a snapshot that is missing or does not fit, (usage) for an impossible card
std::shared_ptr<const Encoder> build_encoder(const EncoderCard& card, const BuildOptions& options);

}  // namespace lvr::encoders
