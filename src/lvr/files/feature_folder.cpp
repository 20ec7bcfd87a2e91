// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <list>
#include <optional>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "feature_schema.hpp"

namespace lvr::files {

struct FeatureFolder::Content {
    std::filesystem::path folder;
    ShardManifest manifest;
    TokenShape shape;  // of all images
    bool has_flipped = false;
    core::Json provenance;
    std::optional<ImageRows> rows;
    std::list<std::pair<std::int64_t, FeaturePartReader>> open;  // the last used first

    FeaturePartReader open_part(std::int64_t shard) const;
    const FeaturePartReader& part(std::int64_t shard);
    const ImageRows& all_rows();
    std::pair<std::int64_t, std::int64_t> place_of(std::int64_t image) const;
};

namespace {

constexpr std::size_t k_most_open = 4;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& problem) {
    throw core::input_error(file.string() + ": " + problem, "the features of its images cannot be read",
                            "run the extraction again: it makes what is missing");
}

}  // namespace

namespace {

/// What a part was made from, as its provenance says.
core::Json origin_of(const core::Json& provenance) {
    core::Json origin;
    for (const char* key : {"config", "inputs"})
        if (provenance.is_object() && provenance.contains(key)) origin[key] = provenance.at(key);
    return origin;
}

}  // namespace

FeaturePartReader FeatureFolder::Content::open_part(std::int64_t shard) const {
    const std::filesystem::path file = folder / part_name(shard);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) refuse(file, "is missing");
    FeaturePartReader reader(file);
    const std::int64_t size = manifest.shard_size, first = shard * size;
    const TokenShape expected{shape.type, std::min(size, manifest.items - first), shape.tokens,
                              shape.channels};
    if (reader.images() != expected.images)
        refuse(file, "holds " + std::to_string(reader.images()) + " images, not " +
                         std::to_string(expected.images) + " as manifest.json says");
    if (shape.tokens != 0 &&
        (!(TokenShape{reader.type(), reader.images(), reader.tokens(), reader.channels()} == expected) ||
         reader.has_flipped() != has_flipped))
        refuse(file, "has other tokens, channels or type than " + part_name(0));
    if (shape.tokens != 0 && origin_of(reader.provenance()) != origin_of(provenance))
        throw core::input_error(
            file.string() + ": was made from other weights, images or settings than " + part_name(0),
            "features of one folder must be of one kind",
            "remove it, and run the extraction again: it makes what is missing");
    return reader;
}

const FeaturePartReader& FeatureFolder::Content::part(std::int64_t shard) {
    const auto found = std::ranges::find_if(open, [&](const auto& one) { return one.first == shard; });
    if (found != open.end()) {
        open.splice(open.begin(), open, found);
    } else {
        if (open.size() >= k_most_open) open.pop_back();
        open.emplace_front(shard, open_part(shard));
    }
    return open.front().second;
}

const ImageRows& FeatureFolder::Content::all_rows() {
    if (rows) return *rows;
    ImageRows all;
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) {
        const FeaturePartReader reader = open_part(shard);
        all.ids.insert(all.ids.end(), reader.image_ids().begin(), reader.image_ids().end());
        all.status.insert(all.status.end(), reader.status().begin(), reader.status().end());
        all.reasons.insert(all.reasons.end(), reader.reasons().begin(), reader.reasons().end());
    }
    return rows.emplace(std::move(all));
}

std::pair<std::int64_t, std::int64_t> FeatureFolder::Content::place_of(std::int64_t image) const {
    core::ensure(image >= 0 && image < manifest.items, "an image outside a feature folder");
    return {image / manifest.shard_size, image % manifest.shard_size};
}

FeatureFolder::FeatureFolder(const std::filesystem::path& folder) : content_(std::make_unique<Content>()) {
    content_->folder = folder;
    content_->manifest = read_manifest(folder);
    if (content_->manifest.items == 0) return;
    const FeaturePartReader& first = content_->part(0);
    content_->shape = {first.type(), content_->manifest.items, first.tokens(), first.channels()};
    content_->has_flipped = first.has_flipped();
    content_->provenance = first.provenance();
}

FeatureFolder::~FeatureFolder() = default;
FeatureFolder::FeatureFolder(FeatureFolder&&) noexcept = default;
FeatureFolder& FeatureFolder::operator=(FeatureFolder&&) noexcept = default;

std::int64_t FeatureFolder::images() const { return content_->manifest.items; }
std::int64_t FeatureFolder::tokens() const { return content_->shape.tokens; }
std::int64_t FeatureFolder::channels() const { return content_->shape.channels; }
StorageType FeatureFolder::type() const { return content_->shape.type; }
bool FeatureFolder::has_flipped() const { return content_->has_flipped; }
const core::Json& FeatureFolder::provenance() const { return content_->provenance; }
const std::vector<std::string>& FeatureFolder::image_ids() { return content_->all_rows().ids; }
const std::vector<std::int8_t>& FeatureFolder::status() { return content_->all_rows().status; }
const std::vector<std::string>& FeatureFolder::reasons() { return content_->all_rows().reasons; }

std::vector<float> FeatureFolder::read(std::int64_t image) {
    const auto [shard, row] = content_->place_of(image);
    return content_->part(shard).read(row, 1);
}

std::vector<float> FeatureFolder::read_flipped(std::int64_t image) {
    const auto [shard, row] = content_->place_of(image);
    return content_->part(shard).read_flipped(row, 1);
}

}  // namespace lvr::files
