// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/draw_pairs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/run/companion.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;
using core::Json;

Json image_json(const data::SpairImage& image, std::int64_t width, std::int64_t height) {
    return {{"file", image.file}, {"width", width}, {"height", height}};
}

Json keypoints_json(const data::SpairCategory& category, const data::SpairPair& pair,
                    const PairMatch& match) {
    const auto &source = category.images[pair.source], &target = category.images[pair.target];
    const PaddedFrame frame({pair.target_width, pair.target_height});
    Json keypoints = Json::array();
    for (int id = 0; id < data::k_spair_keypoints; ++id) {
        const auto &from = source.keypoints[id], &to = target.keypoints[id];
        if (!from.visible || !to.visible) continue;
        const auto found = frame.back(match.places[id][0], match.places[id][1]);
        keypoints.push_back({{"id", id},
                             {"source", {from.x, from.y}},
                             {"target", {to.x, to.y}},
                             {"prediction", found},
                             {"error", std::hypot(found[0] - to.x, found[1] - to.y)}});
    }
    return keypoints;
}

/// The numbers of the pairs to draw, in order.
std::vector<std::size_t> chosen(std::size_t pairs, std::int64_t wanted, std::int64_t seed) {
    std::vector<std::size_t> order(pairs);
    std::iota(order.begin(), order.end(), std::size_t{0});
    core::KeyedRng(static_cast<std::uint64_t>(seed), {"correspond", "draw"}).shuffle(order);
    order.resize(std::min(pairs, static_cast<std::size_t>(wanted)));
    std::ranges::sort(order);
    return order;
}

}  // namespace

void draw_pairs(const CorrespondConfig& config, const data::Spair& spair, const Correspondence& result) {
    Json pairs = Json::array();
    for (const auto number : chosen(result.matches.size(), config.pairs_to_draw(), config.seed)) {
        const auto& scored = result.pck.pairs[number];
        const auto& category = spair.categories[scored.category];
        std::size_t before = 0;
        for (std::size_t c = 0; c < scored.category; ++c) before += spair.categories[c].pairs.size();
        const auto& pair = category.pairs[number - before];
        const PaddedFrame frame({pair.target_width, pair.target_height});
        const double threshold = config.threshold == "box"
                                     ? result.pck.categories[scored.category].thresholds[number - before]
                                     : k_frame;
        pairs.push_back(
            {{"category", category.name},
             {"name", pair.name},
             {"source", image_json(category.images[pair.source], pair.source_width, pair.source_height)},
             {"target", image_json(category.images[pair.target], pair.target_width, pair.target_height)},
             {"threshold", threshold / frame.scale},
             {"alpha", config.alpha},
             {"keypoints", keypoints_json(category, pair, result.matches[number])}});
    }
    const fs::path folder = config.draw[1];
    files::make_folder(folder);
    files::write_text(folder / "pairs.json",
                      core::to_text({{"schema", "lvr.pairs"},
                                     {"version", 1},
                                     {"representation", result.representation},
                                     {"settings", {{"definition", definition_of(config, result)}}},
                                     {"root", fs::absolute(spair.root).lexically_normal().string()},
                                     {"pairs", pairs}}) +
                          "\n");
    const int status = run::run_companion("lvr-pairs", {folder.string()});
    if (status != 0)
        throw core::output_error(fmt::format("lvr-pairs {} ended with status {}", folder.string(), status),
                                 "the pictures are not drawn; pairs.json is written",
                                 "see what it said above, then: lvr-pairs " + folder.string());
}

}  // namespace lvr::score
