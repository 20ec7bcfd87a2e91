// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/row_table.hpp>

#include <lvr/core/error.hpp>
#include <lvr/data/parquet.hpp>

#ifdef LVR_PARQUET

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include <lvr/data/parquet_file.hpp>
#include <lvr/data/parquet_values.hpp>
#include <lvr/data/row_value.hpp>

namespace lvr::data {
namespace {

/// A column of texts or numbers that goes into the documents.
struct ValueColumn {
    std::string name;
    std::vector<int> leaves;
    const ColumnSpec* spec = nullptr;  ///< null: as it is
};

std::vector<std::string> names_in(const arrow::Schema& schema) {
    std::vector<std::string> names;
    for (const auto& field : schema.fields()) names.push_back(field->name());
    return names;
}

bool holds_pictures(const arrow::DataType& type) {
    const auto element = element_type(type);
    return holds_images(element ? *element : type);
}

/// @return null if an optional column is not there @throws core::Error (input) if there is no such column, or
/// it cannot hold what is wanted of it
std::shared_ptr<arrow::Field> field_of(const ParquetFile& file, const ColumnSpec& column) {
    const auto fields = file.schema().GetAllFieldsByName(column.name);
    if (fields.empty() && column.optional) return nullptr;
    if (fields.empty()) throw missing_column(file.name(), column.name, names_in(file.schema()));
    const arrow::DataType& type = *fields.front()->type();
    const bool fits = is_picture(column) ? holds_pictures(type) : holds_values(type, true);
    if (fits && fields.size() == 1) return fields.front();
    throw core::input_error(
        fmt::format("{}: column '{}' {}", file.name(), column.name,
                    fits
                        ? "is there more than once"
                        : fmt::format("holds no {}: its type is {}",
                                      is_picture(column) ? "pictures" : "texts or numbers", type.ToString())),
        "the questions are made of it", "name another dataset");
}

class ShardReader {
  public:
    ShardReader(const std::string& file, const std::vector<ColumnSpec>& columns, RowTable& table)
        : file_(file), columns_(columns), table_(table) {
        table_.parts.push_back({file, static_cast<std::int64_t>(table.documents.size()), {}});
        for (const auto& column : columns) {
            const auto field = field_of(file_, column);
            if (field && is_picture(column)) table_.parts.back().columns.push_back(column.name);
            if (!is_picture(column))
                values_.push_back(
                    {column.name, field ? file_.leaves_of(column.name) : std::vector<int>{}, &column});
        }
        for (const auto& field : file_.schema().fields()) {
            if (!is_declared(field->name()) && holds_values(*field->type(), false) &&
                file_.schema().GetAllFieldIndices(field->name()).size() == 1)
                values_.push_back({field->name(), file_.leaves_of(field->name())});
        }
    }

    void run() {
        for (int group = 0; group < file_.groups(); ++group) {
            first_ = table_.documents.size();
            rows_ = file_.start(group + 1) - file_.start(group);
            table_.documents.resize(first_ + static_cast<std::size_t>(rows_), core::Json::object());
            for (const auto& column : values_) add(group, column);
        }
    }

  private:
    bool is_declared(const std::string& name) const {
        return std::any_of(columns_.begin(), columns_.end(), [&](auto& one) { return one.name == name; });
    }

    void add(int group, const ValueColumn& column) {
        std::shared_ptr<arrow::ChunkedArray> cells;
        if (!column.leaves.empty()) cells = file_.read(group, column.leaves);
        for (std::int64_t row = 0; row < rows_; ++row) {
            const RowPlace place{file_.name(), file_.start(group) + row, "row"};
            core::Json value;
            if (cells) {
                const auto [array, at] = piece_of(*cells, row);
                value = value_at(array, at, [&] { return place.named() + ": '" + column.name + "'"; });
            }
            if (column.spec) value = value_as(std::move(value), *column.spec, place);
            table_.documents[first_ + static_cast<std::size_t>(row)][column.name] = std::move(value);
        }
    }

    ParquetFile file_;
    const std::vector<ColumnSpec>& columns_;
    RowTable& table_;
    std::vector<ValueColumn> values_;
    std::size_t first_ = 0;  ///< where the row group begins in the table
    std::int64_t rows_ = 0;  ///< of the row group
};

}  // namespace

void add_parquet_rows(const std::string& file, const std::vector<ColumnSpec>& columns, RowTable& table) {
    ShardReader(file, columns, table).run();
}

}  // namespace lvr::data

#else

namespace lvr::data {

void add_parquet_rows(const std::string& file, const std::vector<ColumnSpec>&, RowTable&) {
    count_parquet_rows(file, "");  // which says that this build has no Arrow
}

}  // namespace lvr::data

#endif
