// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/record.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/score/align_images.hpp>
#include <lvr/score/align_loglik.hpp>
#include <lvr/score/align_report.hpp>
#include <lvr/score/align_scores.hpp>
#include <lvr/score/representation_name.hpp>

namespace lvr::score {
namespace {

/// What the number depends on, besides the inputs.
core::Json details_of(const AlignConfig& config) {
    core::Json details;
    details["definition"] = config.definition;
    details["precision"] = config.bf16_emulation ? "bfloat16" : config.precision;
    return details;
}

core::Json provenance_of(const AlignConfig& config, const Alignment& alignment, const AlignReport& report) {
    core::Json its = report.details;
    its["images"] = !config.ids.empty() ? "ids" : config.n > 0 ? "sample" : "all";
    std::map<std::string, std::string> inputs = {
        {"features/" + alignment.features.name, alignment.features.manifest_sha256}};
    for (const auto& reference : alignment.references)
        inputs["reference/" + reference.name] = reference.manifest_sha256;
    auto provenance = files::make_provenance(
        its, inputs, config.n > 0 ? std::optional<std::int64_t>(config.seed) : std::nullopt);
    provenance["image_ids"] = report.image_ids;
    provenance["references"] = core::Json::object();
    for (const auto& [name, a] : report.references) provenance["references"][name] = a;
    return provenance;
}

/// What A is measured against, and on how much: values of other references or images are other numbers.
std::string cosine_definition(const AlignConfig& config, const Alignment& alignment) {
    std::vector<std::string> names;
    for (const auto& reference : alignment.references) names.push_back(reference.representation);
    std::ranges::sort(names);
    const std::string rounding = config.bf16_emulation           ? ", bfloat16"
                                 : config.precision == "float32" ? ", float32"
                                                                 : "";
    return fmt::format("cosine to {}, {} images{}", fmt::join(names, " and "), alignment.image_ids.size(),
                       rounding);
}

/// Results are told apart by names.
void expect_distinct(const std::vector<Alignment>& alignments) {
    std::map<std::string, std::string> folders;
    for (const auto& alignment : alignments) {
        const auto& [folder, name] = std::tie(alignment.features.folder, alignment.features.name);
        expect_nameable(name);
        const auto [known, is_new] = folders.emplace(name, folder);
        if (!is_new)
            throw core::usage_error(known->second + " and " + folder + " are both called " + name,
                                    "one result would replace the other",
                                    "measure them one by one, each with --representation NAME");
    }
}

void align_by_cosine(run::Job& job, const AlignConfig& config) {
    auto alignments = par::together(job.world(), [&] {
        auto matched = job.is_root() ? match_images(config) : std::vector<Alignment>();
        if (!config.results.empty()) expect_distinct(matched);
        return matched;
    });
    job.world().broadcast(alignments);
    std::vector<files::Measurement> measurements;
    for (const auto& alignment : alignments) {
        const auto scores = cosine_scores(job.world(), alignment,
                                          {.precision = config.precision,
                                           .published_rounding = config.bf16_emulation,
                                           .device = config.device,
                                           .threads = config.threads});
        const auto report = report_of(alignment, scores, details_of(config));
        job.print(config.format == "json" ? json_line(report) : text(report));
        measurements.push_back(
            measurement_of(report, config.column(), provenance_of(config, alignment, report)));
        measurements.back().definition = cosine_definition(config, alignment);
    }
    par::together(job.world(), [&] {
        if (job.is_root() && !config.results.empty()) files::record(config.results, measurements);
    });
}

std::string representation_of(const AlignConfig& config, const core::Json& provenance) {
    if (!config.representation.empty()) return config.representation;
    const auto folder = std::filesystem::absolute(config.loglik + "/").lexically_normal().parent_path();
    return representation_name(provenance, folder.parent_path().string());  // eval/<model>/caption_loglik
}

/// On which captions, and how they are averaged: other terms give other numbers.
std::string loglik_definition(const AlignConfig& config, const files::CaptionLoglik& pairs) {
    std::string which = fmt::format("loglik, {} captions", pairs.image_ids.size());
    const auto& its = pairs.provenance;
    const auto terms = its.is_object() ? its.value("config", core::Json()) : core::Json();
    if (terms.is_object() && terms.contains("captions_sha256") && terms.contains("seed"))
        which +=
            fmt::format(" of list {}, seed {}", terms.at("captions_sha256").get<std::string>().substr(0, 8),
                        terms.at("seed").dump());
    return which + (config.average == "token" ? ", mean over tokens" : "");
}

void align_by_loglik(run::Job& job, const AlignConfig& config) {
    par::together(job.world(), [&] {
        if (!job.is_root()) return;
        const auto pairs = files::read_caption_loglik(config.loglik);
        auto report = loglik_report(pairs, config.average == "token", config.loglik);
        report.representation = representation_of(config, pairs.provenance);
        if (!config.results.empty()) expect_nameable(report.representation);
        job.print(config.format == "json" ? json_line(report) : text(report));
        if (config.results.empty()) return;
        auto provenance = files::make_provenance(
            report.details, {{"loglik", core::sha256_of_file(files::manifest_file(config.loglik))}});
        provenance["image_ids"] = report.image_ids;
        auto measurement = measurement_of(report, config.column(), provenance);
        measurement.definition = loglik_definition(config, pairs);
        files::record(config.results, {measurement});
    });
}

}  // namespace

int align(run::Job& job, const AlignConfig& config) {
    if (job.is_root() && !config.results.empty()) files::expect_recordable(config.results);
    config.definition == "loglik" ? align_by_loglik(job, config) : align_by_cosine(job, config);
    return run::k_exit_ok;
}

}  // namespace lvr::score
