// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/listing.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include <lvr/core/error.hpp>
#include <lvr/core/quantity.hpp>
#include <lvr/extract/engine.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/together.hpp>

namespace lvr::extract {
namespace {

namespace fs = std::filesystem;

constexpr int k_trial_batches = 3;

std::int64_t stored_bytes(const encoders::EncoderCard& card) {
    const auto type = files::storage_type(card.store);
    return card.tokens * card.channels * static_cast<std::int64_t>(files::bytes_per_value(type));
}

/// Free bytes on the disk that would hold the folder, that of the nearest parent that is there; nothing if
/// the system does not say.
std::optional<double> free_space(fs::path folder) {
    std::error_code code;
    folder = fs::absolute(folder, code);
    while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
    const auto space = fs::space(folder, code);
    return code ? std::nullopt : std::optional(static_cast<double>(space.available));
}

/// What is left to do of a representation: parts that are there are not made again.
struct Left {
    std::int64_t shard_size = 0, shards = 0, images = 0;
};

Left left_of(const FeatureRun& run, const Representation& representation) {
    const fs::path folder = fs::path(run.config.out) / representation.id;
    const auto images = run.catalog.size();
    Left left{.shard_size = run.config.shard_size};
    if (left.shard_size == 0)
        left.shard_size =
            run::choose_shard_size(images, bytes_per_image(run.representations, run.config.flip));
    if (fs::exists(folder / "manifest.json")) left.shard_size = files::read_manifest(folder).shard_size;
    left.shard_size = std::max<std::int64_t>(left.shard_size, 1);
    for (std::int64_t shard = 0; shard * left.shard_size < images; ++shard) {
        if (fs::exists(folder / files::part_name(shard))) continue;
        ++left.shards;
        left.images += std::min(left.shard_size, images - shard * left.shard_size);
    }
    return left;
}

/// Seconds for each image on this rank; the first images are computed and thrown away.
double trial(const FeatureRun& run) {
    const bool one_by_one = run.resources.device.is_cpu();
    const std::int64_t batch = one_by_one ? run.resources.threads : run.resources.batch;
    const auto images = std::min<std::int64_t>(run.catalog.size(), k_trial_batches * batch);
    std::vector<const Representation*> all;
    for (const auto& representation : run.representations) all.push_back(&representation);
    Engine engine({.catalog = run.catalog,
                   .representations = run.representations,
                   .flip = run.config.flip,
                   .device = run.resources.device,
                   .threads = run.resources.threads,
                   .batch = run.resources.batch,
                   .one_by_one = one_by_one,
                   .write = [](const ShardBuffer&) {}});
    const auto first = std::min<std::int64_t>(images, batch);  // what is computed for the first time is slow
    engine.submit(0, {0, first}, all);
    engine.drain();
    const auto start = std::chrono::steady_clock::now();
    engine.submit(1, {0, images}, all);
    engine.drain();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / static_cast<double>(std::max<std::int64_t>(images, 1));
}

double weight_bytes(const Representation& representation, const std::string& override_dtype) {
    const std::string& dtype = override_dtype.empty() ? representation.card.dtype : override_dtype;
    return static_cast<double>(representation.encoder->parameters()) * (dtype == "float32" ? 4 : 2);
}

}  // namespace

std::string list_cards(const std::string& protocol) {
    std::string text = fmt::format("{:<22}{:>13}{:>8}{:>13}  {}\n", "representation", "tokens x ch.",
                                   "params", "stored/image", "snapshot; licence");
    for (const auto& id : encoders::card_ids()) {
        const auto card = encoders::card_named(id, protocol);
        const std::string from = card.parts.empty()
                                     ? card.snapshot
                                     : fmt::format("{} ({})", fmt::join(card.parts, " + "), card.fusion);
        text += fmt::format("{:<22}{:>13}{:>8}{:>13}  {}{}{}\n", card.id,
                            fmt::format("{} x {}", card.tokens, card.channels),
                            fmt::format("{} M", card.parameters / 1'000'000),
                            core::bytes_text(static_cast<double>(stored_bytes(card))), from,
                            card.licence.empty() ? "" : "; ", card.licence);
    }
    return text;
}

std::string describe(const std::vector<Representation>& representations, const Resources& resources) {
    std::string text;
    for (const auto& representation : representations) {
        text += fmt::format(
            "{}: ok\n  {} tokens x {} channels, {} M parameters up to the tap, {} per image as {}\n",
            representation.id, representation.tokens(), representation.channels(),
            representation.encoder->parameters() / 1'000'000,
            core::bytes_text(static_cast<double>(representation.bytes())),
            files::name_of(representation.store));
        text += fmt::format("  {}\n", representation.identity.dump());
    }
    return text + fmt::format("device: {}\n", kernels::device_name(resources.device));
}

std::string estimate(const FeatureRun& run) {
    const double per_image = par::together(run.comm, [&] { return trial(run); });
    const auto rates = run.comm.all_gather(1 / per_image);
    double rate = 0, bytes = 0, memory = 0;
    for (const double each : rates) rate += each;
    std::string text = fmt::format("images           {}\n", run.catalog.size());
    std::int64_t most_images = 0;
    for (const auto& representation : run.representations) {
        const auto left = left_of(run, representation);
        const auto each = static_cast<double>(representation.bytes() * (run.config.flip ? 2 : 1));
        bytes += each * static_cast<double>(left.images);
        memory += 4 * each * static_cast<double>(left.shard_size) +
                  weight_bytes(representation, run.config.dtype);  // shards held, one as a file
        most_images = std::max(most_images, left.images);
        text += fmt::format("shards           {} of {} images to do for {}\n", left.shards, left.shard_size,
                            representation.id);
    }
    const auto free = free_space(run.config.out);
    text += fmt::format("to be written    {} in {}\n", core::bytes_text(bytes), run.config.out);
    text += fmt::format("free space       {}{}\n", free ? core::bytes_text(*free) : "unknown",
                        free && *free < bytes ? "  NOT ENOUGH" : "");
    text += fmt::format("memory per rank  {}, and what {} threads need for a picture each\n",
                        core::bytes_text(memory), run.resources.threads);
    text += fmt::format("speed            {:.2f} images/s on {} ranks, {} threads each\n", rate,
                        run.comm.size(), run.resources.threads);
    return text +
           fmt::format("time             {}\n", core::duration_text(static_cast<double>(most_images) / rate));
}

}  // namespace lvr::extract
