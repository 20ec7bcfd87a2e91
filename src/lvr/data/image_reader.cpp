// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/image_file.hpp>
#include <lvr/data/parquet.hpp>

namespace lvr::data {
namespace {

/// So many folders are looked at when a reader is made, the others when a file in them is first read: each
/// look costs a metadata server something, and every rank does it.
constexpr std::size_t k_folders_at_start = 1000;

core::Error gone(const std::string& folder) {
    return core::input_error(
        folder + ": the images are gone: the folder is not what it was at the start",
        "every further image would count as missing",
        "bring it back (a disk that was unmounted?) and start again: what is done is kept");
}

/// Which folders were there when they were first looked at. Any number of threads may use it.
class SeenFolders {
  public:
    /// @return what it was at the first look, which may be now
    std::optional<FolderIdentity> first_look(const std::string& folder) {
        {
            const std::lock_guard lock(mutex_);
            const auto known = seen_.find(folder);
            if (known != seen_.end()) return known->second;
        }
        const auto now = identity_of(folder);  // not within the lock: a disk may be slow
        const std::lock_guard lock(mutex_);
        return seen_.emplace(folder, now).first->second;
    }
    std::size_t size() const { return seen_.size(); }

  private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::optional<FolderIdentity>> seen_;
};

}  // namespace

struct ImageReader::State {
    const Catalog& catalog;
    std::optional<FolderIdentity> root;
    std::unique_ptr<ParquetImages> parquet;
    SeenFolders folders;

    std::filesystem::path full(const std::string& path) const {
        return std::filesystem::path(catalog.root) / path;
    }

    /// A file in the folder it was asked for may be missing alone; without the folder all would be, one after
    /// the other. A folder that never was there is the list's mistake.
    void check_folders(const std::string& parent, const std::optional<FolderIdentity>& first) const {
        if (identity_of(catalog.root) != root) throw gone(catalog.root);
        if (first && identity_of(parent) != first) throw gone(parent);
    }

    std::vector<std::uint8_t> file_bytes(const std::string& path, const std::string& id) {
        const std::filesystem::path file = full(path);
        const std::string parent = file.parent_path().string();
        const auto first = folders.first_look(parent);
        try {
            return read_image_file(file.string(), id);
        } catch (const ImageError&) {
            check_folders(parent, first);
            throw;
        }
    }

    void look_at_folders() {
        std::string last;
        for (const auto& path : catalog.paths) {
            if (folders.size() >= k_folders_at_start) return;
            std::string parent = full(path).parent_path().string();
            if (parent == last) continue;
            folders.first_look(parent);
            last = std::move(parent);
        }
    }
};

ImageReader::ImageReader(const Catalog& catalog)
    : state_(new State{catalog, identity_of(catalog.root), nullptr, {}}) {
    if (!state_->root)
        throw core::input_error(catalog.root + ": no such folder", "the images are read from it",
                                "check the path");
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
    if (!state_->parquet) return state_->file_bytes(catalog.paths[at], catalog.ids[at]);
    const std::string file = (std::filesystem::path(catalog.root) / catalog.paths[at]).string();
    auto cell = state_->parquet->cell(file, catalog.rows[at], catalog.ids[at]);
    if (!cell.path.empty()) return state_->file_bytes(cell.path, catalog.ids[at]);
    return std::move(cell.bytes);
}

}  // namespace lvr::data
