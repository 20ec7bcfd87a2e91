// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "feature_schema.hpp"

namespace lvr::files {
namespace {

/// A quiet NaN as it is stored.
std::vector<std::byte> stored_nan(StorageType type) {
    switch (type) {
        case StorageType::float16:
            return {std::byte{0x00}, std::byte{0x7e}};
        case StorageType::bfloat16:
            return {std::byte{0xc0}, std::byte{0x7f}};
        case StorageType::float32:
            break;
    }
    return {std::byte{0x00}, std::byte{0x00}, std::byte{0xc0}, std::byte{0x7f}};
}

H5Virtual tokens_of_parts(const FeatureFolder& features, const ShardManifest& manifest) {
    H5Virtual tokens;
    tokens.number = number_for(features.type());
    for (const std::int64_t extent : {features.images(), features.tokens(), features.channels()})
        tokens.shape.push_back(static_cast<std::uint64_t>(extent));
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) {
        const std::int64_t rows = std::min(manifest.shard_size, manifest.items - shard * manifest.shard_size);
        tokens.sources.push_back({part_name(shard), static_cast<std::uint64_t>(rows)});
    }
    return tokens;
}

}  // namespace

void write_feature_index(const std::filesystem::path& folder) {
    FeatureFolder features(folder);
    const ShardManifest manifest = read_manifest(folder);
    if (manifest.items == 0)
        throw core::input_error(manifest_file(folder).string() + ": there are no images", "nothing to index",
                                "extract the features of some images first");
    const ImageRows rows{features.image_ids(), features.status(), features.reasons()};  // checks every part
    H5Virtual tokens = tokens_of_parts(features, manifest);
    const std::vector<std::byte> nan = stored_nan(features.type());
    tokens.fill = nan;
    const auto fill = [&](const H5Group& root) {
        root.write_attribute("schema", std::string(k_index_schema));
        root.write_attribute("version", k_feature_version);
        write_provenance(root, features.provenance());
        for (const char* name : {k_tokens, k_tokens_flipped}) {
            if (std::string(name) == k_tokens_flipped && !features.has_flipped()) continue;
            tokens.path = name;
            root.write(name, tokens);
            root.write_attribute_of(name, "dtype", name_of(features.type()));
        }
        write_image_rows(root, rows);
    };
    H5File::write(folder / "index.h5", fill, H5File::Format::v110);
}

}  // namespace lvr::files
