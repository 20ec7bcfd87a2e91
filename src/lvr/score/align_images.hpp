// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/score/align_config.hpp>

namespace lvr::score {

/// A feature folder's part in a comparison.
struct AlignedFolder {
    std::string folder;
    std::string name;                ///< a representation's; a reference's is its folder's, made unique
    std::string representation;      ///< its name in results
    std::string manifest_sha256;     ///< what the features were made from
    std::vector<std::int64_t> rows;  ///< of the images that are compared, in their order

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& folder& name& representation& manifest_sha256& rows;
    }
};

/// Which images of a representation are compared with which of its references.
struct Alignment {
    AlignedFolder features;
    std::vector<AlignedFolder> references;
    std::vector<std::string> image_ids;  ///< sorted

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& features& references& image_ids;
    }
};

/// Reads the lists of all folders (on one rank) and matches their images by id, with or without a picture's
/// suffix: those of --ids, a sample by --n and --seed of those that a representation and its references have,
/// or all, which must then be the same ones in each.
/// @return one per representation
/// @throws Error (input) naming the folder, and the first images of those concerned: no images, an id that is
/// there twice or missing, an image that could not be extracted, channels that differ
std::vector<Alignment> match_images(const AlignConfig& config);

}  // namespace lvr::score
