// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lvr/data/spair.hpp>
#include <lvr/score/keypoint_groups.hpp>
#include <lvr/score/pair_matcher.hpp>

namespace lvr::score {

/// When a predicted keypoint is right, and what is averaged: PCK, the percentage of correct keypoints.
struct PckRule {
    std::vector<double> alpha;       ///< right: error < alpha * threshold
    bool is_box_threshold = true;    ///< threshold: longer side of the target's box; else of the padded frame
    bool is_per_keypoint = false;    ///< mean over keypoints; else over pairs of the pair's mean
    bool has_published_geo = false;  ///< categories' geo figures by renumbered_geo_groups
};

/// Of one pair, per alpha.
struct PairPck {
    std::size_t category = 0;
    std::int64_t source = 0, target = 0;  ///< images of the category
    std::int64_t points = 0;              ///< mutually visible
    std::vector<std::int64_t> right;
    std::int64_t geo_points = 0;  ///< of them, in the geometry-aware subset by raw ids
    std::vector<std::int64_t> geo_right;
};

/// The geometry-aware subset of a category: keypoints of a group of which the target shows two or more.
struct GeoPck {
    double share_of_pairs = 0, share_of_points = 0;
    std::vector<double> pck;  ///< over its points, per alpha; NaN if there are none
    std::int64_t points = 0;
};

struct CategoryPck {
    std::string name;
    std::vector<int> used;           ///< raw ids
    std::vector<double> thresholds;  ///< per pair, of its box, in pixels of the padded frame at alpha 1
    std::vector<double> per_keypoint, per_image;  ///< per alpha, as shares
    std::int64_t points = 0;
    GeoPck geo;
};

/// Shares, per alpha.
struct Pck {
    std::vector<double> weighted;          ///< per the rule, categories weighted by pairs or keypoints
    std::vector<double> geo_per_image;     ///< mean over pairs that have a geo subset (raw ids)
    std::vector<double> geo_per_keypoint;  ///< over all points of those subsets
    std::int64_t geo_pairs = 0;
    std::vector<CategoryPck> categories;
    std::vector<PairPck> pairs;  ///< in order
};

/// @param matches of all pairs in order
Pck score_matches(const data::Spair& spair, std::span<const PairMatch> matches, const PckRule& rule);

/// A bootstrap of the first alpha's weighted figure.
struct Interval {
    double standard_error = 0;
    double low = 0, high = 0;  ///< 2.5 and 97.5 percent of the resamples
};

/// Resamples pairs. @throws Error (interrupted) if a signal came, as the next
Interval bootstrap_over_pairs(const Pck& pck, const PckRule& rule, std::int64_t resamples,
                              std::uint64_t seed);

/// Resamples each category's images; a pair counts as often as its source times as often as its target was
/// drawn. Pairs that share pictures are not independent, so this is wider.
Interval bootstrap_over_images(const data::Spair& spair, const Pck& pck, const PckRule& rule,
                               std::int64_t resamples, std::uint64_t seed);

}  // namespace lvr::score
