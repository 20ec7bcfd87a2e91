// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>
#include <lvr/tasks/score.hpp>

namespace lvr::eval {

/// The task that is no benchmark: log-likelihoods of captions under stage 1's model.
inline constexpr const char* k_caption_loglik = "caption_loglik";

/// What `lvr-eval` is asked to do.
struct EvalConfig {
    std::vector<std::string> trained;
    std::vector<std::string> representation;
    std::string models;
    std::string llm;
    std::vector<std::string> task;
    std::string data;
    core::StringMap task_data;
    std::string image_root;
    std::string out;
    std::string results;
    std::int64_t ranks_per_model = 0;

    std::string preset = "published";
    std::string pictures;
    std::string stop_strings;
    std::string form;
    std::string dtype = "bfloat16";
    std::int64_t most_tokens = 0;
    bool all_questions = false;
    std::int64_t limit = 0;
    std::string bad_rows = "refuse";
    std::string judge = "strict";

    std::string captions;
    std::int64_t pairs = 100;
    std::int64_t seed = 0;

    std::string device = "auto";
    std::int64_t threads = 0;
    std::int64_t batch = 16;
    std::int64_t shard_size = 0;

    std::vector<std::string> rescore;
    std::vector<std::string> compare;
    bool list = false;
    bool list_ids = false;
    std::int64_t longest = 0;
    std::string metric_cases;
    std::string format = "text";

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;

    // What the preset decides where nothing else is said.
    std::string picture_rule() const;   ///< reference, all or first
    bool applies_stop_strings() const;  ///< an answer ends before "ASSISTANT:"
    tasks::ScoreOptions score_options() const;

  private:
    core::Fields other_fields();
    void validate_run() const;
};

}  // namespace lvr::eval
