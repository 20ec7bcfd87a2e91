// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/encoders/picture_encoder.hpp>
#include <lvr/eval/eval_config.hpp>
#include <lvr/par/comm.hpp>
#include <lvr/vlm/language_model.hpp>
#include <lvr/vlm/mllm.hpp>

namespace lvr::eval {

/// How a rank computes.
struct Resources {
    at::Device device = at::kCPU;
    int threads = 1;
};

/// Which of a model's states: behind stage 1 (projector alone trained) or stage 2.
enum class Trained : std::uint8_t { align, finetune };

/// What lvr-train left of one representation: OUT/<representation>.
struct TrainedFolder {
    std::string representation;
    std::filesystem::path folder;
    core::Json align, finetune;  ///< their summary.json; null if the stage is not complete

    const core::Json& summary(Trained stage) const { return stage == Trained::align ? align : finetune; }
    /// Of training. @param stage is complete
    std::int64_t seed(Trained stage) const;
    /// What its evaluation's folder is called: the representation, and the seed where it is not the recipe's.
    std::string name(Trained stage) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned);
};

/// Collective: the models that are asked for, in the order of folders and names. Those without the stages
/// that the tasks need are left out, with a warning, unless they are named.
/// @throws Error (input) naming what is missing: no models, a representation that none has, a damaged summary
std::vector<TrainedFolder> find_trained(const EvalConfig& config, const par::Comm& world);

/// A trained model's files, opened but not loaded.
struct ModelFiles {
    TrainedFolder trained;
    Trained stage = Trained::finetune;
    vlm::LanguageModel llm;
    std::filesystem::path projector;
    std::vector<std::int64_t> stops;  ///< ids that end an answer, as the language model's folder names them
    /// What decides its answers: representation, stage, SHA-256 of weights, of the language model's other
    /// files, the encoder as training knew it.
    core::Json identity;

    const core::Json& settings() const { return trained.summary(stage).at("settings"); }
};

/// Collective over the group. @throws Error (input) for files that are missing or not of this training
ModelFiles open_model(const EvalConfig& config, const par::Comm& group, const TrainedFolder& trained,
                      Trained stage);

/// A model that can answer.
struct LoadedModel {
    vlm::Mllm mllm;
    std::shared_ptr<const data::Tokenizer> tokenizer;
    std::unique_ptr<const encoders::PictureEncoder> encoder;
    std::vector<std::int64_t> stops;  ///< ids that end an answer
    at::ScalarType dtype = at::kFloat;
};

/// @param is_first of its group: compares the encoder's files with those that it was trained with
/// @throws Error (input) for files that are missing, damaged or do not fit one another
LoadedModel load_model(const EvalConfig& config, const ModelFiles& files, const Resources& resources,
                       bool is_first);

}  // namespace lvr::eval
