// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/par/comm.hpp>
#include <lvr/train/model_source.hpp>
#include <lvr/train/sample_order.hpp>
#include <lvr/train/train_config.hpp>
#include <lvr/vlm/conversation.hpp>
#include <lvr/vlm/splice.hpp>

namespace lvr::train {

/// A stage of one model. What is referred to must outlive it.
struct Stage {
    const TrainConfig& config;
    const StageConfig& settings;
    bool trains_llm = false;  ///< finetune; else align
    Representation& representation;
    const LanguageModel& llm;
    Resources resources;
    const par::Comm& group;  ///< the ranks that train the model
    /// On its first rank: that the model's folder is still this job's. @throws Error (output)
    std::function<void()> expect_held = [] {};
    std::string data_sha256 = {};  ///< of the list of samples: see `among`

    /// Collective: the same stage among these ranks, with what one of them has found out about its files.
    Stage among(const par::Comm& ranks) const;

    std::string name() const { return trains_llm ? "finetune" : "align"; }
    /// OUT/<representation>
    std::filesystem::path model_folder() const;
    /// OUT/<representation>/align or finetune
    std::filesystem::path folder() const;
    /// What training begins with; empty: with a projector that has learned nothing.
    std::filesystem::path first_projector() const;
    /// As it is set, else the largest that the ranks can share.
    std::int64_t micro_batch() const;
    OrderSettings order() const;
    at::ScalarType dtype() const;
    vlm::TokeniseOptions tokenising() const;
    vlm::CollateOptions collating() const;

    /// All of the configuration that decides the result.
    core::Json identity() const;
};

/// What became of a stage.
struct StageOutcome {
    std::int64_t updates = 0;
    double loss = 0;              ///< mean over the last updates
    std::int64_t bad = 0;         ///< samples that were left out
    std::int64_t mismatches = 0;  ///< samples of which nothing is learned, by the published masks
};

// OUT/<representation>/<stage>/ holds, besides checkpoints:
//   metrics.jsonl, timing.jsonl, metrics.h5   see metrics.hpp
//   projector.safetensors                     by LLaVA's names
//   model/                                    finetune: the language model as a Hugging Face folder
//   llava/                                    finetune of one CLIP: a folder for transformers
//   bad_samples.tsv                           samples that were left out, if there are any
//   cost.json                                 {"gpu_hours"}: another in every run; null: not on GPUs alone
//   summary.json                              written last: the stage is complete. Its settings, counts, loss

/// Collective over the group: does what is left of a stage; nothing if it is complete.
/// @throws Error on every rank of the group: what went wrong; (interrupted) after a signal, once a checkpoint
/// is written; (usage) if the folder was begun with other settings
StageOutcome run_stage(const Stage& stage);

/// Collective over the group: the memory that a stage takes and, after a few updates that are thrown away,
/// its time. Writes nothing. @return text for people
std::string try_stage(const Stage& stage);

}  // namespace lvr::train
