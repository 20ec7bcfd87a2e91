// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image_folder.hpp>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> k_suffixes = {".jpg", ".jpeg", ".png", ".webp"};
/// Pictures that we do not decode: the user hears of them.
constexpr std::array<std::string_view, 8> k_foreign = {".bmp",  ".gif",  ".tif", ".tiff",
                                                       ".heic", ".avif", ".jp2", ".ppm"};

template <class Names>
bool has(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

core::Error unreadable(const std::string& folder, const std::error_code& code) {
    return core::input_error(fmt::format("{}: the folder cannot be read ({})", folder, code.message()), "",
                             "check the folder's permissions and its disk, or name another folder");
}

class Walk {
  public:
    explicit Walk(const std::string& root) : root_(root) {}

    FolderContent run() {
        std::vector<std::string> open = {""};  // folders to visit, relative, each with its closing slash
        while (!open.empty()) {
            const std::string folder = std::move(open.back());
            open.pop_back();
            if (!is_new(folder)) continue;
            auto inside = visit(folder);
            open.insert(open.end(), inside.rbegin(), inside.rend());
        }
        std::sort(content_.images.begin(), content_.images.end());
        std::sort(content_.parquet.begin(), content_.parquet.end());
        for (const auto& [suffix, count] : foreign_)
            content_.notes.push_back(
                fmt::format("{} {} file{}, which lvr does not decode", count, suffix, count == 1 ? "" : "s"));
        return std::move(content_);
    }

  private:
    /// Links may lead to one folder twice, or back to where it is.
    bool is_new(const std::string& folder) {
        struct stat status {};
        if (::stat((root_ / folder).c_str(), &status) != 0)
            throw unreadable((root_ / folder).string(), {errno, std::generic_category()});
        if (seen_.emplace(status.st_dev, status.st_ino).second) return true;
        content_.notes.push_back(folder + " leads to a folder that was visited before");
        return false;
    }

    /// @return the folders in it, in byte order
    std::vector<std::string> visit(const std::string& folder) {
        std::error_code code;
        std::vector<std::string> inside;
        fs::directory_iterator entry(root_ / folder, code);
        for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
            const std::string name = entry->path().filename().string();
            if (name.starts_with('.') || name.find(".lvr-tmp") != std::string::npos) continue;
            std::error_code ignored;  // a link that leads nowhere is no folder
            const bool is_folder = entry->is_directory(ignored);
            if (is_folder && !named_like_an_image(name)) {
                inside.push_back(folder + name + "/");
            } else {
                take(folder + name);
            }
        }
        if (code) throw unreadable((root_ / folder).string(), code);
        std::sort(inside.begin(), inside.end());
        return inside;
    }

    void take(std::string path) {
        const std::string suffix = suffix_of(path);
        if (has(k_suffixes, suffix)) {
            content_.images.push_back(std::move(path));
        } else if (suffix == ".parquet") {
            content_.parquet.push_back(std::move(path));
        } else if (has(k_foreign, suffix)) {
            ++foreign_[suffix];
        }
    }

    fs::path root_;
    FolderContent content_;
    std::set<std::pair<dev_t, ino_t>> seen_;
    std::map<std::string, std::int64_t> foreign_;  ///< how many, by suffix
};

}  // namespace

std::string suffix_of(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
    const std::size_t dot = last.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return "";
    std::string suffix(last.substr(dot));
    for (char& letter : suffix) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return suffix;
}

bool named_like_an_image(std::string_view name) { return has(k_suffixes, suffix_of(name)); }

FolderContent list_folder(const std::string& root) { return Walk(root).run(); }

}  // namespace lvr::data
