// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/rows.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/data/catalog_hash.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/image_file.hpp>
#include <lvr/data/image_root.hpp>
#include <lvr/data/parquet.hpp>
#include <lvr/data/row_table.hpp>
#include <lvr/data/row_value.hpp>
#include <lvr/data/shards.hpp>

namespace lvr::data {
namespace {

namespace fs = std::filesystem;

RowTable read_table(const Shards& shards, const std::vector<ColumnSpec>& columns) {
    if (shards.listed) return read_listed_rows((shards.root / shards.files.front()).string(), columns);
    RowTable table;
    for (const auto& file : shards.files) add_parquet_rows((shards.root / file).string(), columns, table);
    return table;
}

std::string part_of_hash(const ColumnSpec& column) {
    return fmt::format("{}:{}:{}", column.name, static_cast<int>(column.kind), column.optional);
}

/// Sizes of a list's pictures: -1 for one that is not there.
std::string sizes_of(const core::Json& pictures, const fs::path& root) {
    std::string sizes;
    for (const auto& [column, paths] : pictures.items()) {
        for (const auto& path : paths) {
            const std::string file = (root / path.get<std::string>()).string();
            const std::int64_t size = size_or_code(file);
            if (size < 0 && stops_the_run(static_cast<int>(-size)))
                refuse_file(static_cast<int>(-size), file);
            sizes += fmt::format("{} ", std::max<std::int64_t>(size, -1));
        }
    }
    return sizes;
}

}  // namespace

struct Rows::State {
    Shards shards;
    RowTable table;
    std::string hash;
    ImageRoot root;
    std::map<std::string, std::unique_ptr<ParquetImages>> images;  ///< by column; null for a list's

    State(Shards found, const RowsSpec& spec)
        : shards(std::move(found)),
          table(read_table(shards, spec.columns)),
          root(spec.image_root.empty() ? shards.root.string() : spec.image_root) {
        if (table.documents.empty())
            throw core::input_error(table.parts.front().file + ": holds no rows", "there is nothing to ask",
                                    "name another file, or fetch it again");
        for (const auto& column : spec.columns) {
            if (!is_picture(column)) continue;
            images[column.name] = shards.listed ? nullptr : std::make_unique<ParquetImages>(column.name);
        }
        hash = identity(spec);
    }

    std::string identity(const RowsSpec& spec) const {
        std::string so_far = shards.listed ? "list" : "parquet";
        for (const auto& column : spec.columns) so_far = core::sha256(so_far + part_of_hash(column));
        for (std::size_t i = 0; i < shards.files.size(); ++i)
            so_far = core::sha256(so_far + shards.files[i] + '\0' + end_of_file(table.parts[i].file));
        const fs::path from = spec.image_root.empty() ? shards.root : fs::path(spec.image_root);
        for (std::size_t i = 0; i < table.documents.size(); ++i) {
            so_far = core::sha256(
                so_far + core::to_line(table.documents[i]) +
                (shards.listed ? core::to_line(table.pictures[i]) + sizes_of(table.pictures[i], from) : ""));
        }
        return so_far;
    }

    std::size_t at(std::int64_t row) const {
        core::ensure(row >= 0 && row < static_cast<std::int64_t>(table.documents.size()),
                     "a row that is asked for is there");
        return static_cast<std::size_t>(row);
    }

    std::size_t part_of(std::int64_t row) const {
        const auto behind = std::upper_bound(table.parts.begin(), table.parts.end(), row,
                                             [](std::int64_t one, auto& part) { return one < part.begin; });
        return static_cast<std::size_t>(behind - table.parts.begin()) - 1;
    }

    std::string name(std::int64_t row) const {
        const std::size_t part = part_of(row);
        return fs::path(shards.files[part]).replace_extension().generic_string() + ':' +
               std::to_string(row - table.parts[part].begin);
    }

    /// Where a picture is. @param parquet: null for a list's, or if the shard has no such column
    ImageCell cell(std::int64_t row, const std::string& column, std::int64_t position) const {
        const RowTable::Part& part = table.parts[part_of(row)];
        std::string id = name(row) + ' ' + column;
        if (position > 0) id += fmt::format("[{}]", position);
        return {part.file, row - part.begin, std::move(id), position};
    }

    bool has(std::int64_t row, const std::string& column) const {
        const auto& columns = table.parts[part_of(row)].columns;
        return std::find(columns.begin(), columns.end(), column) != columns.end();
    }

    /// @param id of the picture that is asked for
    const std::unique_ptr<ParquetImages>& source(const std::string& column, const std::string& id) const {
        const auto known = images.find(column);
        if (known == images.end())  // a question may name a picture that its data set does not have
            throw ImageError(ImageError::Reason::missing, id,
                             "is not there: the data set has no such column of pictures");
        return known->second;
    }
};

Rows::Rows(const RowsSpec& spec)
    : state_(std::make_unique<State>(find_shards(spec.folder, spec.shards), spec)) {}
Rows::~Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;

std::int64_t Rows::size() const { return static_cast<std::int64_t>(state_->table.documents.size()); }

const core::Json& Rows::document(std::int64_t row) const { return state_->table.documents[state_->at(row)]; }

std::int64_t Rows::pictures(std::int64_t row, const std::string& column) const {
    const std::size_t at = state_->at(row);
    if (!state_->images.contains(column)) return 0;
    const auto& parquet = state_->images.at(column);
    if (!parquet) return static_cast<std::int64_t>(state_->table.pictures[at][column].size());
    return state_->has(row, column) ? parquet->count(state_->cell(row, column, 0)) : 0;
}

std::vector<std::uint8_t> Rows::picture(std::int64_t row, const std::string& column,
                                        std::int64_t position) const {
    const std::size_t at = state_->at(row);
    const ImageCell cell = state_->cell(row, column, position);
    const auto& parquet = state_->source(column, cell.id);
    ParquetImages::Cell found;
    if (!parquet) {
        const core::Json& paths = state_->table.pictures[at][column];
        if (position < 0 || position >= static_cast<std::int64_t>(paths.size()))
            throw ImageError(ImageError::Reason::missing, cell.id,
                             fmt::format("is not there: its row names {} images", paths.size()));
        found.path = paths[static_cast<std::size_t>(position)].get<std::string>();
    } else if (state_->has(row, column)) {
        found = parquet->cell(cell);
    } else {
        throw ImageError(ImageError::Reason::missing, cell.id, "is not there: there is no such column");
    }
    return found.path.empty() ? std::move(found.bytes) : state_->root.bytes(found.path, cell.id);
}

std::string Rows::image_id(std::int64_t row, const std::string& column, std::int64_t position) const {
    const std::size_t at = state_->at(row);
    const auto listed = state_->images.find(column);
    if (listed == state_->images.end() || listed->second) return state_->name(row);
    const core::Json& paths = state_->table.pictures[at][column];
    core::ensure(position >= 0 && position < static_cast<std::int64_t>(paths.size()),
                 "the row has the picture");
    return paths[static_cast<std::size_t>(position)].get<std::string>();
}

std::string Rows::name(std::int64_t row) const {
    return state_->name(static_cast<std::int64_t>(state_->at(row)));
}

const std::string& Rows::hash() const { return state_->hash; }

}  // namespace lvr::data
