// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/spair.hpp>

namespace lvr::data {

/// What one file of ImageAnnotation says; id and file are not set.
/// @param category that it must be of
/// @throws core::Error (input), naming the file, if it is missing, broken, or says what cannot be
SpairImage read_spair_image(const std::string& file, const std::string& category);

/// What one file of PairAnnotation says, and the images it names, without suffix; source and target are not
/// set.
struct SpairPairText {
    SpairPair pair;
    std::string source, target;
};

/// The same for a pair's file. Its name is for the caller to set.
SpairPairText read_spair_pair(const std::string& file, const std::string& category);

}  // namespace lvr::data
