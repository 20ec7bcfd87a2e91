// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <lvr/core/error.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/utf8.hpp>

#include "feature_schema.hpp"
#include "half_float.hpp"

namespace lvr::files {
namespace {

[[noreturn]] void refuse(const H5Group& root, const std::string& problem) {
    throw core::input_error(root.file_name() + ": " + problem,
                            "the file does not follow the schema, or is damaged",
                            "remove it and run the extraction again: it makes what is missing");
}

std::vector<std::int8_t> read_status(const H5Group& root) {
    std::vector<std::int8_t> status;
    for (const std::int64_t value : root.integers("status")) {
        if (value < 0 || value > static_cast<int>(ImageStatus::unreadable))
            refuse(root, "status: " + std::to_string(value) + " has no meaning");
        status.push_back(static_cast<std::int8_t>(value));
    }
    return status;
}

template <class From>
void widen(const std::vector<std::byte>& bytes, std::vector<float>& values, From from) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
        values[i] = from(bits);
    }
}

}  // namespace

void check_schema(const H5Group& root, const std::string& schema) {
    const std::string its = root.has_attribute("schema") ? root.text_attribute("schema") : "";
    if (its != schema)
        refuse(root,
               its.empty() ? "has no schema" : "is a " + shown(its) + " file, not a " + schema + " file");
    const std::int64_t version = root.integer_attribute("version");
    if (version != k_feature_version)
        refuse(root, "is of version " + std::to_string(version) + "; this program reads version " +
                         std::to_string(k_feature_version));
}

TokenShape token_shape(const H5Group& root, const char* dataset) {
    const std::string name = root.text_attribute_of(dataset, "dtype");
    TokenShape shape;
    try {
        shape.type = storage_type(name);
    } catch (const core::Error&) {
        refuse(root, std::string(dataset) + ": dtype " + shown(name) + " is unknown");
    }
    if (root.number_type(dataset) != number_for(shape.type))
        refuse(root, std::string(dataset) + ": is not stored as its dtype says");
    const auto extents = root.array_shape(dataset);
    const auto fits = [](std::uint64_t extent) { return extent <= std::uint64_t{INT64_MAX}; };
    if (extents.size() != 3 || !std::ranges::all_of(extents, fits) || extents[1] == 0 || extents[2] == 0)
        refuse(root, std::string(dataset) + ": is not of shape [images, tokens, channels]");
    shape.images = static_cast<std::int64_t>(extents[0]);
    shape.tokens = static_cast<std::int64_t>(extents[1]);
    shape.channels = static_cast<std::int64_t>(extents[2]);
    return shape;
}

ImageRows read_image_rows(const H5Group& root, std::int64_t images) {
    ImageRows rows{root.texts("image_id"), read_status(root), root.texts("reason")};
    const auto count = static_cast<std::size_t>(images);
    if (rows.ids.size() != count || rows.status.size() != count || rows.reasons.size() != count)
        refuse(root, "tokens, image_id, status and reason differ in length");
    return rows;
}

struct FeaturePartReader::Content {
    H5Group root;
    TokenShape shape;
    bool has_flipped = false;
    ImageRows rows;
    core::Json provenance;

    std::vector<float> read(const char* dataset, std::int64_t first, std::int64_t count) const;
};

std::vector<float> FeaturePartReader::Content::read(const char* dataset, std::int64_t first,
                                                    std::int64_t count) const {
    core::ensure(first >= 0 && count >= 0 && first <= shape.images && count <= shape.images - first,
                 "images outside a part");
    const CrashMessage crash(root.file_name());
    const auto from = static_cast<std::uint64_t>(first), rows_wanted = static_cast<std::uint64_t>(count);
    std::vector<float> values(static_cast<std::size_t>(count * shape.tokens * shape.channels));
    if (shape.type == StorageType::float32) {
        root.read_rows(dataset, from, rows_wanted, std::as_writable_bytes(std::span(values)));
        return values;
    }
    std::vector<std::byte> bytes(values.size() * bytes_per_value(shape.type));
    root.read_rows(dataset, from, rows_wanted, bytes);
    if (shape.type == StorageType::float16)
        widen(bytes, values, from_float16);
    else
        widen(bytes, values, from_bfloat16);
    return values;
}

FeaturePartReader::FeaturePartReader(const std::filesystem::path& file) {
    const CrashMessage crash(file.string());
    const H5Group root = H5File::open_on_disk(file);
    check_schema(root, k_part_schema);
    const TokenShape shape = token_shape(root, k_tokens);
    const bool has_flipped = root.has(k_tokens_flipped);
    if (has_flipped && !(token_shape(root, k_tokens_flipped) == shape))
        refuse(root, "tokens and tokens_flipped differ in shape or type");
    content_ = std::make_unique<Content>(
        Content{root, shape, has_flipped, read_image_rows(root, shape.images), read_provenance(root)});
}

FeaturePartReader::~FeaturePartReader() = default;
FeaturePartReader::FeaturePartReader(FeaturePartReader&&) noexcept = default;
FeaturePartReader& FeaturePartReader::operator=(FeaturePartReader&&) noexcept = default;

StorageType FeaturePartReader::type() const { return content_->shape.type; }
std::int64_t FeaturePartReader::images() const { return content_->shape.images; }
std::int64_t FeaturePartReader::tokens() const { return content_->shape.tokens; }
std::int64_t FeaturePartReader::channels() const { return content_->shape.channels; }
bool FeaturePartReader::has_flipped() const { return content_->has_flipped; }
const std::vector<std::string>& FeaturePartReader::image_ids() const { return content_->rows.ids; }
const std::vector<std::int8_t>& FeaturePartReader::status() const { return content_->rows.status; }
const std::vector<std::string>& FeaturePartReader::reasons() const { return content_->rows.reasons; }
const core::Json& FeaturePartReader::provenance() const { return content_->provenance; }

std::vector<float> FeaturePartReader::read(std::int64_t first, std::int64_t count) const {
    return content_->read(k_tokens, first, count);
}

std::vector<float> FeaturePartReader::read_flipped(std::int64_t first, std::int64_t count) const {
    if (!content_->has_flipped)
        throw core::input_error(content_->root.file_name() + ": has no features of mirrored images", "",
                                "extract them with --flip");
    return content_->read(k_tokens_flipped, first, count);
}

}  // namespace lvr::files
