// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/shard_buffer.hpp>

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <lvr/core/error.hpp>

namespace lvr::extract {
namespace {

using files::StorageType;

at::ScalarType dtype_of(StorageType type) {
    switch (type) {
        case StorageType::float16:
            return at::kHalf;
        case StorageType::bfloat16:
            return at::kBFloat16;
        case StorageType::float32:
            return at::kFloat;
    }
    core::ensure(false, "a storage type without a dtype");
    return at::kFloat;
}

/// A quiet NaN, little-endian.
std::uint32_t nan_of(StorageType type) {
    switch (type) {
        case StorageType::float16:
            return 0x7e00;
        case StorageType::bfloat16:
            return 0x7fc0;
        case StorageType::float32:
            break;
    }
    return 0x7fc00000;
}

void fill_with_nan(std::byte* out, std::int64_t bytes, StorageType type) {
    const std::uint32_t nan = nan_of(type);
    const auto size = static_cast<std::int64_t>(files::bytes_per_value(type));
    for (std::int64_t at = 0; at < bytes; at += size)
        std::memcpy(out + at, &nan, static_cast<std::size_t>(size));
}

[[noreturn]] void refuse_features(const Representation& representation, const at::Tensor& features_BTD,
                                  const at::Tensor& stored_BTD, const std::vector<std::string>& ids) {
    for (std::int64_t b = 0; b < features_BTD.size(0); ++b) {
        if (at::isfinite(stored_BTD[b]).all().item<bool>()) continue;
        const std::string problem =
            fmt::format("{}: the {} features ", ids[static_cast<std::size_t>(b)], representation.id);
        if (!at::isfinite(features_BTD[b]).all().item<bool>()) {
            throw core::output_error(problem + "are not finite",
                                     "the model overflows in its dtype, or its weights are damaged",
                                     "use --dtype float32 or bfloat16");
        }
        const auto largest = features_BTD[b].to(at::kFloat).abs().max().item<float>();
        throw core::output_error(
            fmt::format("{}reach {:g}, which {} cannot hold", problem, largest,
                        files::name_of(representation.store)),
            "they would be stored as infinity",
            "use --store bfloat16 or float32 with another --out: parts that are there stay float16");
    }
    core::ensure(false, "features that were not finite are finite");
    throw;  // not reached
}

}  // namespace

at::Tensor stored(const Representation& representation, const at::Tensor& features_BTD,
                  const std::vector<std::string>& ids) {
    const auto stored_BTD = features_BTD.to(dtype_of(representation.store));
    // A sum is finite only if all are: one pass, and no array of flags.
    const bool may_be_fine = at::isfinite(stored_BTD.sum(at::kFloat)).item<bool>();
    if (!may_be_fine && !at::isfinite(stored_BTD).all().item<bool>())
        refuse_features(representation, features_BTD, stored_BTD, ids);
    return stored_BTD.cpu().contiguous();
}

ShardBuffer::ShardBuffer(std::int64_t shard, par::Range images, std::vector<const Representation*> targets,
                         bool flip)
    : shard_(shard),
      images_(images),
      targets_(std::move(targets)),
      values_(targets_.size()),
      status_(static_cast<std::size_t>(images.size())),
      reasons_(static_cast<std::size_t>(images.size())),
      left_(images.size()) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const auto bytes = static_cast<std::size_t>(images.size() * targets_[i]->bytes());
        values_[i].plain.resize(bytes);
        if (flip) values_[i].flipped.resize(bytes);
    }
}

void ShardBuffer::put(std::int64_t row, std::size_t target, bool flipped, const at::Tensor& stored_TD) {
    const auto bytes = targets_[target]->bytes();
    core::ensure(stored_TD.is_contiguous() && static_cast<std::int64_t>(stored_TD.nbytes()) == bytes,
                 "features of an unexpected size");
    auto& values = flipped ? values_[target].flipped : values_[target].plain;
    std::memcpy(values.data() + row * bytes, stored_TD.const_data_ptr(), static_cast<std::size_t>(bytes));
}

void ShardBuffer::quarantine(std::int64_t row, files::ImageStatus status, const std::string& reason) {
    status_[static_cast<std::size_t>(row)] = static_cast<std::int8_t>(status);
    reasons_[static_cast<std::size_t>(row)] = reason;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const auto bytes = targets_[i]->bytes();
        fill_with_nan(values_[i].plain.data() + row * bytes, bytes, targets_[i]->store);
        if (!values_[i].flipped.empty())
            fill_with_nan(values_[i].flipped.data() + row * bytes, bytes, targets_[i]->store);
    }
}

std::int64_t ShardBuffer::good_images() const { return std::count(status_.begin(), status_.end(), 0); }

files::FeaturePart ShardBuffer::part(std::size_t target, std::vector<std::string> ids, int deflate) const {
    const auto& representation = *targets_[target];
    return {.type = representation.store,
            .images = images_.size(),
            .tokens = representation.tokens(),
            .channels = representation.channels(),
            .values = values_[target].plain,
            .flipped = values_[target].flipped,
            .image_ids = std::move(ids),
            .status = status_,
            .reasons = reasons_,
            .provenance = representation.provenance,
            .deflate = deflate};
}

}  // namespace lvr::extract
