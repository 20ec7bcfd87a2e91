// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <lvr/train/stage.hpp>
#include <lvr/train/stage_loop.hpp>
#include <lvr/vlm/export.hpp>

namespace lvr::train {

/// Samples that turned out bad when they were read: by their number in the list.
using FoundBad = std::map<std::int64_t, BadSample>;

/// What a stage that is complete says of itself; nothing if it is not complete.
/// @throws Error (usage) if it was made with other settings, (input) if summary.json is damaged
std::optional<StageOutcome> finished_stage(const Stage& stage);

/// What is kept of a stage besides its weights.
struct StageRecord {
    FoundBad bad;                 ///< rank 0
    std::int64_t mismatches = 0;  ///< in all updates
    core::Json identity;          ///< settings and inputs
};

/// The encoder for a folder that transformers loads, if it can, and if its files are here; else the log says
/// that there will be none.
std::optional<vlm::LlavaEncoder> known_to_transformers(const Stage& stage);

/// Rank 0: writes all that a complete stage leaves, summary.json last. @throws Error (output)
StageOutcome finish_stage(const Stage& stage, StageLoop& loop, const MetricsLog& metrics,
                          const StageRecord& record, const std::optional<vlm::LlavaEncoder>& llava);

}  // namespace lvr::train
