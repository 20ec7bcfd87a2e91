// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/features.hpp>

#include <array>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/files/provenance.hpp>

#include "feature_schema.hpp"

namespace lvr::files {
namespace {

constexpr std::int64_t k_largest_part = std::int64_t{1} << 31;  // bytes, unless one image needs more

constexpr std::array<std::pair<StorageType, const char*>, 3> k_types = {{
    {StorageType::float16, "float16"},
    {StorageType::bfloat16, "bfloat16"},
    {StorageType::float32, "float32"},
}};

constexpr std::array<std::pair<ImageStatus, const char*>, 7> k_statuses = {{
    {ImageStatus::ok, "ok"},
    {ImageStatus::empty, "empty"},
    {ImageStatus::not_an_image, "not_an_image"},
    {ImageStatus::damaged, "damaged"},
    {ImageStatus::too_large, "too_large"},
    {ImageStatus::missing, "missing"},
    {ImageStatus::unreadable, "unreadable"},
}};

std::string meaning_of_status() {
    std::string text;
    for (const auto& [status, name] : k_statuses)
        text += (text.empty() ? "" : ", ") + std::to_string(static_cast<int>(status)) + " " + name;
    return text;
}

void check(const FeaturePart& part) {
    const auto images = static_cast<std::size_t>(part.images);
    core::ensure(part.images >= 0 && part.tokens >= 1 && part.channels >= 1,
                 "a feature part without a shape");
    std::size_t bytes = bytes_per_value(part.type);
    for (const std::int64_t extent : {part.images, part.tokens, part.channels})
        core::ensure(!__builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes),
                     "a feature part too large to count");
    core::ensure(part.values.size() == bytes, "a feature part's values do not fit its shape");
    core::ensure(part.flipped.empty() || part.flipped.size() == bytes,
                 "a feature part's flipped values do not fit its shape");
    core::ensure(part.images <= 1 || part.values.size() + part.flipped.size() <= k_largest_part,
                 "a feature part above 2 GiB");
    core::ensure(
        part.image_ids.size() == images && part.status.size() == images && part.reasons.size() == images,
        "a feature part's lists differ in length");
    core::ensure(part.deflate >= 0 && part.deflate <= 9, "a deflate level outside 0 to 9");
}

void write_tokens(const H5Group& root, const FeaturePart& part, const char* name,
                  std::span<const std::byte> values) {
    H5Array array;
    array.number = number_for(part.type);
    for (const std::int64_t extent : {part.images, part.tokens, part.channels})
        array.shape.push_back(static_cast<std::uint64_t>(extent));
    array.values = values;
    array.deflate = part.images > 0 ? part.deflate : 0;
    root.write(name, array);
    root.write_attribute_of(name, "dtype", name_of(part.type));
}

}  // namespace

std::size_t bytes_per_value(StorageType type) { return type == StorageType::float32 ? 4 : 2; }

std::string name_of(StorageType type) {
    for (const auto& [one, name] : k_types) {
        if (one == type) return name;
    }
    return "";
}

StorageType storage_type(const std::string& name) {
    for (const auto& [type, its_name] : k_types) {
        if (name == its_name) return type;
    }
    throw core::usage_error("storage type '" + name + "' is unknown", "", "use float16, bfloat16 or float32");
}

std::string name_of(ImageStatus status) {
    for (const auto& [one, name] : k_statuses) {
        if (one == status) return name;
    }
    return "";
}

H5Number number_for(StorageType type) {
    switch (type) {
        case StorageType::float16:
            return H5Number::float16;
        case StorageType::bfloat16:
            return H5Number::uint16;
        case StorageType::float32:
            break;
    }
    return H5Number::float32;
}

void write_image_rows(const H5Group& root, const ImageRows& rows) {
    root.write("image_id", rows.ids);
    root.write("status",
               H5Array{H5Number::int8, {rows.status.size()}, std::as_bytes(std::span(rows.status))});
    root.write_attribute_of("status", "meaning", meaning_of_status());
    root.write("reason", rows.reasons);
}

void write_feature_part(const std::filesystem::path& file, const FeaturePart& part) {
    check(part);
    H5File::write(file, [&](const H5Group& root) {
        root.write_attribute("schema", std::string(k_part_schema));
        root.write_attribute("version", k_feature_version);
        write_provenance(root, part.provenance);
        write_tokens(root, part, k_tokens, part.values);
        if (!part.flipped.empty()) write_tokens(root, part, k_tokens_flipped, part.flipped);
        write_image_rows(root, {part.image_ids, part.status, part.reasons});
    });
}

}  // namespace lvr::files
