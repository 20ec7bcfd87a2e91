// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/pck.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <lvr/core/error.hpp>

namespace lvr::score {
namespace {

double ratio(double part, double whole) {
    return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

/// Distance in float32, as the paper's code has it.
float error_of(const Place& found, const data::SpairKeypoint& wanted, const PaddedFrame& frame) {
    const float dx = found[0] - frame.x(wanted.x), dy = found[1] - frame.y(wanted.y);
    return std::sqrt(dx * dx + dy * dy);
}

double longer_side(const data::SpairBox& box) { return std::max(box.y2 - box.y1, box.x2 - box.x1); }

/// The mutually visible members of every group of which the target shows two or more, each id once.
std::vector<int> geo_subset(const KeypointGroups& groups, const data::SpairImage& source,
                            const data::SpairImage& target) {
    std::vector<int> subset;
    for (const auto& group : groups) {
        const auto in_target =
            std::ranges::count_if(group, [&](int id) { return target.keypoints[id].visible; });
        if (in_target < 2) continue;
        for (const int id : group)
            if (source.keypoints[id].visible && target.keypoints[id].visible) subset.push_back(id);
    }
    return subset;
}

/// What one pair adds to its category's figures.
struct PairErrors {
    std::map<int, float> errors;  ///< of the mutually visible keypoints, by raw id
    double threshold = 0;         ///< of the box, at alpha 1

    /// Compared as the paper's code does: a box's threshold in double, the picture's in float32; alpha is a
    /// float32 number in both.
    bool is_right(int id, double alpha, const PckRule& rule) const {
        const auto share = static_cast<float>(alpha);
        if (!rule.is_box_threshold) return errors.at(id) < share * static_cast<float>(k_frame);
        return static_cast<double>(errors.at(id)) < static_cast<double>(share) * threshold;
    }
};

PairErrors errors_of(const data::SpairCategory& category, const data::SpairPair& pair,
                     const PairMatch& match) {
    const auto &source = category.images[pair.source], &target = category.images[pair.target];
    const PaddedFrame frame({pair.target_width, pair.target_height});
    PairErrors errors;
    errors.threshold = longer_side(pair.target_box) * frame.scale;
    for (int id = 0; id < data::k_spair_keypoints; ++id)
        if (source.keypoints[id].visible && target.keypoints[id].visible)
            errors.errors[id] = error_of(match.places[id], target.keypoints[id], frame);
    return errors;
}

/// The geo figures that the paper's code reports over all categories: by the image's own annotation, box
/// thresholds, float32.
void add_geo(const data::SpairCategory& category, const data::SpairPair& pair, const PairMatch& match,
             const PckRule& rule, PairPck& result) {
    const auto &source = category.images[pair.source], &target = category.images[pair.target];
    const PaddedFrame frame({target.width, target.height});
    const auto threshold = static_cast<float>(longer_side(target.box) * frame.scale);
    const auto subset = geo_subset(geo_groups(category.name), source, target);
    result.geo_points = static_cast<std::int64_t>(subset.size());
    for (const double alpha : rule.alpha) {
        const float within = static_cast<float>(alpha) * threshold;
        result.geo_right.push_back(std::ranges::count_if(subset, [&](int id) {
            return error_of(match.places[id], target.keypoints[id], frame) < within;
        }));
    }
}

class CategoryScorer {
  public:
    CategoryScorer(const data::SpairCategory& category, const PckRule& rule)
        : category_(category),
          rule_(rule),
          right_(rule.alpha.size()),
          shares_(rule.alpha.size()),
          geo_right_(rule.alpha.size()) {
        result_.name = category.name;
        result_.used = used_keypoints(category);
        groups_ = rule.has_published_geo ? renumbered_geo_groups(category.name, result_.used)
                                         : geo_groups(category.name);
    }

    PairPck add(const data::SpairPair& pair, const PairMatch& match) {
        const auto errors = errors_of(category_, pair, match);
        PairPck one{.source = pair.source, .target = pair.target};
        one.points = static_cast<std::int64_t>(errors.errors.size());
        core::ensure(one.points > 0, "a pair without mutually visible keypoints");  // read_spair refuses it
        result_.thresholds.push_back(errors.threshold);
        result_.points += one.points;
        const auto subset = geo_subset(groups_, category_.images[pair.source], category_.images[pair.target]);
        result_.geo.points += static_cast<std::int64_t>(subset.size());
        geo_pairs_ += subset.empty() ? 0 : 1;
        for (std::size_t a = 0; a < rule_.alpha.size(); ++a) {
            const auto is_right = [&](int id) { return errors.is_right(id, rule_.alpha[a], rule_); };
            one.right.push_back(std::ranges::count_if(
                errors.errors, [&](const auto& point) { return is_right(point.first); }));
            right_[a] += static_cast<double>(one.right[a]);
            shares_[a] += static_cast<double>(one.right[a]) / static_cast<double>(one.points);
            geo_right_[a] += static_cast<double>(std::ranges::count_if(subset, is_right));
        }
        add_geo(category_, pair, match, rule_, one);
        return one;
    }

    CategoryPck finish() {
        const auto pairs = static_cast<double>(category_.pairs.size());
        const auto points = static_cast<double>(result_.points);
        for (std::size_t a = 0; a < rule_.alpha.size(); ++a) {
            result_.per_keypoint.push_back(ratio(right_[a], points));
            result_.per_image.push_back(ratio(shares_[a], pairs));
            result_.geo.pck.push_back(ratio(geo_right_[a], static_cast<double>(result_.geo.points)));
        }
        result_.geo.share_of_pairs = ratio(geo_pairs_, pairs);
        result_.geo.share_of_points = ratio(static_cast<double>(result_.geo.points), points);
        return std::move(result_);
    }

  private:
    const data::SpairCategory& category_;
    const PckRule& rule_;
    CategoryPck result_;
    KeypointGroups groups_;
    std::vector<double> right_, shares_, geo_right_;
    double geo_pairs_ = 0;
};

void average(Pck& pck, const PckRule& rule) {
    for (std::size_t a = 0; a < rule.alpha.size(); ++a) {
        double sum = 0, weights = 0, geo = 0, geo_right = 0, geo_points = 0;
        for (const auto& category : pck.categories) {
            const auto weight =
                static_cast<double>(rule.is_per_keypoint ? category.points : category.thresholds.size());
            sum += weight * (rule.is_per_keypoint ? category.per_keypoint[a] : category.per_image[a]);
            weights += weight;
        }
        for (const auto& pair : pck.pairs) {
            if (pair.geo_points == 0) continue;
            geo += static_cast<double>(pair.geo_right[a]) / static_cast<double>(pair.geo_points);
            geo_right += static_cast<double>(pair.geo_right[a]);
            geo_points += static_cast<double>(pair.geo_points);
        }
        pck.weighted.push_back(ratio(sum, weights));
        pck.geo_per_image.push_back(ratio(geo, static_cast<double>(pck.geo_pairs)));
        pck.geo_per_keypoint.push_back(ratio(geo_right, geo_points));
    }
}

}  // namespace

Pck score_matches(const data::Spair& spair, std::span<const PairMatch> matches, const PckRule& rule) {
    Pck pck;
    std::size_t next = 0;
    for (std::size_t c = 0; c < spair.categories.size(); ++c) {
        CategoryScorer scorer(spair.categories[c], rule);
        for (const auto& pair : spair.categories[c].pairs) {
            core::ensure(next < matches.size(), "a pair that was not matched");
            pck.pairs.push_back(scorer.add(pair, matches[next++]));
            pck.pairs.back().category = c;
            pck.geo_pairs += pck.pairs.back().geo_points > 0 ? 1 : 0;
        }
        pck.categories.push_back(scorer.finish());
    }
    average(pck, rule);
    return pck;
}

}  // namespace lvr::score
