// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/data/spair.hpp>
#include <lvr/score/correspond_output.hpp>

namespace lvr::score {

/// On one rank: chooses pairs at random by the seed, writes DIR/pairs.json (lvr.pairs, version 1: places in
/// pixels of the pictures) and has lvr-pairs draw them.
/// @throws Error (output) if the folder cannot be written or lvr-pairs fails; (input) if it is not there
void draw_pairs(const CorrespondConfig& config, const data::Spair& spair, const Correspondence& result);

}  // namespace lvr::score
