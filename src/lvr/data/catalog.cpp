// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/catalog.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog_builder.hpp>
#include <lvr/data/image_folder.hpp>
#include <lvr/data/image_list.hpp>
#include <lvr/data/parquet.hpp>

namespace lvr::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_accepted =
    "give a folder of pictures or of parquet files, a picture, or a list (.txt, .json, .jsonl)";

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

Catalog read_parquet_files(const std::string& root, const std::vector<std::string>& files,
                           const std::string& column, std::vector<std::string> notes) {
    CatalogBuilder builder(Catalog::Kind::parquet, root);
    for (auto& note : notes) builder.note(std::move(note));
    for (const auto& file : files) {
        const std::int64_t rows = count_parquet_rows((fs::path(root) / file).string(), column);
        for (std::int64_t row = 0; row < rows; ++row) builder.add_row(file, row);
    }
    return builder.finish(root, column);
}

Catalog read_folder(const CatalogSpec& spec) {
    const fs::path folder = spec.images;
    const bool pairs = is_folder(folder / "JPEGImages") &&
                       (is_folder(folder / "PairAnnotation") || is_folder(folder / "ImageAnnotation"));
    const std::string root = pairs ? (folder / "JPEGImages").string() : spec.images;
    auto content = list_folder(root);
    if (!content.images.empty() && !content.parquet.empty()) {
        throw core::input_error(fmt::format("{}: holds {} pictures and {} parquet files", root,
                                            content.images.size(), content.parquet.size()),
                                "which of them are meant is not clear",
                                "name the folder in it that is meant");
    }
    if (!content.parquet.empty())
        return read_parquet_files(root, content.parquet, spec.column, std::move(content.notes));
    CatalogBuilder builder(Catalog::Kind::files, root);
    for (auto& note : content.notes) builder.note(std::move(note));
    for (const auto& image : content.images) builder.add(image);
    return builder.finish(root);
}

using AddList = void (*)(const std::string& file, CatalogBuilder& builder);

AddList list_reader(const std::string& suffix) {
    if (suffix == ".txt") return add_text_list;
    if (suffix == ".json") return add_json_list;
    if (suffix == ".jsonl") return add_json_lines;
    return nullptr;
}

Catalog read_list(const CatalogSpec& spec, AddList add) {
    const std::string own = fs::path(spec.images).parent_path().string();
    const std::string root = spec.image_root.empty() ? own : spec.image_root;
    if (!root.empty() && !is_folder(root))
        throw core::input_error(root + ": no such folder", "the paths of the list start from it",
                                "check the path");
    CatalogBuilder builder(Catalog::Kind::files, root);
    add(spec.images, builder);
    return builder.finish(spec.images);
}

}  // namespace

Catalog read_catalog(const CatalogSpec& spec) {
    if (spec.images.empty()) throw core::usage_error("no images were named", "", k_accepted);
    std::error_code code;
    const auto status = fs::status(spec.images, code);
    if (!fs::exists(status)) {
        const bool missing = status.type() == fs::file_type::not_found;
        throw core::input_error(spec.images + (missing ? ": no such file or folder"
                                                       : ": cannot be read (" + code.message() + ")"),
                                "", "check the path and its permissions");
    }
    const std::string suffix = suffix_of(spec.images);
    const AddList add = fs::is_directory(status) ? nullptr : list_reader(suffix);
    if (add) return read_list(spec, add);
    if (!spec.image_root.empty()) {
        throw core::usage_error(fmt::format("{}: is not a list, so there are no paths to start from {}",
                                            spec.images, spec.image_root),
                                "", "leave out the image root");
    }
    if (fs::is_directory(status)) return read_folder(spec);
    const fs::path file = spec.images;
    const std::string own = file.parent_path().string(), name = file.filename().string();
    if (suffix == ".parquet") return read_parquet_files(own, {name}, spec.column, {});
    if (!named_like_an_image(name))
        throw core::input_error(spec.images + ": is no kind of image source that lvr knows", "", k_accepted);
    CatalogBuilder builder(Catalog::Kind::files, own);
    builder.add(name);
    return builder.finish(spec.images);
}

}  // namespace lvr::data
