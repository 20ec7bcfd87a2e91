// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/listing.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <lvr/core/error.hpp>
#include <lvr/extract/engine.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/together.hpp>

namespace lvr::extract {
namespace {

namespace fs = std::filesystem;

constexpr int k_trial_batches = 3;

/// "1.2 GB", in powers of 1000.
std::string size_text(double bytes) {
    const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
    return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

std::string time_text(double seconds) {
    if (seconds < 60) return fmt::format("{:.1f} s", seconds);
    const auto minutes = static_cast<std::int64_t>(seconds / 60);
    return minutes < 60 ? fmt::format("{} min", minutes)
                        : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::int64_t stored_bytes(const encoders::EncoderCard& card) {
    const auto type = files::storage_type(card.store);
    return card.tokens * card.channels * static_cast<std::int64_t>(files::bytes_per_value(type));
}

/// Free bytes on the disk that would hold the folder: that of the nearest parent that is there.
double free_space(fs::path folder) {
    std::error_code code;
    folder = fs::absolute(folder, code);
    while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
    const auto space = fs::space(folder, code);
    return code ? 0 : static_cast<double>(space.available);
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

double weight_bytes(const Representation& representation) {
    const std::string& dtype = representation.card.dtype;
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
                            size_text(static_cast<double>(stored_bytes(card))), from,
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
            size_text(static_cast<double>(representation.bytes())), files::name_of(representation.store));
        text += fmt::format("  {}\n", representation.identity.dump());
    }
    return text + fmt::format("device: {}\n", kernels::device_name(resources.device));
}

std::string estimate(const FeatureRun& run) {
    const double per_image = par::together(run.comm, [&] { return trial(run); });
    const auto rates = run.comm.all_gather(1 / per_image);
    double rate = 0;
    for (const double each : rates) rate += each;
    const auto each = bytes_per_image(run.representations, run.config.flip);
    const auto size =
        run.config.shard_size > 0 ? run.config.shard_size : run::choose_shard_size(run.catalog.size(), each);
    const double bytes = static_cast<double>(each) * static_cast<double>(run.catalog.size());
    double memory = 4.0 * static_cast<double>(size * each);  // three shards, and one as a file
    for (const auto& representation : run.representations) memory += weight_bytes(representation);
    const double free = free_space(run.config.out);
    std::string text = fmt::format("images           {}\nshards           {} of {} images\n",
                                   run.catalog.size(), (run.catalog.size() + size - 1) / size, size);
    text += fmt::format("to be written    {} in {}\n", size_text(bytes), run.config.out);
    text += fmt::format("free space       {}{}\n", size_text(free), free < bytes ? "  NOT ENOUGH" : "");
    text += fmt::format("memory per rank  {} and the program's own\n", size_text(memory));
    text += fmt::format("speed            {:.2f} images/s on {} ranks, {} threads each\n", rate,
                        run.comm.size(), run.resources.threads);
    return text +
           fmt::format("time             {}\n", time_text(static_cast<double>(run.catalog.size()) / rate));
}

}  // namespace lvr::extract
