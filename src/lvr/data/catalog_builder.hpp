// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include <lvr/data/catalog.hpp>

namespace lvr::data {

/// Collects images one by one.
class CatalogBuilder {
  public:
    CatalogBuilder(Catalog::Kind kind, std::string root);

    /// An image of that path, which also names it; the same path again is the same image.
    void add(const std::string& path);
    /// A row of a parquet file.
    void add_row(const std::string& path, std::int64_t row);
    void note(std::string text);

    /// @param what the dataset, for messages @param column where a parquet file's images are
    /// @throws core::Error (input) if there is no image
    Catalog finish(const std::string& what, const std::string& column = "");

  private:
    void add(const std::string& name, const std::string& path);

    Catalog catalog_;
    std::unordered_map<std::string, std::string> path_of_;  ///< by id
    std::int64_t repeated_ = 0;
    std::int64_t encoded_ = 0;
};

}  // namespace lvr::data
