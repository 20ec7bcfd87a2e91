// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/shard_manifest.hpp>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::files {
namespace {

constexpr const char* k_schema = "lvr.shards";
constexpr std::int64_t k_version = 1;
const std::string k_prefix = "part-", k_ending = ".h5";
constexpr std::size_t k_digits = 6;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& problem) {
    throw core::input_error(
        file.string() + ": " + problem, "it says how the folder's parts are cut and what they are made from",
        "restore it from a copy, or choose another folder; what is in this one can only be "
        "made again");
}

/// A whole number of at least `least`.
std::int64_t number_at(const core::Json& json, const char* key, std::int64_t least,
                       const std::filesystem::path& file) {
    const auto found = json.find(key);
    const bool is_whole = found != json.end() && found->is_number_integer() &&
                          (!found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX);
    if (!is_whole || found->get<std::int64_t>() < least)
        refuse(file, std::string(key) + ": is not a whole number from " + std::to_string(least) + " on");
    return found->get<std::int64_t>();
}

std::string text_at(const core::Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string part_name(std::int64_t shard) {
    const std::string digits = std::to_string(shard);
    return k_prefix + std::string(k_digits - std::min(k_digits, digits.size()), '0') + digits + k_ending;
}

std::int64_t shard_of(const std::string& file_name) {
    constexpr std::size_t most_digits = 18;
    if (!file_name.starts_with(k_prefix) || !file_name.ends_with(k_ending)) return -1;
    if (file_name.size() < k_prefix.size() + k_ending.size()) return -1;
    const std::string digits =
        file_name.substr(k_prefix.size(), file_name.size() - k_prefix.size() - k_ending.size());
    const bool is_number = !digits.empty() && digits.size() <= most_digits &&
                           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return -1;
    const std::int64_t shard = std::stoll(digits);
    return part_name(shard) == file_name ? shard : -1;
}

std::filesystem::path manifest_file(const std::filesystem::path& folder) { return folder / "manifest.json"; }

void write_manifest(const std::filesystem::path& folder, const ShardManifest& manifest) {
    core::Json json;
    json["schema"] = k_schema;
    json["version"] = k_version;
    json["items"] = manifest.items;
    json["shard_size"] = manifest.shard_size;
    json["identity"] = manifest.identity;
    write_text(manifest_file(folder), core::to_text(json) + "\n");
}

namespace {

/// A folder of such folders is easily named instead of one of them.
void expect_manifest(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (std::filesystem::exists(manifest_file(folder), ignored)) return;
    std::vector<std::string> inside;
    for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
         entry.increment(ignored))
        if (std::filesystem::exists(manifest_file(entry->path()), ignored))
            inside.push_back(entry->path().string());
    if (inside.empty()) return;
    std::ranges::sort(inside);
    throw core::input_error(manifest_file(folder).string() + ": no such file; but folders in it have one",
                            "each of them is of one representation", "name one: " + core::name_list(inside));
}

}  // namespace

ShardManifest read_manifest(const std::filesystem::path& folder) {
    const std::filesystem::path file = manifest_file(folder);
    expect_manifest(folder);
    const std::string text = core::read_text(file);
    core::Json json;
    try {
        json = core::parse_json(text, file.string());
    } catch (const core::Error&) {
        refuse(file, "is damaged: it is not JSON");
    }
    if (text_at(json, "schema") != k_schema) refuse(file, "is not the manifest of a folder of parts");
    const std::int64_t version = number_at(json, "version", 0, file);
    if (version != k_version)
        refuse(file, "is of version " + std::to_string(version) + "; this program knows version " +
                         std::to_string(k_version));
    if (!json.contains("identity")) refuse(file, "identity: is missing");
    return {json.at("identity"), number_at(json, "items", 0, file), number_at(json, "shard_size", 1, file)};
}

}  // namespace lvr::files
