// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_features.hpp>

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/progress.hpp>
#include <lvr/run/shard_folder.hpp>
#include <lvr/run/shard_loop.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/score/import_array.hpp>
#include <lvr/score/import_listing.hpp>

namespace lvr::score {
namespace {

constexpr std::int64_t k_largest_part = std::int64_t{1} << 31;  // bytes: see files/features.hpp

/// The files, listed on rank 0: the same on every rank.
FeatureFiles shared_listing(const par::Comm& comm, const ImportConfig& config) {
    auto files = par::together(comm, [&] {
        return comm.rank() == 0 ? list_feature_files(config.import_features, config.suffix) : FeatureFiles();
    });
    comm.broadcast(files);
    return files;
}

/// What a file holds, unless it is the form that all must have.
void expect_form(const std::string& file, const ArrayForm& form, const FeatureFiles& files,
                 const ArrayForm& first) {
    if (form == first) return;
    const bool is_mixed = files.suffix == ".npy" || files.suffix == ".pt";
    throw core::input_error(
        fmt::format("{} holds {}, but {} holds {}", file, text_of(form), files.file(0), text_of(first)),
        "one feature folder holds arrays of one type and shape",
        is_mixed ? "if several representations lie there, choose one with --suffix, e.g. --suffix _dino.npy"
                 : "write the one that is wrong anew, or move it away");
}

/// What all files hold, and what they are.
struct Sources {
    ArrayForm form;
    std::string sha256;  ///< of their names, sizes and contents
};

/// Before anything is written, each rank looks at its share of the files.
/// @throws Error naming the first file that holds another form, whatever the number of ranks
Sources look_at(const par::Comm& comm, const FeatureFiles& files) {
    ArrayForm first = par::together(comm, [&] {
        if (comm.rank() != 0) return ArrayForm();
        const ArrayForm form = FeatureArray(files.file(0)).form();
        token_form(form, files.file(0));
        return form;
    });
    comm.broadcast(first);
    const auto count = static_cast<std::int64_t>(files.ids.size());
    const auto mine = par::block(count, comm.size(), comm.rank());  // in order: the lowest rank speaks
    std::string hashes;
    const auto check = [&](const std::string& file) {
        expect_form(file, FeatureArray(file).form(), files, first);
        hashes += core::sha256_of_file(file);
    };
    par::together(comm, [&] {
        for (std::int64_t image = mine.begin; image < mine.end; ++image) {
            run::stop_if_requested();
            check(files.file(image));
            if (files.has_flipped) check(files.flipped(image));
        }
    });
    std::string all = files.names_sha256;
    for (const auto& part : comm.all_gather_bytes(hashes)) all += part;
    return {first, core::sha256(all)};
}

/// One import: what it reads, and where to.
class Import {
  public:
    Import(const par::Comm& comm, const ImportConfig& config, FeatureFiles files, Sources sources)
        : comm_(comm),
          config_(config),
          files_(std::move(files)),
          array_(std::move(sources.form)),
          sha256_(std::move(sources.sha256)),
          form_(token_form(array_, files_.file(0))) {}

    void run() {
        check_shard_size();
        const run::ShardFolder folder(comm_, {.folder = config_.out,
                                              .identity = identity(),
                                              .items = count(),
                                              .bytes_per_item = bytes_per_image(),
                                              .shard_size = config_.shard_size});
        run::Progress progress({.items = count(), .done_before = count() - folder.items_missing()});
        run::for_each_shard(comm_, folder.missing(),
                            [&](std::int64_t shard) { write(folder, shard, progress); },
                            {.progress = &progress, .folders = {&folder}});
        par::together(comm_, [&] {
            if (comm_.rank() == 0) files::write_feature_index(config_.out);
        });
        if (comm_.rank() == 0) say_end();
    }

  private:
    std::int64_t count() const { return static_cast<std::int64_t>(files_.ids.size()); }
    std::int64_t bytes_per_image() const { return form_.bytes() * (files_.has_flipped ? 2 : 1); }

    void check_shard_size() const {
        const std::int64_t most = k_largest_part / bytes_per_image();
        if (config_.shard_size <= most) return;
        throw core::usage_error(
            fmt::format("--shard-size {}: a part would be above 2 GiB", config_.shard_size), "",
            fmt::format("use at most {}", most));
    }

    core::Json identity() const {
        core::Json identity;
        if (!config_.representation.empty()) identity["representation"] = config_.representation;
        identity["import"] = {{"kind", files_.is_pt() ? "pt" : "npy"},
                              {"suffix", files_.suffix},
                              {"dtype", array_.dtype},
                              {"flipped", files_.has_flipped},
                              {"files_sha256", sha256_}};
        identity["store"] = files::name_of(form_.type);
        identity["tokens"] = form_.tokens();
        identity["channels"] = form_.channels;
        if (form_.is_map) identity["grid"] = {form_.rows, form_.columns};
        return identity;
    }

    core::Json provenance() const {
        const core::Json all = identity();
        core::Json provenance = files::make_provenance(all, {{"files", sha256_}});
        for (const char* key : {"representation", "import", "grid"}) {
            if (all.contains(key)) provenance[key] = all[key];
        }
        return provenance;
    }

    void write(const run::ShardFolder& folder, std::int64_t shard, run::Progress& progress) const {
        const auto images = folder.range(shard);
        const auto bytes = static_cast<std::size_t>(form_.bytes());
        std::vector<std::byte> values(static_cast<std::size_t>(images.size()) * bytes);
        std::vector<std::byte> flipped(files_.has_flipped ? values.size() : 0);
        for (std::int64_t image = images.begin; image < images.end; ++image) {
            run::stop_if_requested();
            const auto at = static_cast<std::size_t>(image - images.begin) * bytes;
            read(files_.file(image), std::span(values).subspan(at, bytes));
            if (files_.has_flipped) read(files_.flipped(image), std::span(flipped).subspan(at, bytes));
        }
        const auto rows = static_cast<std::size_t>(images.size());
        files::write_feature_part(folder.part(shard), {.type = form_.type,
                                                       .images = images.size(),
                                                       .tokens = form_.tokens(),
                                                       .channels = form_.channels,
                                                       .values = values,
                                                       .flipped = flipped,
                                                       .image_ids = {files_.ids.begin() + images.begin,
                                                                     files_.ids.begin() + images.end},
                                                       .status = std::vector<std::int8_t>(rows),
                                                       .reasons = std::vector<std::string>(rows),
                                                       .provenance = provenance()});
        progress.add(images.size(), static_cast<std::int64_t>(values.size() + flipped.size()));
    }

    /// A file may have changed since it was looked at.
    void read(const std::string& file, std::span<std::byte> tokens_TD) const {
        const FeatureArray array(file);
        expect_form(file, array.form(), files_, array_);
        array.read_tokens(tokens_TD);
    }

    void say_end() const {
        core::info("{}: {} images x {} tokens x {} channels{}, {}{}", config_.out, count(), form_.tokens(),
                   form_.channels,
                   form_.is_map ? fmt::format(" (maps of {} x {})", form_.rows, form_.columns) : "",
                   files::name_of(form_.type), files_.has_flipped ? ", and of the mirrored images" : "");
    }

    const par::Comm& comm_;
    const ImportConfig& config_;
    FeatureFiles files_;
    ArrayForm array_;
    std::string sha256_;
    TokenForm form_;
};

}  // namespace

int import_features(run::Job& job, const ImportConfig& config) {
    const auto& comm = job.world();
    auto files = shared_listing(comm, config);
    const auto array = look_at(comm, files);
    if (array.dtype == "float64" && job.is_root())
        core::warn("{}: float64 is stored as float32, rounded", config.import_features);
    Import(comm, config, std::move(files), array).run();
    return run::k_exit_ok;
}

}  // namespace lvr::score
