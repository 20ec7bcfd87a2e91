// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <lvr/data/image.hpp>
#include <lvr/extract/representation.hpp>
#include <lvr/files/features.hpp>
#include <lvr/par/shard.hpp>

namespace lvr::extract {

/// The features of one shard while they are computed, row by row, in any order and by several threads (one
/// per row).
class ShardBuffer {
  public:
    /// @param images  which of the list's, first to last
    /// @param targets the representations whose part is wanted
    /// @param flip    mirrored images too
    ShardBuffer(std::int64_t shard, par::Range images, std::vector<const Representation*> targets, bool flip);

    std::int64_t shard() const { return shard_; }
    const par::Range& images() const { return images_; }
    const std::vector<const Representation*>& targets() const { return targets_; }

    /// Features of one image. @param stored_TD as `stored` gives them, on the CPU
    void put(std::int64_t row, std::size_t target, bool flipped, const at::Tensor& stored_TD);

    /// The image cannot be used: its rows become NaN.
    void quarantine(std::int64_t row, files::ImageStatus status, const std::string& reason);

    /// This row is done. @return true for the last one
    bool finish_row() { return --left_ == 0; }

    /// Images that were not put into quarantine.
    std::int64_t good_images() const;

    /// @param ids of the shard's images @param provenance for the file's attributes; the part refers to this
    /// buffer
    files::FeaturePart part(std::size_t target, std::vector<std::string> ids, int deflate) const;

  private:
    struct Values {
        std::vector<std::byte> plain, flipped;
    };
    std::int64_t shard_;
    par::Range images_;
    std::vector<const Representation*> targets_;
    std::vector<Values> values_;
    std::vector<std::int8_t> status_;
    std::vector<std::string> reasons_;
    std::atomic<std::int64_t> left_;
};

/// Features as they are stored: rounded to the storage dtype, contiguous, on the CPU.
/// @param ids of the B images, for messages
/// @throws Error (output) if a value is not finite, or overflows the storage dtype
at::Tensor stored(const Representation& representation, const at::Tensor& features_BTD,
                  const std::vector<std::string>& ids);

}  // namespace lvr::extract
