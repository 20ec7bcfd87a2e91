// SPDX-License-Identifier: Apache-2.0
#include "golden_folder.hpp"

#include <ATen/core/Tensor.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>

namespace lvr::test {
namespace {

const std::map<std::string, std::int64_t> k_usual = {
    {"channels", 64}, {"images", 100}, {"shard", 7}, {"shift", 0}};

std::string id_of(std::int64_t image) { return "class/" + std::to_string(image) + ".jpg"; }

std::vector<std::int64_t> images_of(const GoldenFolder& wanted) {
    std::vector<std::int64_t> images;
    const auto count = wanted.number("images");
    for (std::int64_t i = 0; i < count; ++i) {
        const auto image = 1 + (i + wanted.number("shift")) % count;
        if (wanted.is("drop", id_of(image))) continue;
        images.push_back(image);
        if (wanted.is("twice", id_of(image))) images.push_back(image);
    }
    return images;
}

void write_part(const GoldenFolder& wanted, const std::vector<std::int64_t>& images, std::int64_t shard) {
    files::FeaturePart part;
    part.type = files::storage_type(wanted.options.contains("type") ? wanted.options.at("type") : "float32");
    part.tokens = wanted.tokens.tokens;
    part.channels = wanted.number("channels");
    const auto type = part.type == files::StorageType::float32   ? at::kFloat
                      : part.type == files::StorageType::float16 ? at::kHalf
                                                                 : at::kBFloat16;
    std::vector<std::byte> values;
    const auto size = wanted.number("shard"), count = static_cast<std::int64_t>(images.size());
    for (auto i = shard * size; i < std::min(count, (shard + 1) * size); ++i) {
        const auto id = id_of(images[static_cast<std::size_t>(i)]);
        auto tokens = golden_tokens(wanted.tokens, images[static_cast<std::size_t>(i)], part.channels);
        if (wanted.is("nan", id)) tokens[0][0].fill_(NAN);
        tokens = tokens.to(type);
        const auto* bytes = static_cast<const std::byte*>(tokens.const_data_ptr());
        values.insert(values.end(), bytes, bytes + tokens.nbytes());
        part.image_ids.push_back(id);
        part.status.push_back(wanted.is("status", id) ? 3 : 0);
        part.reasons.emplace_back(wanted.is("status", id) ? "cut short" : "");
        ++part.images;
    }
    part.values = values;
    part.provenance = {{"config", {{"r", wanted.tokens.number}}}};
    files::write_feature_part(std::filesystem::path(wanted.folder) / files::part_name(shard), part);
}

}  // namespace

std::int64_t GoldenFolder::number(const std::string& key) const {
    return options.contains(key) ? std::stoll(options.at(key)) : k_usual.at(key);
}

bool GoldenFolder::is(const std::string& key, const std::string& id) const {
    return options.contains(key) && options.at(key) == id;
}

void write_golden_folder(const GoldenFolder& wanted) {
    const auto images = images_of(wanted);
    files::ShardManifest manifest;
    manifest.identity = {{"r", wanted.tokens.number}};
    manifest.items = static_cast<std::int64_t>(images.size());
    manifest.shard_size = wanted.number("shard");
    std::filesystem::create_directories(wanted.folder);
    files::write_manifest(wanted.folder, manifest);
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) write_part(wanted, images, shard);
}

}  // namespace lvr::test
