// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace lvr::data {

/// Raw ids 0 to 29; which of them a category has is for it to say.
inline constexpr int k_spair_keypoints = 30;

/// Corners in pixels of the original image: x1 < x2, y1 < y2.
struct SpairBox {
    double x1 = 0, y1 = 0, x2 = 0, y2 = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& x1& y1& x2& y2;
    }
};

/// Pixels of the original image; 0, 0 if it is not visible.
struct SpairKeypoint {
    double x = 0, y = 0;
    bool visible = false;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& x& y& visible;
    }
};

/// What an image's annotation says.
struct SpairImage {
    std::string id;                      ///< "category/name", no suffix
    std::string file;                    ///< relative to the root: "JPEGImages/category/name.jpg"
    std::int64_t width = 0, height = 0;  ///< pixels
    SpairBox box;
    std::array<SpairKeypoint, k_spair_keypoints> keypoints;  ///< by raw id

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& id& file& width& height& box;
        for (auto& keypoint : keypoints) archive& keypoint;
    }
};

/// What a pair's annotation says; its keypoints are those of its images.
struct SpairPair {
    std::string name;                                  ///< of its annotation, without .json
    std::int64_t source = 0, target = 0;               ///< into the images of its category
    std::int64_t source_width = 0, source_height = 0;  ///< pixels, as the pair's annotation says
    std::int64_t target_width = 0, target_height = 0;
    SpairBox source_box, target_box;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& name& source& target& source_width& source_height& target_width& target_height;
        archive& source_box& target_box;
    }
};

struct SpairCategory {
    std::string name;
    std::vector<SpairImage> images;  ///< those that a pair names, in byte order of their ids
    std::vector<SpairPair> pairs;    ///< in byte order of their names

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& name& images& pairs;
    }
};

/// The annotations of one split of SPair-71k: read once (on rank 0), sent to the others.
struct Spair {
    std::string root, split;
    std::vector<SpairCategory> categories;  ///< sorted by name, none without pairs
    std::string hash;                       ///< SHA-256 over all that was read: categories, images, pairs
    std::vector<std::string> notes;         ///< what the user should know

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& root& split& categories& hash& notes;
    }
};

/// Reads ImageAnnotation/<category>/<name>.json and PairAnnotation/<split>/<name>:<category>.json. The
/// categories are the sub-folders of ImageAnnotation, hidden names left out. Each file is read once; images
/// are not opened. Sizes of a pair that differ from those of its image are a note, as are keypoints outside
/// of their image.
/// @param split test, val or trn
/// @throws core::Error (usage) for another split
/// @throws core::Error (input), naming the file, if the folder is none of SPair-71k's or has no such split, a
/// category has no pairs, a file is missing, broken or says something else than its name, a field is missing
/// or of another type, a number is not finite, a size is 0, a box is empty or begins below 0, or a pair has
/// no keypoint that both images show
Spair read_spair(const std::string& folder, const std::string& split);

}  // namespace lvr::data
