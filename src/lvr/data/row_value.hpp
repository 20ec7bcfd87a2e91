// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/data/column_spec.hpp>

namespace lvr::data {

/// Where a cell is, told only when something is wrong with it.
struct RowPlace {
    const std::string& file;
    std::int64_t number;  ///< a parquet file's row from 0, or a list's line from 1
    const char* unit;     ///< "row" or "line"

    std::string named() const;
};

/// A cell's value as its column is declared: a text also where there is a whole number, a whole number also
/// where there is one as text (or as 3.0), a list of texts. @return null if it is null and the column
/// optional
/// @param column of texts or numbers
/// @throws core::Error (input) if it is null else, or of another type
core::Json value_as(core::Json value, const ColumnSpec& column, const RowPlace& place);

inline bool is_picture(const ColumnSpec& column) {
    return column.kind == ColumnSpec::Kind::picture || column.kind == ColumnSpec::Kind::pictures;
}

/// That a column is not there. @param file or line without it @param names of those that are
core::Error missing_column(const std::string& file, const std::string& column,
                           const std::vector<std::string>& names);

}  // namespace lvr::data
