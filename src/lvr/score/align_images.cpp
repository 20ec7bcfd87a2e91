// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_images.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::string>;  // sorted, each once

constexpr std::size_t k_most_named = 3;

/// "3 images: a, b, c"
std::string count_and_names(const Ids& names) {
    std::string text = fmt::format("{} image{}: ", names.size(), names.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < std::min(k_most_named, names.size()); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return text + (names.size() > k_most_named ? ", ..." : "");
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
    std::vector<std::int8_t> status;
    Ids ids;

    AlignedFolder choose(const Ids& images) const;
};

std::string folder_name(const std::string& folder) {
    const fs::path path = fs::absolute(folder).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).filename().string();
}

Listing list_folder(const std::string& folder) {
    files::FeatureFolder features(folder);
    if (features.images() == 0)
        throw core::input_error(folder + ": holds no images", "", "extract features of some images first");
    Listing listing{.folder = folder,
                    .representation = folder_name(folder),
                    .manifest_sha256 = core::sha256_of_file(files::manifest_file(folder)),
                    .channels = features.channels(),
                    .status = features.status(),
                    .ids = features.image_ids()};
    const auto said = features.provenance().is_object() ? features.provenance().find("representation")
                                                        : features.provenance().end();
    if (said != features.provenance().end() && said->is_string()) listing.representation = *said;
    for (std::size_t i = 0; i < listing.ids.size(); ++i)
        listing.rows.emplace(listing.ids[i], static_cast<std::int64_t>(i));
    sort_once(listing.ids, folder, "extract the features again, from a list that names each image once");
    return listing;
}

AlignedFolder Listing::choose(const Ids& images) const {
    AlignedFolder chosen{folder, representation, manifest_sha256, {}};
    Ids missing, unusable;
    for (const auto& id : images) {
        const auto found = rows.find(id);
        if (found == rows.end()) {
            missing.push_back(id);
            continue;
        }
        const auto its = static_cast<files::ImageStatus>(status[static_cast<std::size_t>(found->second)]);
        if (its != files::ImageStatus::ok) unusable.push_back(id + " (" + files::name_of(its) + ")");
        chosen.rows.push_back(found->second);
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
    for (const char letter : core::read_text(file) + "\n") {
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

Ids sample(const AlignConfig& config, const std::vector<Listing>& folders) {
    Ids common = folders.front().ids;
    for (const auto& folder : folders) {
        Ids kept;
        std::ranges::set_intersection(common, folder.ids, std::back_inserter(kept));
        common = std::move(kept);
    }
    if (static_cast<std::int64_t>(common.size()) < config.n)
        throw core::input_error(
            fmt::format("--n {}: the folders have {} images in common", config.n, common.size()), "",
            "take a smaller sample, or extract more");
    core::KeyedRng(static_cast<std::uint64_t>(config.seed), {"align", "images"}).shuffle(common);
    common.resize(static_cast<std::size_t>(config.n));
    std::ranges::sort(common);
    return common;
}

/// Names of folders with as many of the folders above them as it takes to tell them apart.
std::vector<std::string> unique_names(const std::vector<std::string>& folders) {
    std::vector<fs::path> paths;
    for (const auto& folder : folders) {
        const fs::path path = fs::absolute(folder).lexically_normal();
        paths.push_back(path.has_filename() ? path : path.parent_path());
        if (std::count(paths.begin(), paths.end(), paths.back()) > 1)
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
    const auto first_reference = folders.begin() + static_cast<std::ptrdiff_t>(config.features.size());
    Ids chosen;
    if (!config.ids.empty()) chosen = read_ids(config.ids);
    if (config.n > 0) chosen = sample(config, folders);

    std::vector<Alignment> alignments;
    for (auto features = folders.begin(); features != first_reference; ++features) {
        Alignment alignment{.image_ids = chosen.empty() ? features->ids : chosen};
        alignment.features = features->choose(alignment.image_ids);
        if (!config.representation.empty()) alignment.features.name = config.representation;
        for (auto reference = first_reference; reference != folders.end(); ++reference) {
            expect_channels(*features, *reference);
            alignment.references.push_back(reference->choose(alignment.image_ids));
            alignment.references.back().name = names[static_cast<std::size_t>(reference - first_reference)];
            if (chosen.empty()) features->choose(reference->ids);
        }
        alignments.push_back(std::move(alignment));
    }
    return alignments;
}

}  // namespace lvr::score
