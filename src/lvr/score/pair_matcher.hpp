// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lvr/data/spair.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/score/descriptors.hpp>
#include <lvr/score/matching.hpp>
#include <lvr/score/view.hpp>

namespace lvr::score {

using Place = std::array<float, 2>;  ///< x, y in pixels of the padded frame

/// Where the keypoints of a pair's source were found in its target.
struct PairMatch {
    std::array<Place, data::k_spair_keypoints> places{};  ///< by raw id; 0, 0 for ids that are not in use
    bool is_mirrored = false;    ///< the mirrored source fitted better, and some places are its
    std::int64_t on_border = 0;  ///< source keypoints on the picture's right or lower edge
    std::int64_t outside = 0;    ///< source keypoints that the model did not see

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        for (auto& place : places) archive& place[0] & place[1];
        archive& is_mirrored& on_border& outside;
    }
};

struct MatchSpec {
    MatchRule rule;
    View view;
    bool flip = false;
    int threads = 1;
    std::int64_t most_bytes = 0;  ///< for the maps that are held at once (at least those of one pair are)
};

/// The raw ids that some image of a category shows, sorted.
std::vector<int> used_keypoints(const data::SpairCategory& category);

/// Matches the pairs [first, last) of all pairs in order (categories in order, pairs in order), each once,
/// with the rows of the similarity matrix that keypoints need and no others. Maps are loaded once per batch
/// of pairs, in which threads share the work; results depend on neither.
/// @throws Error (input) as Descriptors; (interrupted) if a signal came
std::vector<PairMatch> match_pairs(const data::Spair& spair, Descriptors& descriptors, const MatchSpec& spec,
                                   par::Range pairs);

/// Mean distance from the descriptors of one map to their nearest in another, over those that are each
/// other's nearest. @param a, b [patches, channels] unit rows
double mutual_distance(std::span<const float> a, std::span<const float> b, std::int64_t channels);

}  // namespace lvr::score
