// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::files {

// A feature folder: manifest.json (shard_manifest.hpp), part-000000.h5, part-000001.h5, ... and, once all are
// there, index.h5. A part holds the features of the images [shard * shard_size, ...) of the input list, n of
// them:
//   tokens          [n, T, D]  float16, float32, or uint16 that holds bfloat16; NaN where status is not 0
//   tokens_flipped  [n, T, D]  of the mirrored images, if asked for
//   image_id        [n]        UTF-8
//   status          [n]        int8, ImageStatus; its attribute `meaning` says what each number is
//   reason          [n]        UTF-8, "" where status is 0
// Attributes of tokens and tokens_flipped: dtype = "float16", "bfloat16" or "float32". Attributes of the
// root: schema = "lvr.features", version = 1, and the provenance.
// index.h5 has the same datasets for all images (tokens and tokens_flipped: virtual, of the parts beside it;
// a missing part reads as NaN), schema = "lvr.features.index", version = 1, and the provenance.

enum class StorageType { float16, bfloat16, float32 };

std::size_t bytes_per_value(StorageType type);

/// "float16", "bfloat16", "float32"
std::string name_of(StorageType type);

/// The type of that name. @throws Error (usage) if there is none
StorageType storage_type(const std::string& name);

/// What became of an image.
enum class ImageStatus : std::int8_t {
    ok = 0,
    empty = 1,         ///< zero bytes
    not_an_image = 2,  ///< of no format that we read, or not a file
    damaged = 3,       ///< truncated or otherwise undecodable
    too_large = 4,     ///< more pixels than Pillow would take
    missing = 5,
    unreadable = 6,  ///< the system refuses to read it
};

/// "ok", "empty", "not_an_image", ...
std::string name_of(ImageStatus status);

/// One shard's features, on their way into a file. The spans are the caller's.
struct FeaturePart {
    StorageType type = StorageType::float16;
    std::int64_t images = 0, tokens = 0, channels = 0;
    std::span<const std::byte> values;   ///< [images, tokens, channels], row-major, little-endian
    std::span<const std::byte> flipped;  ///< the same of the mirrored images, or empty
    std::vector<std::string> image_ids;
    std::vector<std::int8_t> status;   ///< ImageStatus
    std::vector<std::string> reasons;  ///< "" if ok
    core::Json provenance;
    int deflate = 0;  ///< 0: contiguous; 1-9: one chunk per image, shuffled and deflated
};

/// Writes a part, complete or absent; equal content is equal bytes. Needs memory for the file (the caller's
/// values once more).
/// @throws Error (output) if it cannot be written, (internal) if the sizes in `part` do not agree
void write_feature_part(const std::filesystem::path& file, const FeaturePart& part);

/// A part, open on the disk: what is asked for is read, no more. Only one thread at a time may use HDF5.
/// @throws Error (input) naming the file: missing, truncated, damaged, or of another schema
class FeaturePartReader {
  public:
    explicit FeaturePartReader(const std::filesystem::path& file);
    ~FeaturePartReader();
    FeaturePartReader(FeaturePartReader&&) noexcept;
    FeaturePartReader& operator=(FeaturePartReader&&) noexcept;

    StorageType type() const;
    std::int64_t images() const;
    std::int64_t tokens() const;
    std::int64_t channels() const;
    bool has_flipped() const;
    const std::vector<std::string>& image_ids() const;
    const std::vector<std::int8_t>& status() const;
    const std::vector<std::string>& reasons() const;
    const core::Json& provenance() const;

    /// @return [count, tokens, channels] of the images from `first` on
    std::vector<float> read(std::int64_t first, std::int64_t count) const;
    std::vector<float> read_flipped(std::int64_t first, std::int64_t count) const;

  private:
    struct Content;
    std::unique_ptr<Content> content_;
};

/// A whole feature folder, read through its parts: a few are open at a time. Not for several threads at once.
/// @throws Error (input) naming the file: a missing part, or one that does not fit the others
class FeatureFolder {
  public:
    explicit FeatureFolder(const std::filesystem::path& folder);
    ~FeatureFolder();
    FeatureFolder(FeatureFolder&&) noexcept;
    FeatureFolder& operator=(FeatureFolder&&) noexcept;

    std::int64_t images() const;
    std::int64_t tokens() const;
    std::int64_t channels() const;
    StorageType type() const;
    bool has_flipped() const;
    const core::Json& provenance() const;  ///< of the first part

    // Of all images, in order. The first call of any of them opens every part once.
    const std::vector<std::string>& image_ids();
    const std::vector<std::int8_t>& status();
    const std::vector<std::string>& reasons();

    /// @return [tokens, channels] of one image
    std::vector<float> read(std::int64_t image);
    std::vector<float> read_flipped(std::int64_t image);

  private:
    struct Content;
    std::unique_ptr<Content> content_;
};

/// Writes index.h5 of a feature folder all of whose parts are there; the same bytes at every making. The
/// folder may be moved afterwards. Opens one part at a time.
/// @throws Error (input) naming a missing part or one that does not fit, (output) if it cannot be written
void write_feature_index(const std::filesystem::path& folder);

}  // namespace lvr::files
