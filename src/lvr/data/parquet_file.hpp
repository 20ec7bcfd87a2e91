// SPDX-License-Identifier: Apache-2.0
// For builds with Arrow only, and for this room only.
#pragma once

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lvr/core/error.hpp>

namespace lvr::data {

/// The file may be whole: its disk or the network fails.
class ReadFailure : public core::Error {
  public:
    ReadFailure(const std::string& what, const std::string& problem);
};

/// One file, and where its row groups begin. One thread at a time.
class ParquetFile {
  public:
    /// @throws core::Error (input) if it is not there or damaged; ReadFailure
    explicit ParquetFile(const std::string& file);

    const std::string& name() const { return name_; }
    const arrow::Schema& schema() const { return *schema_; }
    std::int64_t rows() const { return starts_.back(); }
    int groups() const { return static_cast<int>(starts_.size()) - 1; }
    /// First row of a group; of the one behind the last: rows().
    std::int64_t start(int group) const { return starts_[static_cast<std::size_t>(group)]; }
    /// @return the row group with that row, which must be there
    int group_of(std::int64_t row) const;
    /// The primitive columns of a column.
    std::vector<int> leaves_of(const std::string& column) const;
    /// Bytes in memory of the largest of these, as far as the header knows.
    std::int64_t largest(int group, const std::vector<int>& leaves) const;
    /// The only column that has these leaves. @throws core::Error (input) if it is damaged; ReadFailure
    std::shared_ptr<arrow::ChunkedArray> read(int group, const std::vector<int>& leaves) const;

  private:
    void find_groups();

    std::string name_;
    std::unique_ptr<parquet::arrow::FileReader> reader_;
    std::shared_ptr<arrow::Schema> schema_;
    std::vector<std::int64_t> starts_;  ///< first row of each group, and behind the last
};

/// The array that holds a row, and where in it. @throws core::Error (internal) if the row is behind the end
std::pair<const arrow::Array&, std::int64_t> piece_of(const arrow::ChunkedArray& column, std::int64_t row);

/// Bytes or a text of any width. @return nothing if it is null or of another type
std::optional<std::string_view> view(const arrow::Array& array, std::int64_t at);

/// The elements of a list: their array, the first, the one behind the last.
struct ListRange {
    std::shared_ptr<arrow::Array> values;
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// @return the type of a list's elements; null if it is no list
std::shared_ptr<arrow::DataType> element_type(const arrow::DataType& type);
/// @param array of lists @param at not null
ListRange elements_of(const arrow::Array& array, std::int64_t at);

/// Binary, or a struct whose `bytes` are.
bool holds_images(const arrow::DataType& type);

}  // namespace lvr::data
