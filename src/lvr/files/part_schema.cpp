// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/part_schema.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::files {

void write_schema(const H5Group& root, const PartSchema& schema) {
    root.write_attribute("schema", std::string(schema.name));
    root.write_attribute("version", schema.version);
}

void refuse_part(const std::filesystem::path& file, const std::string& problem, const PartSchema& schema) {
    throw core::input_error(file.string() + ": " + problem, schema.why, schema.remedy);
}

void expect_schema(const H5Group& root, const PartSchema& schema) {
    const std::string found = root.has_attribute("schema") ? root.text_attribute("schema") : "";
    if (found != schema.name)
        refuse_part(root.file_name(),
                    found.empty() ? "has no schema"
                                  : fmt::format("is a {} file, not a {} file", shown(found), schema.name),
                    schema);
    const std::int64_t version = root.integer_attribute("version");
    if (version != schema.version)
        refuse_part(root.file_name(),
                    fmt::format("is of version {}; this program reads version {}", version, schema.version),
                    schema);
}

void expect_of_folder(const std::filesystem::path& file, const core::Json& provenance,
                      const PartSchema& schema) {
    if (!provenance.is_object() || !provenance.contains("config")) return;
    if (provenance.at("config") == read_manifest(file.parent_path()).identity) return;
    refuse_part(file, "was made for another folder: its settings are not those of manifest.json", schema);
}

void for_each_part(const std::filesystem::path& folder, const PartSchema& schema,
                   const std::function<std::int64_t(const std::filesystem::path& file, std::int64_t shard,
                                                    std::int64_t first)>& read) {
    const ShardManifest manifest = read_manifest(folder);
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) {
        const auto file = folder / part_name(shard);
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) refuse_part(file, "is missing", schema);
        const auto first = shard * manifest.shard_size;
        const auto expected = std::min(manifest.shard_size, manifest.items - first);
        const auto found = read(file, shard, first);
        if (found != expected)
            refuse_part(file, fmt::format("holds {} items, not {} as manifest.json says", found, expected),
                        schema);
    }
}

}  // namespace lvr::files
