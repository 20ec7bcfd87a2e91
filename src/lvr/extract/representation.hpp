// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/encoder_card.hpp>
#include <lvr/extract/extract_config.hpp>
#include <lvr/files/features.hpp>
#include <lvr/nn/projector.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::extract {

/// One encoder of a run, and how its features are stored.
struct Representation {
    std::string id;  ///< also its folder's name
    encoders::EncoderCard card;
    std::shared_ptr<const encoders::Encoder> encoder;
    std::optional<nn::Projector> projector;
    files::StorageType store = files::StorageType::float16;
    core::Json identity;    ///< what decides its features; the same on every rank
    core::Json provenance;  ///< for the attributes of its parts

    std::int64_t tokens() const { return encoder->tokens(); }
    std::int64_t channels() const { return projector ? projector->channels() : encoder->channels(); }
    /// Of one image's tokens as they are stored.
    std::int64_t bytes() const;

    /// What is stored of one picture's pixels. @param pixels as Encoder::encode wants them @return [B, T, D],
    /// on their device
    at::Tensor features(const std::vector<at::Tensor>& pixels) const;
};

/// The cards that the configuration names, with what it overrides. @throws Error (usage) for an id that is
/// there twice
std::vector<encoders::EncoderCard> chosen_cards(const ExtractConfig& config);

/// Collective: builds them all. @throws Error (input, usage) on every rank
std::vector<Representation> build_representations(const ExtractConfig& config, const par::Comm& comm,
                                                  at::Device device);

}  // namespace lvr::extract
