// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::train {

/// One stage of the recipe: what is learned from, and how fast.
struct StageConfig {
    std::string data;
    std::string images;
    std::string features;
    std::string form;
    std::int64_t batch = 0;
    std::int64_t loss_batch = 0;
    std::int64_t micro_batch = 0;
    double learning_rate = 0;
    double warmup = 0.03;
    std::int64_t epochs = 1;
    std::int64_t updates = 0;
    std::string order;
};

/// What `lvr-train` is asked to do. The defaults are the published recipe's (spec: pretrain.sh, finetune.sh).
struct TrainConfig {
    std::vector<std::string> representation;
    std::vector<std::string> encoder;
    std::vector<std::string> snapshot;
    std::string models;
    std::string protocol = "native";
    std::string llm;
    std::string out;
    std::int64_t ranks_per_model = 0;

    std::string preset = "published";
    std::string masks, rope, average;
    double clip_norm = -1;
    std::int64_t longest = 2048;
    std::int64_t longest_spliced = -1;

    StageConfig align{
        .form = "plain", .batch = 256, .loss_batch = 32, .learning_rate = 1e-3, .order = "uniform"};
    StageConfig finetune{
        .form = "v1", .batch = 128, .loss_batch = 16, .learning_rate = 2e-5, .order = "modality"};

    std::string projector = "mlp2x_gelu";
    std::string projector_from;
    std::int64_t seed = 42;
    std::string dtype = "bfloat16";
    std::int64_t zero = 2;
    bool keep_activations = false;
    std::int64_t pack = 0;

    std::string bad_samples = "skip";
    double spike = 10;
    std::int64_t save_updates = 1000;
    double save_minutes = 30;
    std::int64_t keep = 1;

    std::string device = "auto";
    std::int64_t threads = 0;
    double peak_tflops = 0;
    bool dry_run = false;

    bool with_align = true, with_finetune = true;  ///< by the command: align, finetune, or neither: both

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;

    // What the preset decides where nothing else is said.
    bool has_published_masks() const;
    bool has_bfloat16_rope() const;
    bool averages_tokens() const;
    double most_norm() const;             ///< 0: gradients are not clipped
    std::int64_t most_positions() const;  ///< of a sample with its image; 0: all

  private:
    core::Fields model_fields();
};

/// `lvr-train align`: stage 1 only.
struct AlignConfig : TrainConfig {
    AlignConfig() { with_finetune = false; }
};

/// `lvr-train finetune`: stage 2 only, from a projector of stage 1.
struct FinetuneConfig : TrainConfig {
    FinetuneConfig() { with_align = false; }
};

}  // namespace lvr::train
