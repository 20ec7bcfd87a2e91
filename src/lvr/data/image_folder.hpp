// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lvr::data {

/// Paths relative to the folder, in byte order.
struct FolderContent {
    std::vector<std::string> images;
    std::vector<std::string> parquet;
    std::vector<std::string> notes;
};

/// @throws core::Error (input) if a folder in it cannot be read
FolderContent list_folder(const std::string& root);

/// Whether it ends as pictures do that we decode.
bool named_like_an_image(std::string_view name);

/// ".jpg" of "a/B.JPG", in lower case; "" if there is none.
std::string suffix_of(std::string_view name);

}  // namespace lvr::data
