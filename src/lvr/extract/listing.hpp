// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lvr/extract/feature_run.hpp>

namespace lvr::extract {

/// The cards that come with lvr, one line each. @throws Error if one of them cannot be read
std::string list_cards(const std::string& protocol);

/// What was built, one paragraph each.
std::string describe(const std::vector<Representation>& representations, const Resources& resources);

/// What a run would do, and how long it would take, after a trial of three batches on this rank. Collective.
std::string estimate(const FeatureRun& run);

}  // namespace lvr::extract
