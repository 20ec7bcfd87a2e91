// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lvr::score {

/// The files of a folder that hold one array for each image.
struct FeatureFiles {
    std::string root;              ///< the folder
    std::string suffix;            ///< how the images' files end; it begins the name's last part
    std::vector<std::string> ids;  ///< paths below root without the suffix, sorted by bytes
    bool has_flipped = false;      ///< each image has a second file, of its mirror image
    std::string names_sha256;      ///< of all files' names and sizes

    bool is_pt() const { return suffix.ends_with(".pt"); }
    std::string file(std::int64_t image) const;     ///< path of its features
    std::string flipped(std::int64_t image) const;  ///< path of its mirror image's features

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& root& suffix& ids& has_flipped& names_sha256;
    }
};

/// All files below `root` whose names end with the suffix; hidden ones are passed over. What ends in
/// <suffix's stem>_flip<extension> and has a partner without "_flip" is of the mirrored image.
/// @param suffix e.g. "_dino.npy"; empty: ".npy" or ".pt", whichever there is
/// @throws Error (usage) if both are there and none is chosen, or no file ends so (naming endings that there
/// are); (input) if the folder cannot be read, an id would be empty or is no UTF-8, or only some images have
/// a mirror image's file
FeatureFiles list_feature_files(const std::string& root, const std::string& suffix);

}  // namespace lvr::score
