// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/column_spec.hpp>

namespace lvr::data {

struct RowsSpec {
    std::filesystem::path folder;  ///< of a dataset, or of its shards; or one .parquet, .jsonl or .json file
    std::string shards;            ///< glob of the shards relative to it: "data/validation-*.parquet"
    std::vector<ColumnSpec> columns;  ///< that must be there, unless optional
    std::string image_root;  ///< that paths of pictures start from; empty: the shards' or list's folder
};

/// The rows of a dataset of questions. All but the pictures is in memory; these are read when they are asked
/// for, by any number of threads. Two sources:
/// - parquet shards in the byte order of their names, as the Hugging Face hub has them: texts, numbers and
///   lists of texts; pictures are binary, or a struct of `bytes` and `path`, or a list of either
/// - a .jsonl file with one object per line (or .json with an array of them), whose pictures are paths
class Rows {
  public:
    /// @throws core::Error (input) if nothing is found (it says where was looked), a column is missing (the
    /// columns there are are named) or of another type, a cell that is needed is null, a line is bad, or a
    /// file is damaged (the file and its row group are named)
    /// @throws core::Error (usage) for parquet in a build without it
    explicit Rows(const RowsSpec& spec);
    ~Rows();
    Rows(Rows&&) noexcept;
    Rows& operator=(Rows&&) noexcept;

    std::int64_t size() const;

    /// A row's members but for its pictures. Columns of the spec come first and are what it says (`text`: a
    /// string; `integer`: a whole number, also where the file has digits as text; `texts`: a list of strings;
    /// null where an optional one has nothing); then whatever other texts, numbers and lists of texts there
    /// are, as they are (NaN is null).
    const core::Json& document(std::int64_t row) const;

    /// How many pictures a cell has: 0 if it is null, 1 unless it is a list.
    /// @param column a `picture` or `pictures` of the spec @throws as picture(): its row group is read
    std::int64_t pictures(std::int64_t row, const std::string& column) const;

    /// The bytes of a picture as they are stored: a JPEG, PNG or WebP.
    /// @throws ImageError if there is none at that position, its file is missing, or its part of the parquet
    /// file is damaged @throws core::Error (input, resource) as ImageReader::bytes
    std::vector<std::uint8_t> picture(std::int64_t row, const std::string& column,
                                      std::int64_t position = 0) const;

    /// What lvr-extract calls the picture: its path as a list has it; of parquet the row's name, as it takes
    /// the first picture of a list. @throws core::Error (internal) unless there is one
    std::string image_id(std::int64_t row, const std::string& column, std::int64_t position = 0) const;

    /// Names a row in messages: "data/test-00000-of-00002:17", "questions:17".
    std::string name(std::int64_t row) const;

    /// SHA-256 over what the spec asks for, the shards' names, sizes and ends, and the documents. Not over
    /// the folder's name; what does not change a file's size or end is not noticed.
    const std::string& hash() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::data
