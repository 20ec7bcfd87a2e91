// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image_root.hpp>

#include <filesystem>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <lvr/core/error.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/image_file.hpp>

namespace lvr::data {
namespace {

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
    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return seen_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::optional<FolderIdentity>> seen_;
};

}  // namespace

struct ImageRoot::State {
    std::string root;
    std::optional<FolderIdentity> identity;
    SeenFolders folders;

    std::filesystem::path full(const std::string& path) const { return std::filesystem::path(root) / path; }

    /// A folder that never was there is the list's mistake.
    void check(const std::string& parent, const std::optional<FolderIdentity>& first) const {
        if (identity_of(root) != identity) throw gone(root);
        if (first && identity_of(parent) != first) throw gone(parent);
    }
};

ImageRoot::ImageRoot(const std::string& folder) : state_(new State{folder, identity_of(folder), {}}) {
    if (!state_->identity)
        throw core::input_error(folder + ": no such folder", "the images are read from it", "check the path");
}
ImageRoot::~ImageRoot() = default;

std::vector<std::uint8_t> ImageRoot::bytes(const std::string& path, const std::string& id) const {
    const std::filesystem::path file = state_->full(path);
    const std::string parent = file.parent_path().string();
    const auto first = state_->folders.first_look(parent);
    try {
        return read_image_file(file.string(), id);
    } catch (const ImageError&) {
        state_->check(parent, first);
        throw;
    }
}

void ImageRoot::look(const std::string& path) const {
    state_->folders.first_look(state_->full(path).parent_path().string());
}

std::size_t ImageRoot::seen() const { return state_->folders.size(); }

}  // namespace lvr::data
