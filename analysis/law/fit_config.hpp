// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::analysis {

/// What `lvr-fit` is asked to do.
struct FitConfig {
    std::string input;
    std::string target;
    std::string out;
    std::string format = "text";
    std::string a;
    std::vector<std::string> benchmark;
    std::vector<std::string> group;
    core::StringMap groups = {{"vision", "mmbench_en, mme, ok_vqa, seed_image"},
                              {"ocr", "mmmu_val, textvqa_val, vizwiz_vqa_val, scienceqa_img"}};
    core::StringMap families;
    bool no_normalise = false;
    std::vector<double> ridge;
    std::int64_t seed = 0;
    double level = 0.95;
    std::int64_t bootstrap = 2000;
    std::int64_t permutations = 9999;
    std::int64_t random_draws = 1000;
    bool policy = false;
    std::string policy_method = "auto";
    std::int64_t trials = 10000;
    bool exhaustive = false;
    bool plan = false;
    std::int64_t budget = 1;
    std::string planner = "average";
    bool plan_study = false;
    std::vector<std::string> study_without = {"mme", "mmmu_val"};
    bool convert = false;

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;
};

/// "mmbench_en, my own" -> {"mmbench_en", "my own"}
std::vector<std::string> split_names(const std::string& list);

}  // namespace lvr::analysis
