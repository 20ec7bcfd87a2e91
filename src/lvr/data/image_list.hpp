// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/catalog_builder.hpp>

namespace lvr::data {

// Each adds the images that a list names. @throws core::Error (input) naming line and entry

/// One path per line.
void add_text_list(const std::string& file, CatalogBuilder& builder);
/// A JSON array of paths, or of objects with an `image`.
void add_json_list(const std::string& file, CatalogBuilder& builder);
/// The same, one entry per line.
void add_json_lines(const std::string& file, CatalogBuilder& builder);

}  // namespace lvr::data
