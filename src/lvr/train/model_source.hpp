// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/encoder_card.hpp>
#include <lvr/nn/projector.hpp>
#include <lvr/par/comm.hpp>
#include <lvr/train/image_features.hpp>
#include <lvr/train/train_config.hpp>
#include <lvr/vlm/language_model.hpp>

namespace lvr::train {

/// How a rank computes.
struct Resources {
    at::Device device = at::kCPU;
    int threads = 1;
};

/// Collective. @throws Error (usage, resource) if there is no such device
Resources resources_of(const TrainConfig& config, const par::Comm& world);

using vlm::LanguageModel;

/// The language model that every representation is given, with its fingerprint, the same on every rank.
/// Collective. @throws Error (input) if a file is missing, wrong, or the tokenizer has more tokens than the
/// model
LanguageModel open_language_model(const TrainConfig& config, const par::Comm& world);

/// One representation, whose encoder is built when it is first asked for.
class Representation {
  public:
    Representation(const TrainConfig& config, encoders::EncoderCard card, Resources resources)
        : config_(config), card_(std::move(card)), resources_(resources) {}

    const std::string& id() const { return card_.id; }
    const encoders::EncoderCard& card() const { return card_; }

    /// The features of a stage's images: read, if the stage names a folder, or computed.
    /// @param is_first of its group: reads the encoder's files once more for its identity, and compares
    /// features that are read with the card
    /// @throws Error (usage) if they are of another encoder, or computed otherwise
    std::unique_ptr<const ImageFeatures> features(const StageConfig& stage, bool is_first);

  private:
    const TrainConfig& config_;
    encoders::EncoderCard card_;
    Resources resources_;
    std::shared_ptr<const encoders::Encoder> encoder_;
};

/// What lies between features and language model.
struct ProjectorShape {
    std::int64_t inputs = 0, channels = 0;
    std::int64_t layers = 2;
};

/// "linear": 1; "mlp2x_gelu": 2; ... @throws Error (usage) for what is no projector
std::int64_t projector_layers(const std::string& type);

/// A projector that has learned nothing: uniform within 1 / sqrt(inputs of the layer), weights and biases, as
/// PyTorch begins, but by numbers that the seed alone decides. @return float32 on the CPU
nn::Projector fresh_projector(const ProjectorShape& shape, std::uint64_t seed);

}  // namespace lvr::train
