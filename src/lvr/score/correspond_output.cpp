// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/correspond_output.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>

#include <lvr/core/text_table.hpp>
#include <lvr/files/provenance.hpp>

namespace lvr::score {
namespace {

using core::Json;

constexpr double k_percent = 100;
constexpr const char* k_dash = "–";

std::string name_of(Arithmetic arithmetic) {
    if (arithmetic == Arithmetic::float32) return "float32";
    return arithmetic == Arithmetic::bfloat16 ? "bfloat16" : "bfloat16 of PyTorch 1.13";
}

Json interval_json(const Interval& interval, double scale) {
    return {{"standard_error", core::number(interval.standard_error * scale)},
            {"interval", {core::number(interval.low * scale), core::number(interval.high * scale)}}};
}

/// What decides the figure, and nothing else.
Json settings_of(const CorrespondConfig& config, const Correspondence& result) {
    Json settings = {{"frame", result.view},
                     {"match", config.match},
                     {"window", config.window},
                     {"temperature", config.temperature},
                     {"arithmetic", name_of(result.arithmetic)},
                     {"flip", config.flip},
                     {"average", config.average},
                     {"threshold", config.threshold},
                     {"alpha", config.alpha},
                     {"geo_groups", config.geo_groups},
                     {"split", config.split},
                     {"grid", {result.grid.rows, result.grid.columns}},
                     {"bootstrap", config.bootstrap},
                     {"seed", config.seed}};
    if (!config.category.empty()) settings["category"] = config.category;
    return settings;
}

Json with_count(const std::vector<double>& shares, std::int64_t count) {
    Json json = core::numbers(shares);
    json.push_back(count);
    return json;
}

Json geo_json(const GeoPck& geo) {
    Json json = {core::number(geo.share_of_pairs), core::number(geo.share_of_points)};
    for (const double share : geo.pck) json.push_back(core::number(share));
    json.push_back(geo.points);
    return json;
}

Json pair_json(const data::SpairCategory& category, const data::SpairPair& pair, const PairMatch& match) {
    const auto name = [&](std::int64_t image) {
        return std::filesystem::path(category.images[image].file).filename().string();
    };
    Json places = Json::array();
    for (const auto& place : match.places) places.push_back({place[0], place[1]});
    Json json = {{"src", name(pair.source)}, {"trg", name(pair.target)}, {"pred", places}};
    if (match.is_mirrored) json["mirrored"] = true;
    return json;
}

Json category_json(const data::SpairCategory& category, const CategoryPck& pck, const PairMatch* matches) {
    Json pairs = Json::array();
    for (std::size_t i = 0; i < category.pairs.size(); ++i)
        pairs.push_back(pair_json(category, category.pairs[i], matches[i]));
    return {{"category", pck.name},
            {"n_pairs", category.pairs.size()},
            {"used_points", pck.used},
            {"thresholds", core::numbers(pck.thresholds)},
            {"per_kpt", with_count(pck.per_keypoint, pck.points)},
            {"geo", geo_json(pck.geo)},
            {"per_img", with_count(pck.per_image, static_cast<std::int64_t>(category.pairs.size()))},
            {"pairs", pairs}};
}

std::string percent(double share, int digits = 2) {
    return std::isfinite(share) ? fmt::format("{:.{}f}", share * k_percent, digits) : k_dash;
}

/// Taps of a representation's encoders: "23 of 24", or "–".
std::string tap_of(const Correspondence& result) {
    std::string text;
    const auto add = [&](const Json& encoder) {
        if (!encoder.contains("model") || !encoder.at("model").contains("layers")) return;
        if (!text.empty()) text += " + ";
        text += encoder.at("model").at("layers").dump();
        if (encoder.contains("of_layers")) text += " of " + encoder.at("of_layers").dump();
    };
    for (const auto& identity : result.identities) {
        if (!identity.is_object() || !identity.contains("encoder")) continue;
        const auto& encoder = identity.at("encoder");
        add(encoder);
        if (encoder.contains("parts"))
            for (const auto& part : encoder.at("parts")) add(part);
    }
    return text.empty() ? k_dash : text;
}

std::string timestep_of(const Correspondence& result) {
    for (const auto& identity : result.identities)
        if (identity.is_object() && identity.contains("encoder") &&
            identity.at("encoder").contains("timestep"))
            return identity.at("encoder").at("timestep").dump();
    return k_dash;
}

std::string alpha_title(double alpha) { return "PCK@" + core::shortest(alpha); }

core::TextTable categories_table(const CorrespondConfig& config, const Correspondence& result) {
    core::TextTable table{"categories", "By category", {"category", "pairs", "keypoints"}, {}};
    const bool is_per_keypoint = config.average == "keypoint";
    for (const double alpha : config.alpha) table.header.push_back(alpha_title(alpha));
    table.header.push_back("geo-aware " + alpha_title(config.alpha.front()));
    for (const auto& category : result.pck.categories) {
        std::vector<std::string> row = {category.name, std::to_string(category.thresholds.size()),
                                        std::to_string(category.points)};
        for (const double share : is_per_keypoint ? category.per_keypoint : category.per_image)
            row.push_back(percent(share));
        row.push_back(percent(category.geo.pck.front()));
        table.rows.push_back(row);
    }
    return table;
}

core::TextTable representations_table(const CorrespondConfig& config,
                                      std::span<const Correspondence> results) {
    core::TextTable table{"correspondence",
                          "C: " + definition_of(config, results.front()),
                          {"representation", "tap", "timestep", "patches", "C", "95 %, pairs resampled",
                           "95 %, images resampled", "geo-aware"},
                          {}};
    for (std::size_t a = 1; a < config.alpha.size(); ++a)
        table.header.push_back(alpha_title(config.alpha[a]));
    for (const auto& result : results) {
        const auto between = [](const Interval& interval) {
            return percent(interval.low) + " to " + percent(interval.high);
        };
        std::vector<std::string> row = {result.representation,
                                        tap_of(result),
                                        timestep_of(result),
                                        fmt::format("{} x {}", result.grid.rows, result.grid.columns),
                                        percent(result.pck.weighted.front()),
                                        between(result.over_pairs),
                                        between(result.over_images),
                                        percent(result.pck.geo_per_image.front())};
        for (std::size_t a = 1; a < config.alpha.size(); ++a) row.push_back(percent(result.pck.weighted[a]));
        table.rows.push_back(row);
    }
    return table;
}

}  // namespace

std::string definition_of(const CorrespondConfig& config, const Correspondence& result) {
    std::string how = config.match;
    if (config.match == "soft")
        how += fmt::format(" (window {}, temperature {})", config.window, core::shortest(config.temperature));
    const std::string frame = result.view.is_string() && result.view == "published" ? "published" : "aligned";
    const std::string arithmetic =
        config.has_own_arithmetic() ? fmt::format(", {} arithmetic", config.arithmetic) : "";
    const std::string categories =
        config.category.empty() ? "" : fmt::format(" ({})", fmt::join(config.category, ", "));
    return fmt::format("{} per {}, {} threshold, {} match, {} frame{}{}, SPair-71k {}{}",
                       alpha_title(config.alpha.front()), config.average, config.threshold, how, frame,
                       config.flip ? ", flip" : "", arithmetic, config.split, categories);
}

Json to_json(const CorrespondConfig& config, const data::Spair& spair, const Correspondence& result) {
    const auto& pck = result.pck;
    Json c = {{"value", core::number(pck.weighted.front() * k_percent)},
              {"unit", "percent"},
              {"definition", definition_of(config, result)},
              {"alpha", config.alpha.front()},
              {"average", config.average},
              {"pairs", pck.pairs.size()}};
    if (config.bootstrap > 0) {
        c["over_pairs"] = interval_json(result.over_pairs, k_percent);
        c["over_images"] = interval_json(result.over_images, k_percent);
    }
    Json categories = Json::array();
    std::size_t before = 0;
    for (std::size_t i = 0; i < spair.categories.size(); ++i) {
        categories.push_back(
            category_json(spair.categories[i], pck.categories[i], result.matches.data() + before));
        before += spair.categories[i].pairs.size();
    }
    return {{"representation", result.representation},
            {"settings", settings_of(config, result)},
            {"C", c},
            {"final",
             {{"weighted", core::numbers(pck.weighted)},
              {"geo_weighted_per_image", core::numbers(pck.geo_per_image)},
              {"geo_weighted_per_keypoint", core::numbers(pck.geo_per_keypoint)},
              {"geo_images", pck.geo_pairs}}},
            {"categories", categories}};
}

std::string to_text(const CorrespondConfig& config, std::span<const Correspondence> results) {
    std::string text = core::to_terminal(representations_table(config, results));
    if (results.size() == 1) text += "\n" + core::to_terminal(categories_table(config, results.front()));
    return text;
}

files::Measurement to_measurement(const CorrespondConfig& config, const data::Spair& spair,
                                  const Correspondence& result) {
    std::map<std::string, std::string> inputs = {{"spair", spair.hash}};
    for (std::size_t i = 0; i < result.hashes.size(); ++i)
        inputs[i == 0 ? "features" : "features2"] = result.hashes[i];
    files::Measurement measurement{.kind = "correspondence", .representation = result.representation};
    measurement.definition = definition_of(config, result);
    measurement.value = result.pck.weighted.front() * k_percent;
    measurement.samples = static_cast<std::int64_t>(result.pck.pairs.size());
    if (config.bootstrap > 0) measurement.standard_error = result.over_images.standard_error * k_percent;
    measurement.provenance = files::make_provenance(settings_of(config, result), inputs, config.seed);
    return measurement;
}

}  // namespace lvr::score
