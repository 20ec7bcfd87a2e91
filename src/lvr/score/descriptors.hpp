// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/files/features.hpp>
#include <lvr/score/matching.hpp>
#include <lvr/score/view.hpp>

namespace lvr::score {

struct DescriptorSpec {
    std::string features;   ///< a feature folder
    std::string features2;  ///< a second one, or empty
    std::string grid;       ///< "24x18", or empty: as the features say
    bool flipped = false;   ///< those of the mirrored pictures will be asked for
    /// The one to compute in if the features are stored in bfloat16 (both of two); others take float32.
    Arithmetic of_bfloat16 = Arithmetic::float32;
};

/// The feature maps of one representation as unit descriptors: d / (|d| + 1e-10) per patch; of two folders
/// both are put side by side and made unit again. Images are found by id, with or without a picture's suffix.
/// Only `unit` may be called by several threads at once.
class Descriptors {
  public:
    /// @throws Error (input) naming the folder: missing, damaged, without flipped features where they are
    /// wanted, or whose tokens form no grid; or two folders of different grids
    explicit Descriptors(const DescriptorSpec& spec);

    Grid grid() const { return grid_; }
    std::int64_t channels() const { return channels_; }
    Arithmetic arithmetic() const { return arithmetic_; }
    std::int64_t bytes() const { return grid_.size() * channels_ * 4; }  ///< of a map in memory

    /// @throws Error (input) naming those of `ids` that a folder lacks or could not extract
    void expect(const std::vector<std::string>& ids);

    /// @return [patches, channels] unit rows. @throws Error (input) naming the image if a value is not finite
    std::vector<float> unit(const std::string& id, bool flipped);

    /// What manifest.json of a folder says of it.
    const core::Json& identity(std::size_t folder = 0) const { return folders_[folder].identity; }
    std::size_t folders() const { return folders_.size(); }
    const std::string& path(std::size_t folder = 0) const { return folders_[folder].path; }

  private:
    struct Folder {
        std::string path;
        core::Json identity;
        files::FeatureFolder features;
        std::map<std::string, std::int64_t> rows;  ///< image id without suffix -> row
    };
    static Folder open(const std::string& path, bool flipped);
    void expect_in(Folder& folder, const std::vector<std::string>& ids) const;
    void fill(Folder& folder, const std::string& id, bool flipped, float* unit);

    std::vector<Folder> folders_;
    std::unique_ptr<std::mutex> reading_ = std::make_unique<std::mutex>();
    Grid grid_;
    std::int64_t channels_ = 0;
    Arithmetic arithmetic_ = Arithmetic::float32;
};

/// "bus/2001_000000" of "bus/2001_000000.jpg"; other names as they are.
std::string without_picture_suffix(const std::string& id);

}  // namespace lvr::score
