// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <lvr/files/features.hpp>

namespace lvr::test {

struct FolderOptions {
    files::StorageType type = files::StorageType::float32;
    bool projected = false;
    int not_finite = -1;  ///< this picture gets a value that is not
};

/// A feature folder as lvr-extract writes it: what the tiny encoder makes of some of the golden pictures,
/// four to a part; those that cannot be decoded in quarantine.
void write_features(const std::filesystem::path& folder, const std::vector<std::string>& images,
                    const FolderOptions& options = {});

}  // namespace lvr::test
