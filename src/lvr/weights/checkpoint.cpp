// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/checkpoint.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include <lvr/core/config.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/weights/safetensors.hpp>
#include <lvr/weights/torch_zip.hpp>

namespace lvr::weights {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> k_candidates = {
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.bin",
    "diffusion_pytorch_model.bin.index.json",
};

std::string names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    if (names.size() > 12) names.resize(12), names.emplace_back("...");
    return names.empty() ? "the folder is empty" : fmt::format("the folder has {}", fmt::join(names, ", "));
}

fs::path file_in(const fs::path& folder) {
    for (const auto& name : k_candidates) {
        if (fs::exists(folder / name)) return folder / name;
    }
    throw core::input_error(folder.string() + ": has no file of weights", names_in(folder),
                            fmt::format("the first of these is taken: {}", fmt::join(k_candidates, ", ")));
}

std::unique_ptr<const TensorFile> open_file(const fs::path& file) {
    if (file.extension() == ".safetensors") return open_safetensors(file);
    if (file.extension() == ".bin") return open_torch_zip(file);
    throw core::input_error(file.string() + ": no file of weights by its name", "",
                            "name a .safetensors or .bin file, or a folder with one");
}

bool is_digest(const std::string& name) {
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The SHA-256 that the hub's cache stores a file under; empty if it does not.
std::string stored_digest(const fs::path& file) {
    if (!fs::is_symlink(file)) return "";
    const auto blob = fs::canonical(file);
    const bool is_named = blob.parent_path().filename() == "blobs" && is_digest(blob.filename().string());
    return is_named ? blob.filename().string() : "";
}

std::string digest_of(const fs::path& file) {
    const std::string stored = stored_digest(file);
    return stored.empty() ? core::sha256_of_file(file) : stored;
}

}  // namespace

void verify(const Checkpoint& checkpoint) {
    for (const auto& file : checkpoint.files()) {
        const std::string stored = stored_digest(file);
        if (stored.empty() || stored == core::sha256_of_file(file)) continue;
        throw core::input_error(file.string() + ": is damaged: its content is not what it is stored under",
                                "the features would be of other weights",
                                "delete it and fetch the model again");
    }
}

Checkpoint Checkpoint::open(const fs::path& folder_or_file) {
    std::error_code ignored;
    if (!fs::exists(folder_or_file, ignored))
        throw core::input_error(folder_or_file.string() + ": no such file or folder", "", "check the path");
    const auto file = fs::is_directory(folder_or_file, ignored) ? file_in(folder_or_file) : folder_or_file;
    Checkpoint checkpoint;
    if (file.filename().string().ends_with(".index.json"))
        checkpoint.add_shards(file);
    else
        checkpoint.add(file);
    return checkpoint;
}

void Checkpoint::add(const fs::path& file) {
    const std::shared_ptr<const TensorFile> opened = open_file(file);
    tensors_.insert(opened->tensors().begin(), opened->tensors().end());
    open_[file] = opened;
    files_.push_back(file);
}

void Checkpoint::add_shards(const fs::path& index) {
    const auto bad = [&](const std::string& problem) {
        throw core::input_error(index.string() + ": " + problem, "", "download the model again");
    };
    const auto json = core::parse_json(core::read_text(index), index.string());
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object() ||
        json["weight_map"].empty())
        bad("has no weight_map that says which file holds which tensor");
    files_.push_back(index);
    std::size_t held = 0;
    for (const auto& [name, value] : json["weight_map"].items()) {
        const auto shard = value.is_string() ? value.get<std::string>() : "";
        if (shard.empty() || shard == ".." || fs::path(shard).filename() != shard)
            bad("names no file for " + name);
        const auto file = index.parent_path() / shard;
        if (!open_.contains(file)) {
            if (!fs::exists(file)) bad("lists " + shard + ", which is not there");
            open_[file] = open_file(file);
            files_.push_back(file);
            held += open_[file]->tensors().size();
        }
        const auto found = open_[file]->tensors().find(name);
        if (found == open_[file]->tensors().end())
            bad(fmt::format("{} should hold {}, but does not", shard, name));
        if (!tensors_.insert(*found).second) bad("has two entries called " + name);
    }
    if (held > tensors_.size())
        core::warn("{}: {} tensors of its files are not listed and are left out", index.string(),
                   held - tensors_.size());
}

at::Tensor Checkpoint::read(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found != tensors_.end()) return open_.at(found->second.file)->read(name);
    std::vector<std::string> names;
    for (const auto& [one, info] : tensors_) names.push_back(one);
    const auto near = core::nearest(name, names);
    throw core::input_error(fmt::format("{}: there is no tensor {}", files_.front().string(), name), "",
                            near.empty() ? "check its name" : "did you mean " + near + "?");
}

std::string fingerprint(const Checkpoint& checkpoint) {
    std::set<std::string> lines;
    for (const auto& file : checkpoint.files())
        lines.insert(file.filename().string() + " " + digest_of(file) + "\n");
    return core::sha256(fmt::format("{}", fmt::join(lines, "")));
}

}  // namespace lvr::weights
