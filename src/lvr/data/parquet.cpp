// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/parquet.hpp>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>

#ifdef LVR_PARQUET

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/io_util.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include <lvr/data/image.hpp>

namespace lvr::data {
namespace {

constexpr std::size_t k_kept_files = 4;
constexpr std::size_t k_kept_groups = 2;
/// Bytes in memory; a row group above that is kept alone.
constexpr std::int64_t k_large_group = std::int64_t{256} << 20;

core::Error damaged(const std::string& file, const std::string& what) {
    return core::input_error(fmt::format("{}: cannot be read as parquet ({})", file, what), "",
                             "check that the file is whole, or fetch it again");
}

/// The file may be whole: its disk or the network fails.
class ReadFailure : public core::Error {
  public:
    ReadFailure(const std::string& file, const std::string& what)
        : Error(core::ErrorKind::input, fmt::format("{}: cannot be read now ({})", file, what),
                "its disk or the network fails, so that its images would count as bad for good",
                "see to the disk and start again: what is done is kept") {}
};

/// Arrow calls damage an I/O error, too; only those of the operating system have its code with them.
[[noreturn]] void refuse(const std::string& file, const arrow::Status& status) {
    if (const int code = arrow::internal::ErrnoFromStatus(status); code != 0)
        throw ReadFailure(file, std::strerror(code));
    throw damaged(file, status.message());
}

/// What Arrow gives, or an Error; some of its layers throw, others return.
template <class Ask>
auto checked(const std::string& file, const Ask& ask) {
    try {
        auto result = ask();
        if (!result.ok()) refuse(file, result.status());
        return std::move(result).ValueUnsafe();
    } catch (const core::Error&) {
        throw;
    } catch (const std::exception& problem) {
        throw damaged(file, problem.what());
    }
}

bool holds_bytes(const arrow::DataType& type) {
    return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}

bool holds_images(const arrow::DataType& type) {
    if (type.id() != arrow::Type::STRUCT) return holds_bytes(type);
    const auto bytes = static_cast<const arrow::StructType&>(type).GetFieldByName("bytes");
    return bytes && holds_bytes(*bytes->type());
}

/// A file with an image column, and where its row groups begin.
class ImageFile {
  public:
    ImageFile(const std::string& file, const std::string& column) : file_(file) {
        if (!std::filesystem::exists(file))
            throw core::input_error(file + ": no such file", "it was there when the images were listed",
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
        check_column(column);
        const auto metadata = reader_->parquet_reader()->metadata();
        for (int leaf = 0; leaf < metadata->schema()->num_columns(); ++leaf) {
            if (metadata->schema()->Column(leaf)->path()->ToDotVector().front() == column)
                leaves_.push_back(leaf);
        }
        const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file));
        starts_.push_back(0);
        for (int group = 0; group < metadata->num_row_groups(); ++group) {
            const std::int64_t rows = metadata->RowGroup(group)->num_rows();
            // No image has less than a byte, so that a damaged count cannot fill the memory.
            if (rows < 0 || rows > size - starts_.back())
                throw damaged(file,
                              fmt::format("row group {} has {} rows, the file {} bytes", group, rows, size));
            starts_.push_back(starts_.back() + rows);
        }
    }

    const std::string& file() const { return file_; }
    std::int64_t rows() const { return starts_.back(); }
    /// @return the row group with that row, which must be there, and where it begins
    std::pair<int, std::int64_t> group_of(std::int64_t row) const {
        const auto behind = std::upper_bound(starts_.begin(), starts_.end(), row);
        return {static_cast<int>(behind - starts_.begin()) - 1, *(behind - 1)};
    }
    /// Whether it will take more than k_large_group, as far as the header knows.
    bool is_large(int group) const {
        return checked(file_, [&]() -> arrow::Result<bool> {
            const auto row_group = reader_->parquet_reader()->metadata()->RowGroup(group);
            return std::any_of(leaves_.begin(), leaves_.end(), [&](int leaf) {
                return row_group->ColumnChunk(leaf)->total_uncompressed_size() > k_large_group;
            });
        });
    }
    std::shared_ptr<arrow::ChunkedArray> read(int group) const {
        const auto table = checked(file_, [&] { return reader_->ReadRowGroup(group, leaves_); });
        if (table->num_columns() != 1 || table->num_rows() != starts_[static_cast<std::size_t>(group) + 1] -
                                                                  starts_[static_cast<std::size_t>(group)])
            throw damaged(file_, fmt::format("row group {} is not as its header says", group));
        return table->column(0);
    }

  private:
    void check_column(const std::string& column) const {
        const auto schema = checked(file_, [&]() -> arrow::Result<std::shared_ptr<arrow::Schema>> {
            std::shared_ptr<arrow::Schema> found;
            ARROW_RETURN_NOT_OK(reader_->GetSchema(&found));
            return found;
        });
        const auto field = schema->GetFieldByName(column);
        if (field && holds_images(*field->type())) return;
        const std::string problem =
            field ? "its type is " + field->type()->ToString() : "there is no such column";
        std::string others;
        for (const auto& one : schema->fields())
            if (holds_images(*one->type())) others += (others.empty() ? "" : ", ") + one->name();
        throw core::input_error(
            fmt::format("{}: column '{}' holds no images: {}", file_, column, problem), "",
            others.empty() ? "name a dataset with a binary column, or a struct of bytes and path"
                           : "name another column, such as " + others);
    }

    std::string file_;
    std::unique_ptr<parquet::arrow::FileReader> reader_;
    std::vector<int> leaves_;
    std::vector<std::int64_t> starts_;  ///< first row of each group, and behind the last
};

/// @return nothing if it is null or of another type
std::optional<std::string_view> view(const arrow::Array& array, std::int64_t at) {
    if (array.IsNull(at)) return std::nullopt;
    switch (array.type_id()) {
        case arrow::Type::BINARY:
        case arrow::Type::STRING:
            return static_cast<const arrow::BinaryArray&>(array).GetView(at);
        case arrow::Type::LARGE_BINARY:
        case arrow::Type::LARGE_STRING:
            return static_cast<const arrow::LargeBinaryArray&>(array).GetView(at);
        default:
            return std::nullopt;
    }
}

ParquetImages::Cell cell_of(const arrow::ChunkedArray& column, std::int64_t at, const std::string& id) {
    int chunk = 0;
    for (; chunk < column.num_chunks() && at >= column.chunk(chunk)->length(); ++chunk)
        at -= column.chunk(chunk)->length();
    core::ensure(chunk < column.num_chunks(), "a row lies in its row group");
    const arrow::Array& array = *column.chunk(chunk);
    std::optional<std::string_view> bytes, path;
    if (array.type_id() != arrow::Type::STRUCT) {
        bytes = view(array, at);
    } else if (!array.IsNull(at)) {
        const auto& fields = static_cast<const arrow::StructArray&>(array);
        const auto data = fields.GetFieldByName("bytes"), name = fields.GetFieldByName("path");
        if (data) bytes = view(*data, at);
        if (name) path = view(*name, at);
    }
    if (bytes) return {{bytes->begin(), bytes->end()}, ""};
    if (path && !path->empty()) return {{}, std::string(*path)};
    throw ImageError(ImageError::Reason::missing, id, "has no bytes: its cell is null");
}

}  // namespace

bool reads_parquet() { return true; }

std::int64_t count_parquet_rows(const std::string& file, const std::string& column) {
    return ImageFile(file, column).rows();
}

struct ParquetImages::State {
    struct Group {
        std::string file;
        int number;
        std::shared_ptr<arrow::ChunkedArray> images;
    };

    std::string column;
    std::mutex mutex;
    std::list<ImageFile> files;  ///< the last used first
    std::list<Group> groups;     ///< the last used first

    const ImageFile& open(const std::string& file) {
        const auto known =
            std::find_if(files.begin(), files.end(), [&](auto& one) { return one.file() == file; });
        if (known != files.end()) {
            files.splice(files.begin(), files, known);
        } else {
            files.emplace_front(file, column);
            if (files.size() > k_kept_files) files.pop_back();
        }
        return files.front();
    }

    void make_room(bool for_large) {
        const bool alone = for_large || std::any_of(groups.begin(), groups.end(), [](const Group& group) {
                               return arrow::util::TotalBufferSize(*group.images) > k_large_group;
                           });
        if (alone) {
            groups.clear();
        } else if (groups.size() >= k_kept_groups) {
            groups.pop_back();
        }
    }

    std::shared_ptr<arrow::ChunkedArray> read(const ImageFile& file, int number, const std::string& id) {
        const auto known = std::find_if(groups.begin(), groups.end(), [&](auto& one) {
            return one.number == number && one.file == file.file();
        });
        if (known != groups.end()) {
            groups.splice(groups.begin(), groups, known);
            return groups.front().images;
        }
        try {
            make_room(file.is_large(number));  // before the next one takes memory
            groups.push_front({file.file(), number, file.read(number)});
        } catch (const ReadFailure&) {
            throw;
        } catch (const core::Error& problem) {
            if (!std::filesystem::exists(file.file())) throw;
            throw ImageError(ImageError::Reason::unreadable, id, problem.what());
        }
        return groups.front().images;
    }
};

ParquetImages::ParquetImages(std::string column) : state_(std::make_unique<State>()) {
    state_->column = std::move(column);
}
ParquetImages::~ParquetImages() = default;

ParquetImages::Cell ParquetImages::cell(const std::string& file, std::int64_t row, const std::string& id) {
    std::shared_ptr<arrow::ChunkedArray> images;
    std::int64_t at = 0;
    {
        const std::lock_guard lock(state_->mutex);
        const ImageFile& opened = state_->open(file);
        if (row < 0 || row >= opened.rows()) {
            throw core::input_error(
                fmt::format("{}: has {} rows, but row {} is wanted", file, opened.rows(), row),
                "it is not the file that the images were listed from",
                "bring the old file back, or begin with a new output folder");
        }
        const auto [group, start] = opened.group_of(row);
        images = state_->read(opened, group, id);
        at = row - start;
    }
    return cell_of(*images, at, id);
}

}  // namespace lvr::data

#else

namespace lvr::data {
namespace {

core::Error without_arrow(const std::string& what) {
    return core::usage_error(
        what + ": this build reads no parquet files", "Arrow was not found when it was made",
        "run scripts/setup.sh without --no-parquet, or configure with -DLVR_ARROW_DIR=FOLDER "
        "(the pyarrow folder of a Python that has it)");
}

}  // namespace

struct ParquetImages::State {};

bool reads_parquet() { return false; }
std::int64_t count_parquet_rows(const std::string& file, const std::string&) { throw without_arrow(file); }
ParquetImages::ParquetImages(std::string column) { throw without_arrow("column " + column); }
ParquetImages::~ParquetImages() = default;
ParquetImages::Cell ParquetImages::cell(const std::string& file, std::int64_t, const std::string&) {
    throw without_arrow(file);
}

}  // namespace lvr::data

#endif
