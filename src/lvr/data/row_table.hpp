// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/column_spec.hpp>

namespace lvr::data {

/// Rows as they were read, whatever from.
struct RowTable {
    struct Part {
        std::string file;
        std::int64_t begin = 0;            ///< its first row
        std::vector<std::string> columns;  ///< parquet: of pictures, those of the spec that it has
    };

    std::vector<Part> parts;  ///< by their first rows
    std::vector<core::Json> documents;
    std::vector<core::Json> pictures;  ///< JSON lists: per row the lists of its pictures' paths, by column
};

/// Adds a shard's rows. @throws core::Error as Rows::Rows
void add_parquet_rows(const std::string& file, const std::vector<ColumnSpec>& columns, RowTable& table);

/// The rows of a .jsonl list, or of an array in a .json file. @throws core::Error as Rows::Rows
RowTable read_listed_rows(const std::string& file, const std::vector<ColumnSpec>& columns);

}  // namespace lvr::data
