// SPDX-License-Identifier: Apache-2.0
#ifdef LVR_PARQUET

#include <lvr/data/parquet_file.hpp>

#include <arrow/io/file.h>
#include <arrow/util/io_util.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace lvr::data {
namespace {

core::Error damaged(const std::string& what, const std::string& problem) {
    return core::input_error(fmt::format("{}: cannot be read as parquet ({})", what, problem), "",
                             "check that the file is whole, or fetch it again");
}

/// Arrow calls damage an I/O error, too; only those of the operating system have its code with them.
[[noreturn]] void refuse(const std::string& what, const arrow::Status& status) {
    if (const int code = arrow::internal::ErrnoFromStatus(status); code != 0)
        throw ReadFailure(what, std::strerror(code));
    throw damaged(what, status.message());
}

/// What Arrow gives, or an Error; some of its layers throw, others return.
template <class Ask>
auto checked(const std::string& what, const Ask& ask) {
    try {
        auto result = ask();
        if (!result.ok()) refuse(what, result.status());
        return std::move(result).ValueUnsafe();
    } catch (const core::Error&) {
        throw;
    } catch (const std::exception& problem) {
        throw damaged(what, problem.what());
    }
}

bool holds_bytes(const arrow::DataType& type) {
    return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}

}  // namespace

ReadFailure::ReadFailure(const std::string& what, const std::string& problem)
    : Error(core::ErrorKind::input, fmt::format("{}: cannot be read now ({})", what, problem),
            "its disk or the network fails, so that its images would count as bad for good",
            "see to the disk and start again: what is done is kept") {}

ParquetFile::ParquetFile(const std::string& file) : name_(file) {
    if (!std::filesystem::exists(file))
        throw core::input_error(file + ": no such file", "it was there when the files were listed",
                                "check that its disk is still there");
    reader_ = checked(file, [&]() -> arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> {
        ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file));
        auto properties = parquet::default_reader_properties();
        properties.set_page_checksum_verification(true);  // where the writer left checksums
        parquet::arrow::FileReaderBuilder builder;
        ARROW_RETURN_NOT_OK(builder.Open(input, properties));
        return builder.Build();
    });
    reader_->set_use_threads(false);
    schema_ = checked(file, [&]() -> arrow::Result<std::shared_ptr<arrow::Schema>> {
        std::shared_ptr<arrow::Schema> found;
        ARROW_RETURN_NOT_OK(reader_->GetSchema(&found));
        return found;
    });
    find_groups();
}

void ParquetFile::find_groups() {
    const auto metadata = reader_->parquet_reader()->metadata();
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(name_));
    starts_.push_back(0);
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
        const std::int64_t rows = metadata->RowGroup(group)->num_rows();
        // No image has less than a byte, so that a damaged count cannot fill the memory.
        if (rows < 0 || rows > size - starts_.back())
            throw damaged(name_,
                          fmt::format("row group {} has {} rows, the file {} bytes", group, rows, size));
        starts_.push_back(starts_.back() + rows);
    }
}

int ParquetFile::group_of(std::int64_t row) const {
    return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), row) - starts_.begin()) - 1;
}

std::vector<int> ParquetFile::leaves_of(const std::string& column) const {
    std::vector<int> leaves;
    const auto* all = reader_->parquet_reader()->metadata()->schema();
    for (int leaf = 0; leaf < all->num_columns(); ++leaf) {
        if (all->Column(leaf)->path()->ToDotVector().front() == column) leaves.push_back(leaf);
    }
    return leaves;
}

std::int64_t ParquetFile::largest(int group, const std::vector<int>& leaves) const {
    return checked(name_, [&]() -> arrow::Result<std::int64_t> {
        const auto row_group = reader_->parquet_reader()->metadata()->RowGroup(group);
        std::int64_t most = 0;
        for (const int leaf : leaves)
            most = std::max(most, row_group->ColumnChunk(leaf)->total_uncompressed_size());
        return most;
    });
}

std::shared_ptr<arrow::ChunkedArray> ParquetFile::read(int group, const std::vector<int>& leaves) const {
    const std::string what = fmt::format("{}: row group {}", name_, group);
    const auto table = checked(what, [&] { return reader_->ReadRowGroup(group, leaves); });
    if (table->num_columns() != 1 || table->num_rows() != start(group + 1) - start(group))
        throw damaged(what, "it is not as the file's header says");
    return table->column(0);
}

std::pair<const arrow::Array&, std::int64_t> piece_of(const arrow::ChunkedArray& column, std::int64_t row) {
    int chunk = 0;
    for (; chunk < column.num_chunks() && row >= column.chunk(chunk)->length(); ++chunk)
        row -= column.chunk(chunk)->length();
    core::ensure(row >= 0 && chunk < column.num_chunks(), "a row lies in its row group");
    return {*column.chunk(chunk), row};
}

std::optional<std::string_view> view(const arrow::Array& array, std::int64_t at) {
    if (array.IsNull(at)) return std::nullopt;
    switch (array.type_id()) {
        case arrow::Type::BINARY:
        case arrow::Type::STRING:
            return static_cast<const arrow::BinaryArray&>(array).GetView(at);
        case arrow::Type::LARGE_BINARY:
        case arrow::Type::LARGE_STRING:
            return static_cast<const arrow::LargeBinaryArray&>(array).GetView(at);
        case arrow::Type::BINARY_VIEW:
        case arrow::Type::STRING_VIEW:
            return static_cast<const arrow::BinaryViewArray&>(array).GetView(at);
        default:
            return std::nullopt;
    }
}

std::shared_ptr<arrow::DataType> element_type(const arrow::DataType& type) {
    switch (type.id()) {
        case arrow::Type::LIST:
        case arrow::Type::LARGE_LIST:
        case arrow::Type::FIXED_SIZE_LIST:
            return static_cast<const arrow::BaseListType&>(type).value_type();
        default:
            return nullptr;
    }
}

ListRange elements_of(const arrow::Array& array, std::int64_t at) {
    const auto range = [at](const auto& lists) {
        const auto begin = static_cast<std::int64_t>(lists.value_offset(at));
        return ListRange{lists.values(), begin, begin + static_cast<std::int64_t>(lists.value_length(at))};
    };
    if (array.type_id() == arrow::Type::LIST) return range(static_cast<const arrow::ListArray&>(array));
    if (array.type_id() == arrow::Type::LARGE_LIST)
        return range(static_cast<const arrow::LargeListArray&>(array));
    core::ensure(array.type_id() == arrow::Type::FIXED_SIZE_LIST, "only lists are asked for their elements");
    return range(static_cast<const arrow::FixedSizeListArray&>(array));
}

bool holds_images(const arrow::DataType& type) {
    if (type.id() != arrow::Type::STRUCT) return holds_bytes(type);
    const auto bytes = static_cast<const arrow::StructType&>(type).GetFieldByName("bytes");
    return bytes && holds_bytes(*bytes->type());
}

}  // namespace lvr::data

#endif
