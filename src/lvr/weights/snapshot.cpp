// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/snapshot.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>

namespace lvr::weights {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

/// "org/name@revision" taken apart. A name of the hub is one or two words of letters, digits, '.', '_' and
/// '-'.
struct HubName {
    std::string id, revision;
};

bool is_word(const std::string& text) {
    return !text.empty() && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

std::optional<HubName> hub_name(const std::string& name) {
    const auto at = name.find('@');
    HubName hub{name.substr(0, at), at == std::string::npos ? "" : name.substr(at + 1)};
    const auto slash = hub.id.find('/');
    const bool proper =
        is_word(hub.id.substr(0, slash)) && (slash == std::string::npos || is_word(hub.id.substr(slash + 1)));
    const bool with_revision = at != std::string::npos;
    if (!proper || (with_revision && !is_word(fs::path(hub.revision).filename()))) return std::nullopt;
    if (with_revision && hub.revision.find("..") != std::string::npos) return std::nullopt;
    return hub;
}

std::vector<fs::path> cache_folders() {
    const auto variable = [](const char* name) {
        return fs::path(std::getenv(name) ? std::getenv(name) : "");
    };
    std::vector<fs::path> folders;
    if (const auto hub = variable("HF_HUB_CACHE"); !hub.empty()) folders.push_back(hub);
    if (const auto home = variable("HF_HOME"); !home.empty())
        folders.insert(folders.end(), {home / "hub", home});
    if (const auto home = variable("HOME"); !home.empty())
        folders.push_back(home / ".cache" / "huggingface" / "hub");
    return folders;
}

std::string trimmed(const std::string& text) {
    const auto last = text.find_last_not_of(" \n\r\t");
    return last == std::string::npos ? "" : text.substr(0, last + 1);
}

/// The revisions in a cache's folder of one model.
std::vector<std::string> revisions_in(const fs::path& model) {
    std::vector<std::string> revisions;
    if (!is_folder(model / "snapshots")) return revisions;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(model / "snapshots", ignored)) {
        if (entry.is_directory()) revisions.push_back(entry.path().filename().string());
    }
    std::sort(revisions.begin(), revisions.end());
    return revisions;
}

/// Of a revision's name (a commit, its first digits or a ref) the commits it may be.
std::vector<std::string> commits_of(const fs::path& model, const std::string& revision) {
    std::error_code ignored;
    const auto ref = model / "refs" / (revision.empty() ? "main" : revision);
    const auto all = revisions_in(model);
    std::vector<std::string> named = all;
    if (fs::is_regular_file(ref, ignored)) {
        const auto commit = trimmed(core::read_text(ref));
        std::erase_if(named, [&](const auto& one) { return one != commit; });
        if (!named.empty() || !revision.empty()) return named;
        return all;  // the snapshot that main names was removed, or is another than what was downloaded
    }
    if (!revision.empty()) std::erase_if(named, [&](const auto& one) { return !one.starts_with(revision); });
    return named;
}

/// @return the snapshot in models--org--name of a cache, if there is one
std::optional<fs::path> in_cache(const fs::path& model, const HubName& hub) {
    const auto commits = commits_of(model, hub.revision);
    if (commits.empty()) return std::nullopt;
    if (commits.size() > 1)
        throw core::input_error(fmt::format("{} has several revisions in {}: {}", hub.id, model.string(),
                                            fmt::join(commits, ", ")),
                                "they may hold different weights",
                                fmt::format("choose one, as {}@{}", hub.id, commits.front()));
    return model / "snapshots" / commits.front();
}

std::string cache_name(const std::string& id) {
    std::string name = "models--" + id;
    const auto slash = name.find('/');
    return slash == std::string::npos ? name : name.replace(slash, 1, "--");
}

[[noreturn]] void not_found(const HubName& hub, const std::vector<std::string>& looked) {
    std::string remedy = fmt::format(
        "nothing is downloaded here; type `hf download {}{} --local-dir FOLDER/{}` where there is a network, "
        "and "
        "give --models FOLDER",
        hub.id, hub.revision.empty() ? "" : " --revision " + hub.revision, hub.id);
    throw core::input_error(
        fmt::format("there is no model {}{}", hub.id, hub.revision.empty() ? "" : "@" + hub.revision),
        fmt::format("looked for a folder of that name and for {}", fmt::join(looked, ", ")), remedy);
}

fs::path find_folder(const HubName& hub, const fs::path& models) {
    std::vector<std::string> looked;
    auto caches = cache_folders();
    if (!models.empty()) {
        caches.insert(caches.begin(), models);
        looked.push_back((models / hub.id).string());
        std::error_code ignored;
        if (hub.revision.empty() && fs::exists(models / hub.id / "config.json", ignored))
            return models / hub.id;
    }
    for (const auto& cache : caches) {
        const auto model = cache / cache_name(hub.id);
        looked.push_back(model.string());
        if (const auto found = in_cache(model, hub)) return *found;
    }
    not_found(hub, looked);
}

core::Json read_object(const fs::path& file) {
    auto json = core::parse_json(core::read_text(file), file.string());
    if (!json.is_object())
        throw core::input_error(file.string() + ": is no JSON object", "", "download it again");
    return json;
}

/// The image processor's keys. transformers 5 writes them into processor_config.json, which wins over the
/// older file.
core::Json read_preprocessor(const fs::path& folder) {
    const auto whole = folder / "processor_config.json", alone = folder / "preprocessor_config.json";
    std::error_code ignored;
    if (fs::exists(whole, ignored)) {
        const auto config = read_object(whole);
        if (config.contains("image_processor") && config.at("image_processor").is_object())
            return config.at("image_processor");
    }
    return fs::exists(alone, ignored) ? read_object(alone) : core::Json();
}

Snapshot read_snapshot(const fs::path& folder, const std::string& name) {
    std::error_code ignored;
    if (!fs::exists(folder / "config.json", ignored))
        throw core::input_error(folder.string() + ": has no config.json", "a model's folder needs one",
                                "download the whole model, or name another folder");
    return {folder, name, read_object(folder / "config.json"), read_preprocessor(folder)};
}

}  // namespace

Snapshot open_snapshot(const std::string& name, const fs::path& models) {
    if (is_folder(name)) return read_snapshot(name, name);
    const auto hub = hub_name(name);
    if (!hub)
        throw core::input_error(name + ": no such folder, and no name of a model", "",
                                "name a folder, or a model as org/name or org/name@revision");
    return read_snapshot(find_folder(*hub, models), name);
}

}  // namespace lvr::weights
