// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_images.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/files/utf8.hpp>
#include <lvr/score/descriptors.hpp>
#include <lvr/score/representation_name.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::string>;  // sorted, each once

/// "3 images: 'a', 'b', 'c'"
std::string count_and_names(const Ids& names) {
    Ids quoted;
    for (const auto& name : names) quoted.push_back("'" + files::shown(name, 200) + "'");
    return fmt::format("{} image{}: {}", names.size(), names.size() == 1 ? "" : "s", core::name_list(quoted));
}

void sort_once(Ids& ids, const std::string& where, const char* remedy) {
    std::ranges::sort(ids);
    Ids twice;
    for (std::size_t i = 1; i < ids.size(); ++i) {
        if (ids[i] == ids[i - 1] && (twice.empty() || twice.back() != ids[i])) twice.push_back(ids[i]);
    }
    if (!twice.empty())
        throw core::input_error(where + " names more than once " + count_and_names(twice),
                                "images are matched by their ids", remedy);
}

/// What is in a feature folder.
struct Listing {
    std::string folder, representation, manifest_sha256;
    std::int64_t channels = 0;
    std::map<std::string, std::int64_t> rows;
    /// The same by ids without a picture's suffix, which imported features have not; -1 where two would be
    /// one.
    std::map<std::string, std::int64_t> bare_rows;
    std::vector<std::int8_t> status;
    Ids ids;

    std::optional<std::int64_t> find(const std::string& id) const;
    bool is_usable(std::int64_t row) const {
        return status[static_cast<std::size_t>(row)] == static_cast<std::int8_t>(files::ImageStatus::ok);
    }
    AlignedFolder choose(const Ids& images) const;
};

std::optional<std::int64_t> Listing::find(const std::string& id) const {
    const auto exact = rows.find(id);
    if (exact != rows.end()) return exact->second;
    const auto bare = bare_rows.find(without_picture_suffix(id));
    if (bare == bare_rows.end() || bare->second < 0) return std::nullopt;
    return bare->second;
}

Listing list_folder(const std::string& folder) {
    files::FeatureFolder features(folder);
    if (features.images() == 0)
        throw core::input_error(folder + ": holds no images", "", "extract features of some images first");
    Listing listing{.folder = folder,
                    .representation = representation_name(files::read_manifest(folder).identity, folder),
                    .manifest_sha256 = core::sha256_of_file(files::manifest_file(folder)),
                    .channels = features.channels(),
                    .status = features.status(),
                    .ids = features.image_ids()};
    for (std::size_t i = 0; i < listing.ids.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        listing.rows.emplace(listing.ids[i], row);
        const auto [bare, is_new] = listing.bare_rows.emplace(without_picture_suffix(listing.ids[i]), row);
        if (!is_new) bare->second = -1;
    }
    sort_once(listing.ids, folder, "extract the features again, from a list that names each image once");
    return listing;
}

AlignedFolder Listing::choose(const Ids& images) const {
    AlignedFolder chosen{folder, representation, representation, manifest_sha256, {}};
    Ids missing, unusable;
    for (const auto& id : images) {
        const auto row = find(id);
        if (!row) {
            missing.push_back(id);
            continue;
        }
        const auto its = static_cast<files::ImageStatus>(status[static_cast<std::size_t>(*row)]);
        if (!is_usable(*row)) unusable.push_back(id + " (" + files::name_of(its) + ")");
        chosen.rows.push_back(*row);
    }
    if (!missing.empty())
        throw core::input_error(folder + " lacks " + count_and_names(missing),
                                "each image is compared with itself in every reference",
                                "extract them too, or name the images to compare with --ids FILE");
    if (!unusable.empty())
        throw core::input_error(folder + " has no features of " + count_and_names(unusable),
                                "they could not be read when features were extracted",
                                "mend them and extract again, or name the others with --ids FILE");
    return chosen;
}

/// The ids that a file names. Windows line ends and empty lines do no harm.
Ids read_ids(const std::string& file) {
    Ids ids;
    std::string line;
    std::string text = core::read_text(file) + "\n";
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte-order mark
    for (const char letter : text) {
        if (letter != '\n') {
            line += letter;
            continue;
        }
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) ids.push_back(line);
        line.clear();
    }
    if (ids.empty()) throw core::input_error(file + " names no image", "", "write one id a line");
    sort_once(ids, file, "name each image once");
    return ids;
}

/// Those with the lowest random numbers, each keyed by its id: whoever else is measured, the choice is the
/// same as long as the images are.
Ids sample(const AlignConfig& config, const Listing& features, std::span<const Listing> references) {
    std::vector<std::pair<std::uint64_t, std::string>> common;
    for (const auto& id : features.ids) {
        const auto has = [&](const Listing& folder) {
            const auto row = folder.find(id);
            return row && folder.is_usable(*row);
        };
        if (!has(features) || !std::ranges::all_of(references, has)) continue;
        const auto key = without_picture_suffix(id);
        common.emplace_back(
            core::KeyedRng(static_cast<std::uint64_t>(config.seed), {"align", "images", key}).next(), id);
    }
    if (static_cast<std::int64_t>(common.size()) < config.n)
        throw core::input_error(fmt::format("--n {}: {} and the references have {} usable images in common",
                                            config.n, features.folder, common.size()),
                                "", "take a smaller sample, or extract more");
    std::ranges::sort(common);
    Ids chosen;
    for (std::int64_t i = 0; i < config.n; ++i) chosen.push_back(common[static_cast<std::size_t>(i)].second);
    std::ranges::sort(chosen);
    return chosen;
}

/// Names of folders with as many of the folders above them as it takes to tell them apart.
std::vector<std::string> unique_names(const std::vector<std::string>& folders) {
    std::vector<fs::path> paths;
    std::set<fs::path> known;  // whatever links lead there
    for (const auto& folder : folders) {
        const fs::path path = fs::absolute(folder).lexically_normal();
        paths.push_back(path.has_filename() ? path : path.parent_path());
        std::error_code code;
        const auto true_path = fs::canonical(path, code);
        if (!known.insert(code ? path : true_path).second)
            throw core::usage_error("the reference " + folder + " is given twice", "", "name it once");
    }
    std::vector<fs::path> names, rest = paths;
    for (auto& path : rest) {
        names.push_back(path.filename());
        path = path.parent_path();
    }
    const auto is_shared = [&](const fs::path& name) { return std::ranges::count(names, name) > 1; };
    while (std::ranges::any_of(names, is_shared)) {
        const auto before = names;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (std::ranges::count(before, before[i]) < 2) continue;
            names[i] = rest[i].filename() / before[i];
            rest[i] = rest[i].parent_path();
        }
    }
    std::vector<std::string> texts;
    for (const auto& name : names) texts.push_back(name.string());
    return texts;
}

void expect_channels(const Listing& features, const Listing& reference) {
    if (features.channels == reference.channels) return;
    throw core::input_error(fmt::format("{} has {} channels, the reference {} has {}", features.folder,
                                        features.channels, reference.folder, reference.channels),
                            "a cosine is of two tokens in one space",
                            "project both into one: lvr-extract --project");
}

}  // namespace

std::vector<Alignment> match_images(const AlignConfig& config) {
    const auto names = unique_names(config.reference);
    std::vector<Listing> folders;
    for (const auto& folder : config.features) folders.push_back(list_folder(folder));
    for (const auto& folder : config.reference) folders.push_back(list_folder(folder));
    const auto all = std::span(std::as_const(folders));
    const auto representations = all.first(config.features.size()),
               references = all.subspan(config.features.size());
    const Ids listed = config.ids.empty() ? Ids() : read_ids(config.ids);

    std::vector<Alignment> alignments;
    for (const auto& features : representations) {
        const bool is_whole = listed.empty() && config.n == 0;
        Alignment alignment{.image_ids = is_whole ? features.ids : listed};
        if (config.n > 0) alignment.image_ids = sample(config, features, references);
        alignment.features = features.choose(alignment.image_ids);
        if (!config.representation.empty()) alignment.features.name = config.representation;
        for (std::size_t r = 0; r < references.size(); ++r) {
            expect_channels(features, references[r]);
            alignment.references.push_back(references[r].choose(alignment.image_ids));
            alignment.references.back().name = names[r];
            alignment.references.back().representation = references[r].representation;
            if (is_whole) features.choose(references[r].ids);
        }
        alignments.push_back(std::move(alignment));
    }
    return alignments;
}

}  // namespace lvr::score
