// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/parquet.hpp>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>

#ifdef LVR_PARQUET

#include <arrow/util/byte_size.h>

#include <algorithm>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include <lvr/data/image.hpp>
#include <lvr/data/parquet_file.hpp>

namespace lvr::data {
namespace {

constexpr std::size_t k_kept_files = 4;
constexpr std::size_t k_kept_groups = 2;
/// Bytes in memory; a row group above that is kept alone.
constexpr std::int64_t k_large_group = std::int64_t{256} << 20;

bool holds_lists_of_images(const arrow::DataType& type) {
    const auto element = element_type(type);
    return element && holds_images(*element);
}

/// @throws core::Error (input) if there is no such column with images
void check_images(const ParquetFile& file, const std::string& column) {
    const auto fits = [](const arrow::DataType& type) {
        return holds_images(type) || holds_lists_of_images(type);
    };
    const auto field = file.schema().GetFieldByName(column);
    if (field && fits(*field->type())) return;
    const std::string problem =
        field ? "its type is " + field->type()->ToString() : "there is no such column";
    std::string others;
    for (const auto& one : file.schema().fields())
        if (fits(*one->type())) others += (others.empty() ? "" : ", ") + one->name();
    throw core::input_error(
        fmt::format("{}: column '{}' holds no images: {}", file.name(), column, problem), "",
        others.empty() ? "name a dataset with a binary column, or a struct of bytes and path"
                       : "name another column, such as " + others);
}

/// A file with an image column.
struct ImageFile {
    ImageFile(const std::string& name, const std::string& column) : file(name) {
        check_images(file, column);
        leaves = file.leaves_of(column);
    }

    ParquetFile file;
    std::vector<int> leaves;
};

/// Where the content of an image is, if it has any.
struct Content {
    std::optional<std::string_view> bytes, path;

    bool empty() const { return !bytes && (!path || path->empty()); }
};

Content content_at(const arrow::Array& array, std::int64_t at) {
    if (array.type_id() != arrow::Type::STRUCT) return {view(array, at), std::nullopt};
    if (array.IsNull(at)) return {};
    const auto& fields = static_cast<const arrow::StructArray&>(array);
    const auto bytes = fields.GetFieldByName("bytes"), path = fields.GetFieldByName("path");
    return {bytes ? view(*bytes, at) : std::nullopt, path ? view(*path, at) : std::nullopt};
}

ParquetImages::Cell cell_of(const Content& content, const std::string& id) {
    if (content.bytes) return {{content.bytes->begin(), content.bytes->end()}, ""};
    if (!content.empty()) return {{}, std::string(*content.path)};
    throw ImageError(ImageError::Reason::missing, id, "has no bytes: its cell is null");
}

std::int64_t images_at(const arrow::ChunkedArray& column, std::int64_t row) {
    const auto [array, at] = piece_of(column, row);
    if (!element_type(*array.type())) return content_at(array, at).empty() ? 0 : 1;
    if (array.IsNull(at)) return 0;
    const ListRange range = elements_of(array, at);
    return range.end - range.begin;
}

ParquetImages::Cell cell_at(const arrow::ChunkedArray& column, const ImageCell& cell, std::int64_t row) {
    const auto [array, at] = piece_of(column, row);
    const bool list = element_type(*array.type()) != nullptr;
    const ListRange range = !list              ? ListRange{nullptr, 0, 1}
                            : array.IsNull(at) ? ListRange{}
                                               : elements_of(array, at);
    if (cell.position < 0 || cell.position >= range.end - range.begin)
        throw ImageError(ImageError::Reason::missing, cell.id,
                         fmt::format("is not there: its cell has {} images", range.end - range.begin));
    return cell_of(list ? content_at(*range.values, range.begin + cell.position) : content_at(array, at),
                   cell.id);
}

}  // namespace

bool reads_parquet() { return true; }

std::int64_t count_parquet_rows(const std::string& file, const std::string& column) {
    return ImageFile(file, column).file.rows();
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

    const ImageFile& open(const std::string& name) {
        const auto known =
            std::find_if(files.begin(), files.end(), [&](auto& one) { return one.file.name() == name; });
        if (known != files.end()) {
            files.splice(files.begin(), files, known);
        } else {
            files.emplace_front(name, column);
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

    std::shared_ptr<arrow::ChunkedArray> read(const ImageFile& image_file, int number,
                                              const std::string& id) {
        const ParquetFile& file = image_file.file;
        const auto known = std::find_if(groups.begin(), groups.end(), [&](auto& one) {
            return one.number == number && one.file == file.name();
        });
        if (known != groups.end()) {
            groups.splice(groups.begin(), groups, known);
            return groups.front().images;
        }
        try {
            // Before the next one takes memory.
            make_room(file.largest(number, image_file.leaves) > k_large_group);
            groups.push_front({file.name(), number, file.read(number, image_file.leaves)});
        } catch (const ReadFailure&) {
            throw;
        } catch (const core::Error& problem) {
            if (!std::filesystem::exists(file.name())) throw;
            throw ImageError(ImageError::Reason::unreadable, id, problem.what());
        }
        return groups.front().images;
    }

    /// The row group with a cell, and the row in it. @throws as ParquetImages::cell
    std::pair<std::shared_ptr<arrow::ChunkedArray>, std::int64_t> find(const ImageCell& cell) {
        const std::lock_guard lock(mutex);
        const ImageFile& opened = open(cell.file);
        if (cell.row < 0 || cell.row >= opened.file.rows()) {
            throw core::input_error(
                fmt::format("{}: has {} rows, but row {} is wanted", cell.file, opened.file.rows(), cell.row),
                "it is not the file that the images were listed from",
                "bring the old file back, or begin with a new output folder");
        }
        const int group = opened.file.group_of(cell.row);
        return {read(opened, group, cell.id), cell.row - opened.file.start(group)};
    }
};

ParquetImages::ParquetImages(std::string column) : state_(std::make_unique<State>()) {
    state_->column = std::move(column);
}
ParquetImages::~ParquetImages() = default;

ParquetImages::Cell ParquetImages::cell(const ImageCell& cell) {
    const auto [images, row] = state_->find(cell);
    return cell_at(*images, cell, row);
}

std::int64_t ParquetImages::count(const ImageCell& cell) {
    const auto [images, row] = state_->find(cell);
    return images_at(*images, row);
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
ParquetImages::Cell ParquetImages::cell(const ImageCell& cell) { throw without_arrow(cell.file); }
std::int64_t ParquetImages::count(const ImageCell& cell) { throw without_arrow(cell.file); }

}  // namespace lvr::data

#endif
