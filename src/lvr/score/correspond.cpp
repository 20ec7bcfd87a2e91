// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/correspond.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/record.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/node.hpp>
#include <lvr/score/correspond_output.hpp>
#include <lvr/score/draw_pairs.hpp>
#include <lvr/score/representation_name.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t k_mebibyte = 1 << 20;

void choose_categories(const std::vector<std::string>& wanted, data::Spair& spair) {
    if (wanted.empty()) return;
    std::vector<std::string> names;
    for (const auto& category : spair.categories) names.push_back(category.name);
    for (const auto& name : wanted)
        if (std::ranges::count(names, name) == 0)
            throw core::usage_error(fmt::format("--category {}: {} has no such category", name, spair.root),
                                    "", fmt::format("its categories are {}", fmt::join(names, ", ")));
    std::erase_if(spair.categories,
                  [&](const auto& category) { return std::ranges::count(wanted, category.name) == 0; });
}

data::Spair shared_spair(const CorrespondConfig& config, const par::Comm& comm) {
    data::Spair spair;
    if (comm.rank() == 0) {
        spair = data::read_spair(config.spair, config.split);
        for (const auto& note : spair.notes) core::warn("{}", note);
        choose_categories(config.category, spair);
    }
    comm.broadcast(spair);
    return spair;
}

std::vector<std::string> image_ids(const data::Spair& spair) {
    std::vector<std::string> ids;
    for (const auto& category : spair.categories)
        for (const auto& image : category.images) ids.push_back(image.id);
    return ids;
}

std::int64_t pair_count(const data::Spair& spair) {
    std::int64_t count = 0;
    for (const auto& category : spair.categories) count += static_cast<std::int64_t>(category.pairs.size());
    return count;
}

bool is_assumed_whole(const CorrespondConfig& config, const core::Json& identity) {
    return config.frame == "aligned" && !tells_view(identity);
}

View chosen_view(const CorrespondConfig& config, const Descriptors& descriptors) {
    if (config.frame == "published") return {.kind = View::Kind::published};
    const auto view_at = [&](std::size_t i) -> View {
        if (is_assumed_whole(config, descriptors.identity(i))) return {.kind = View::Kind::squashed};
        return view_of(descriptors.identity(i), descriptors.grid(), descriptors.path(i));
    };
    const View view = view_at(0);
    for (std::size_t i = 1; i < descriptors.folders(); ++i)
        if (!is_same_cut(view_at(i), view, descriptors.grid()))
            throw core::input_error(
                descriptors.path() + " and " + descriptors.path(i) + " are of different cuts of the pictures",
                "a patch of one is not the same place as that of the other",
                "extract both with one way of resizing and cropping");
    return view;
}

void tell_of_assumptions(const CorrespondConfig& config, const Descriptors& descriptors) {
    for (std::size_t i = 0; i < descriptors.folders(); ++i) {
        const auto& identity = descriptors.identity(i);
        if (config.frame == "published" && tells_crop(identity, descriptors.path(i)))
            core::warn("{}: its pictures were cropped, where --frame published is for squashed ones",
                       descriptors.path(i));
        if (is_assumed_whole(config, descriptors.identity(i)))
            core::info("{}: taken for features of whole pictures squashed to a square", descriptors.path(i));
    }
}

std::string name_of(const CorrespondConfig& config, std::size_t index) {
    if (!config.representation.empty()) return config.representation;
    std::vector<std::string> paths = {config.features[index]}, names;
    if (!config.features2.empty()) paths.push_back(config.features2[index]);
    for (const auto& path : paths)
        names.push_back(representation_name(files::read_manifest(path).identity, path));
    return fmt::format("{}", fmt::join(names, "+"));
}

/// Results are told apart by names.
std::vector<std::string> names_of(const CorrespondConfig& config) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < config.features.size(); ++i) {
        names.push_back(name_of(config, i));
        expect_nameable(names.back());
        const auto same = std::ranges::find(names, names.back()) - names.begin();
        if (static_cast<std::size_t>(same) < i && !config.results.empty())
            throw core::usage_error(fmt::format("{} and {} are both called {}", config.features[same],
                                                config.features[i], names.back()),
                                    "one result would replace the other",
                                    "measure them one by one, each with --representation NAME");
    }
    return names;
}

void warn_of_places(const std::vector<PairMatch>& matches, const std::string& name) {
    std::int64_t on_border = 0, outside = 0;
    for (const auto& match : matches) {
        on_border += match.on_border;
        outside += match.outside;
    }
    if (on_border > 0)
        core::warn(
            "{}: {} source keypoints lie on the right or lower border of their picture; the last patch "
            "is taken for them",
            name, on_border);
    if (outside > 0)
        core::warn(
            "{}: {} source keypoints lie outside of what the model saw (a centre crop); the nearest "
            "patch is taken for them",
            name, outside);
}

MatchSpec match_spec(const CorrespondConfig& config, const Descriptors& descriptors, const par::Comm& comm) {
    MatchSpec spec;
    spec.rule = {.soft = config.match == "soft",
                 .window = config.window,
                 .temperature = config.temperature,
                 .arithmetic = descriptors.arithmetic()};
    spec.view = chosen_view(config, descriptors);
    spec.flip = config.flip;
    const auto place = run::place_on_node(comm);
    spec.threads = static_cast<int>(config.threads > 0 ? config.threads : place.threads);
    spec.most_bytes = config.memory * k_mebibyte;
    return spec;
}

Arithmetic arithmetic_of(const CorrespondConfig& config) {
    if (config.arithmetic == "bfloat16") return Arithmetic::bfloat16;
    const bool is_as_published = config.arithmetic == "auto" && config.frame == "published";
    return config.arithmetic == "published" || is_as_published ? Arithmetic::bfloat16_torch1
                                                               : Arithmetic::float32;
}

DescriptorSpec descriptor_spec(const CorrespondConfig& config, std::size_t index) {
    return {.features = config.features[index],
            .features2 = config.features2.empty() ? "" : config.features2[index],
            .grid = config.grid,
            .flipped = config.flip,
            .of_bfloat16 = arithmetic_of(config)};
}

/// The matches of all ranks' pairs, in order, on rank 0.
std::vector<PairMatch> gathered(const par::Comm& comm, const std::vector<PairMatch>& mine) {
    std::vector<PairMatch> all;
    for (const auto& part : comm.gather(mine)) all.insert(all.end(), part.begin(), part.end());
    return all;
}

Correspondence measure(run::Job& job, const CorrespondConfig& config, const data::Spair& spair,
                       std::size_t index) {
    const auto& comm = job.world();
    auto descriptors = par::together(comm, [&] {
        Descriptors opened(descriptor_spec(config, index));
        opened.expect(image_ids(spair));
        return opened;
    });
    const auto spec = match_spec(config, descriptors, comm);
    Correspondence result;
    result.grid = descriptors.grid();
    result.view = spec.view.to_json();
    result.arithmetic = descriptors.arithmetic();
    const auto mine = par::together(comm, [&] {
        return match_pairs(spair, descriptors, spec, par::block(pair_count(spair), comm.size(), comm.rank()));
    });
    result.matches = gathered(comm, mine);
    if (!job.is_root()) return result;
    tell_of_assumptions(config, descriptors);
    warn_of_places(result.matches, descriptors.path());
    for (std::size_t i = 0; i < descriptors.folders(); ++i) {
        result.identities.push_back(descriptors.identity(i));
        result.hashes.push_back(core::sha256_of_file(files::manifest_file(descriptors.path(i))));
    }
    const PckRule rule{.alpha = config.alpha,
                       .is_box_threshold = config.threshold == "box",
                       .is_per_keypoint = config.average == "keypoint",
                       .has_published_geo = config.geo_groups == "published"};
    result.pck = score_matches(spair, result.matches, rule);
    const auto seed = static_cast<std::uint64_t>(config.seed);
    result.over_pairs = bootstrap_over_pairs(result.pck, rule, config.bootstrap, seed);
    result.over_images = bootstrap_over_images(spair, result.pck, rule, config.bootstrap, seed);
    return result;
}

void write(run::Job& job, const CorrespondConfig& config, const data::Spair& spair,
           const std::vector<Correspondence>& results) {
    std::vector<files::Measurement> measurements;
    for (const auto& result : results) {
        measurements.push_back(to_measurement(config, spair, result));
        if (config.format == "json") job.print(core::to_line(to_json(config, spair, result)));
    }
    if (config.format == "text") job.print(to_text(config, results));
    if (!config.results.empty()) files::record(config.results, measurements);
    if (!config.draw.empty()) draw_pairs(config, spair, results.front());
}

}  // namespace

int correspond(run::Job& job, const CorrespondConfig& config) {
    if (job.is_root() && !config.results.empty()) files::expect_recordable(config.results);
    const auto spair = shared_spair(config, job.world());
    std::vector<Correspondence> results;
    const auto names = par::together(job.world(), [&] { return names_of(config); });
    for (std::size_t i = 0; i < config.features.size(); ++i) {
        results.push_back(measure(job, config, spair, i));
        results.back().representation = names[i];
    }
    if (job.is_root()) write(job, config, spair, results);
    return run::k_exit_ok;
}

}  // namespace lvr::score
