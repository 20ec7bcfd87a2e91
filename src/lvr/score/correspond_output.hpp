// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/spair.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/score/correspond_config.hpp>
#include <lvr/score/pck.hpp>

namespace lvr::score {

/// The C score of one representation, and what it is of.
struct Correspondence {
    std::string representation;
    core::Json identities = core::Json::array();  ///< of its feature folders
    std::vector<std::string> hashes;              ///< SHA-256 of their manifest.json
    Grid grid;
    core::Json view;
    Arithmetic arithmetic = Arithmetic::float32;
    std::vector<PairMatch> matches;
    Pck pck;
    Interval over_pairs, over_images;
};

/// "PCK@0.1 per image, ...": what the figure is. The same for representations whose features are stored in
/// different types: which arithmetic that led to stands in the settings.
std::string definition_of(const CorrespondConfig& config, const Correspondence& result);

/// One object: settings, C, final, categories (each with its pairs' predictions, in pixels of the padded
/// frame).
core::Json to_json(const CorrespondConfig& config, const data::Spair& spair, const Correspondence& result);

/// Tables: the figure and its categories; of several representations one line each, with tap and timestep.
std::string to_text(const CorrespondConfig& config, std::span<const Correspondence> results);

files::Measurement to_measurement(const CorrespondConfig& config, const data::Spair& spair,
                                  const Correspondence& result);

}  // namespace lvr::score
