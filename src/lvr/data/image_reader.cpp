// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image_root.hpp>
#include <lvr/data/parquet.hpp>

namespace lvr::data {
namespace {

/// So many folders are looked at when a reader is made, the others when a file in them is first read: each
/// look costs a metadata server something, and every rank does it.
constexpr std::size_t k_folders_at_start = 1000;

}  // namespace

struct ImageReader::State {
    const Catalog& catalog;
    ImageRoot root;
    std::unique_ptr<ParquetImages> parquet;

    void look_at_folders() const {
        std::string last;
        for (const auto& path : catalog.paths) {
            if (root.seen() >= k_folders_at_start) return;
            std::string parent = std::filesystem::path(path).parent_path().string();
            if (parent == last) continue;
            root.look(path);
            last = std::move(parent);
        }
    }
};

ImageReader::ImageReader(const Catalog& catalog)
    : state_(new State{catalog, ImageRoot(catalog.root), nullptr}) {
    if (catalog.kind == Catalog::Kind::parquet)
        state_->parquet = std::make_unique<ParquetImages>(catalog.column);
    else
        state_->look_at_folders();
}
ImageReader::~ImageReader() = default;

std::vector<std::uint8_t> ImageReader::bytes(std::int64_t index) const {
    const Catalog& catalog = state_->catalog;
    core::ensure(index >= 0 && index < catalog.size(), "the image is in the catalog");
    const auto at = static_cast<std::size_t>(index);
    if (!state_->parquet) return state_->root.bytes(catalog.paths[at], catalog.ids[at]);
    const std::string file = (std::filesystem::path(catalog.root) / catalog.paths[at]).string();
    auto cell = state_->parquet->cell({file, catalog.rows[at], catalog.ids[at]});
    if (!cell.path.empty()) return state_->root.bytes(cell.path, catalog.ids[at]);
    return std::move(cell.bytes);
}

}  // namespace lvr::data
