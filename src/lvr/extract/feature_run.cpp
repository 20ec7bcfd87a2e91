// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/feature_run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <lvr/core/log.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/extract/engine.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/run/progress.hpp>
#include <lvr/run/shard_loop.hpp>

namespace lvr::extract {
namespace {

namespace fs = std::filesystem;

constexpr int k_usual_batch = 32;
constexpr int k_most_shards = 3;                               // held at once
constexpr std::int64_t k_most_held = std::int64_t{800} << 20;  // bytes of them, where one alone is not more
constexpr std::int64_t k_most_part =
    (std::int64_t{2} << 30) - (std::int64_t{1} << 20);  // bytes: see files/features.hpp

using Folders = std::vector<std::unique_ptr<run::ShardFolder>>;

/// Folders whose parts hold the same images: they are filled together.
std::map<std::int64_t, std::vector<std::size_t>> by_shard_size(const Folders& folders) {
    std::map<std::int64_t, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < folders.size(); ++i) groups[folders[i]->shard_size()].push_back(i);
    return groups;
}

/// A part that could not be written must not be begun.
void check_shard_size(const FeatureRun& run) {
    std::int64_t largest = 1;
    for (const auto& representation : run.representations)
        largest = std::max(largest, representation.bytes() * (run.config.flip ? 2 : 1));
    if (run.config.shard_size <= k_most_part / largest) return;
    throw core::usage_error(
        fmt::format("--shard-size {}: a part would be above 2 GiB", run.config.shard_size), "",
        fmt::format("use at most {}", k_most_part / largest));
}

Folders open_folders(const FeatureRun& run) {
    check_shard_size(run);
    Folders folders;
    for (auto& representation : run.representations) {
        core::Json identity = representation.identity;
        identity["images_sha256"] = run.catalog.hash;
        representation.provenance =
            files::make_provenance(identity, {{"images", run.catalog.hash}}, std::nullopt);
        representation.provenance["representation"] = representation.id;
        folders.push_back(std::make_unique<run::ShardFolder>(
            run.comm,
            run::ShardFolderSpec{.folder = fs::path(run.config.out) / representation.id,
                                 .identity = identity,
                                 .items = run.catalog.size(),
                                 .bytes_per_item = bytes_per_image(run.representations, run.config.flip),
                                 .shard_size = run.config.shard_size}));
    }
    return folders;
}

/// Representations of one shard size, filled in one pass over the images.
class Pass {
  public:
    Pass(const FeatureRun& run, const Folders& folders, std::vector<std::size_t> members)
        : run_(run), folders_(folders), members_(std::move(members)) {
        std::vector<bool> is_missing(static_cast<std::size_t>(first().shards()));
        for (const auto i : members_) {
            for (const auto shard : folders_[i]->missing())
                is_missing[static_cast<std::size_t>(shard)] = true;
        }
        for (std::int64_t shard = 0; shard < first().shards(); ++shard) {
            if (is_missing[static_cast<std::size_t>(shard)]) missing_.push_back(shard);
        }
    }

    void fill() {
        if (missing_.empty()) {
            if (run_.comm.rank() == 0) core::info("nothing to do: every part is there already");
            return;
        }
        run::Progress progress({.items = run_.catalog.size(), .done_before = images_done()});
        Engine engine(engine_spec(progress));
        std::vector<const run::ShardFolder*> held;
        for (const auto i : members_) held.push_back(folders_[i].get());
        run::for_each_shard(
            run_.comm, missing_,
            [&](std::int64_t shard) { engine.submit(shard, first().range(shard), targets(shard)); },
            {.progress = &progress, .folders = held, .drain = [&] { engine.drain(); }});
    }

  private:
    const run::ShardFolder& first() const { return *folders_[members_.front()]; }

    std::int64_t images_done() const {
        std::int64_t images = run_.catalog.size();
        for (const auto shard : missing_) images -= first().range(shard).size();
        return images;
    }

    std::vector<const Representation*> targets(std::int64_t shard) const {
        std::vector<const Representation*> wanted;
        for (const auto i : members_) {
            if (!folders_[i]->has(shard)) wanted.push_back(&run_.representations[i]);
        }
        return wanted;
    }

    EngineSpec engine_spec(run::Progress& progress) const {
        const bool is_one_by_one = run_.resources.device.is_cpu();
        const int computing = is_one_by_one ? run_.resources.threads : k_feeding_threads;
        std::int64_t shard_bytes = 1;
        for (const auto i : members_)
            shard_bytes +=
                first().shard_size() * run_.representations[i].bytes() * (run_.config.flip ? 2 : 1);
        return {.catalog = run_.catalog,
                .representations = run_.representations,
                .flip = run_.config.flip,
                .strict = run_.config.strict,
                .device = run_.resources.device,
                .threads = run_.resources.threads,
                .batch = run_.resources.batch,
                .one_by_one = is_one_by_one,
                .most_shards =
                    static_cast<int>(std::clamp<std::int64_t>(k_most_held / shard_bytes, 1, k_most_shards)),
                .write = [this, &progress](const ShardBuffer& buffer) { write(buffer, progress); },
                .waited = [&progress, computing](
                              const std::string& stage,
                              double seconds) { progress.add_stage(stage, seconds / computing); }};
    }

    void write(const ShardBuffer& buffer, run::Progress& progress) const {
        const auto [begin, end] = buffer.images();
        const std::vector<std::string> ids(run_.catalog.ids.begin() + begin, run_.catalog.ids.begin() + end);
        std::int64_t bytes = 0;
        for (std::size_t target = 0; target < buffer.targets().size(); ++target) {
            const auto folder = std::find_if(members_.begin(), members_.end(), [&](std::size_t i) {
                return &run_.representations[i] == buffer.targets()[target];
            });
            const auto part = buffer.part(target, ids, static_cast<int>(run_.config.deflate));
            files::write_feature_part(folders_[*folder]->part(buffer.shard()), part);
            bytes += static_cast<std::int64_t>(part.values.size() + part.flipped.size());
        }
        progress.add(buffer.images().size(), bytes);
    }

    const FeatureRun& run_;
    const Folders& folders_;
    std::vector<std::size_t> members_;
    std::vector<std::int64_t> missing_;
};

}  // namespace

Resources resources_of(const ExtractConfig& config, const par::Comm& comm) {
    Resources resources{.place = run::place_on_node(comm)};
    resources.device = kernels::choose_device(config.device, resources.place.rank);
    resources.threads = config.threads > 0 ? static_cast<int>(config.threads) : resources.place.threads;
    resources.batch = config.batch > 0 ? static_cast<int>(config.batch) : k_usual_batch;
    return resources;
}

data::Catalog shared_catalog(const ExtractConfig& config, const par::Comm& comm) {
    data::Catalog catalog;
    if (comm.rank() == 0) {
        catalog = data::read_catalog(
            {.images = config.images, .image_root = config.image_root, .column = config.column});
        for (const auto& note : catalog.notes) core::warn("{}", note);
    }
    comm.broadcast(catalog);
    return catalog;
}

std::int64_t bytes_per_image(const std::vector<Representation>& representations, bool flip) {
    std::int64_t bytes = 0;
    for (const auto& representation : representations) bytes += representation.bytes() * (flip ? 2 : 1);
    return bytes;
}

std::int64_t fill_folders(const FeatureRun& run) {
    const Folders folders = open_folders(run);
    for (const auto& [size, members] : by_shard_size(folders)) Pass(run, folders, members).fill();
    std::int64_t quarantined = 0;
    if (run.comm.rank() == 0) {
        for (const auto& folder : folders)
            quarantined = std::max(quarantined, finish_folder(folder->folder().string()));
    }
    run.comm.broadcast(quarantined);
    return quarantined;
}

std::int64_t finish_folder(const std::string& folder) {
    constexpr std::size_t k_most_lines = 20;
    files::write_feature_index(folder);
    files::FeatureFolder features(folder);
    std::string list = "image_id\tstatus\treason\n";
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < features.status().size(); ++i) {
        const auto status = static_cast<files::ImageStatus>(features.status()[i]);
        if (status == files::ImageStatus::ok) continue;
        list += fmt::format("{}\t{}\t{}\n", core::in_one_cell(features.image_ids()[i]),
                            files::name_of(status), core::in_one_cell(features.reasons()[i]));
        lines.push_back(features.reasons()[i]);
    }
    const auto file = fs::path(folder) / "quarantine.tsv";
    if (lines.empty()) {
        std::error_code ignored;
        fs::remove(file, ignored);
        return 0;
    }
    files::write_text(file, list);
    core::warn("{}: {} of {} images could not be used; their rows are NaN, the list is in {}", folder,
               lines.size(), features.status().size(), file.string());
    for (std::size_t i = 0; i < std::min(lines.size(), k_most_lines); ++i) core::warn("  {}", lines[i]);
    if (lines.size() > k_most_lines) core::warn("  and {} more", lines.size() - k_most_lines);
    const auto missing = static_cast<std::int8_t>(files::ImageStatus::missing);
    if (std::ranges::all_of(features.status(), [&](auto status) { return status == missing; }))
        core::warn("not one file was found: --image-root names the folder that a list's paths start from");
    return static_cast<std::int64_t>(lines.size());
}

}  // namespace lvr::extract
