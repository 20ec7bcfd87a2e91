// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_listing.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_flip = "_flip";
constexpr std::size_t k_most_named = 8;  // files or endings in a message

std::string extension_of(std::string_view name) {
    for (const std::string_view one : {".npy", ".pt"}) {
        if (name.ends_with(one)) return std::string(one);
    }
    return "";
}

/// "_m1.npy" -> "_m1_flip.npy"
std::string flipped_suffix(const std::string& suffix) {
    const auto extension = extension_of(suffix);
    return suffix.substr(0, suffix.size() - extension.size()) + std::string(k_flip) + extension;
}

/// Sizes of all .npy and .pt files below a folder, by their paths in it.
class Walk {
  public:
    explicit Walk(const std::string& root) : root_(root) {}

    std::map<std::string, std::uintmax_t> run() {
        std::vector<std::string> open = {""};  // folders to visit, relative, each with its closing slash
        while (!open.empty()) {
            const std::string folder = std::move(open.back());
            open.pop_back();
            if (is_new(folder)) visit(folder, open);
        }
        return std::move(sizes_);
    }

  private:
    [[noreturn]] void fail(const std::string& path, const std::error_code& code) const {
        throw core::input_error(
            fmt::format("{}: cannot be read ({})", (root_ / path).string(), code.message()), "",
            "check the path, its permissions and its disk");
    }

    /// Links may lead to one folder twice, or back to where it is.
    bool is_new(const std::string& folder) {
        struct stat status {};
        if (::stat((root_ / folder).c_str(), &status) != 0) fail(folder, {errno, std::generic_category()});
        return seen_.emplace(status.st_dev, status.st_ino).second;
    }

    void visit(const std::string& folder, std::vector<std::string>& open) {
        std::error_code code;
        fs::directory_iterator entry(root_ / folder, code);
        for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
            const std::string name = entry->path().filename().string();
            if (name.starts_with('.')) continue;
            std::error_code ignored;
            if (entry->is_directory(ignored)) {
                open.push_back(folder + name + "/");
            } else if (!extension_of(name).empty()) {
                sizes_[folder + name] = entry->file_size(code);
                if (code) fail(folder + name, code);
            }
        }
        if (code) fail(folder, code);
    }

    fs::path root_;
    std::map<std::string, std::uintmax_t> sizes_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

using Sizes = std::map<std::string, std::uintmax_t>;

/// "_m1.npy" of "bus/2001_m1.npy" and of "bus/2001_m1_flip.npy"; ".npy" of "2001.npy"
std::string ending_of(const std::string& path) {
    const auto extension = extension_of(path);
    std::string stem = fs::path(path).filename().string();
    stem.resize(stem.size() - extension.size());
    if (stem.ends_with(k_flip)) stem.resize(stem.size() - k_flip.size());
    const auto mark = stem.rfind('_');
    return (mark == std::string::npos ? "" : stem.substr(mark)) + extension;
}

[[noreturn]] void refuse_no_match(const std::string& root, const std::string& suffix, const Sizes& sizes) {
    std::map<std::string, std::int64_t> endings;
    for (const auto& [path, size] : sizes) ++endings[ending_of(path)];
    std::vector<std::pair<std::int64_t, std::string>> most;
    for (const auto& [ending, count] : endings) most.emplace_back(-count, ending);
    std::sort(most.begin(), most.end());
    std::vector<std::string> named;
    for (std::size_t i = 0; i < std::min(most.size(), k_most_named); ++i)
        named.push_back(fmt::format("{} ({})", most[i].second, -most[i].first));
    throw core::usage_error(fmt::format("{}: no file ends in {}", root, files::shown(suffix)), "",
                            fmt::format("endings that there are: {}{}", fmt::join(named, ", "),
                                        most.size() > k_most_named ? ", ..." : ""));
}

std::string chosen_suffix(const std::string& root, const std::string& suffix, const Sizes& sizes) {
    if (sizes.empty())
        throw core::input_error(root + ": there are no .npy or .pt files in it or below it", "",
                                "name the folder that the features are in");
    if (!suffix.empty()) return suffix;
    const auto count = [&](std::string_view extension) {
        return std::ranges::count_if(sizes,
                                     [&](const auto& entry) { return entry.first.ends_with(extension); });
    };
    const auto npy = count(".npy"), pt = count(".pt");
    if (npy > 0 && pt > 0)
        throw core::usage_error(fmt::format("{}: there are {} .npy and {} .pt files", root, npy, pt),
                                "one feature folder holds features of one kind",
                                "choose with --suffix, e.g. --suffix .npy");
    return npy > 0 ? ".npy" : ".pt";
}

class Sorter {
  public:
    Sorter(FeatureFiles& files, const Sizes& sizes)
        : files_(files), flip_(flipped_suffix(files.suffix)), sizes_(sizes) {}

    void run() {
        for (const auto& [path, size] : sizes_) {
            if (is_flip(path)) {
                add(path, flips_);
            } else if (path.ends_with(files_.suffix)) {
                add_image(path);
            } else if (path.ends_with(flip_)) {
                orphans_.push_back(path);
            }
        }
        std::sort(files_.ids.begin(), files_.ids.end());
        if (files_.ids.empty()) refuse_no_match(files_.root, files_.suffix, sizes_);
        check_flips();
        files_.names_sha256 = core::sha256(listing_);
    }

  private:
    /// Its partner is there, the same name without "_flip".
    bool is_flip(const std::string& path) const {
        if (!path.ends_with(flip_)) return false;
        return sizes_.contains(path.substr(0, path.size() - flip_.size()) + files_.suffix);
    }

    void add(const std::string& path, std::vector<std::string>& to) {
        to.push_back(path);
        listing_ += fmt::format("{}\n{}\n", path, sizes_.at(path));
    }

    void add_image(const std::string& path) {
        const std::string id = path.substr(0, path.size() - files_.suffix.size());
        const auto bad = [&](const std::string& problem) {
            throw core::input_error(fmt::format("{}/{}: {}", files_.root, files::shown(path), problem),
                                    "what stands before the suffix becomes the image's id",
                                    "rename the file");
        };
        if (id.empty() || id.ends_with('/')) bad("has no name before " + files_.suffix);
        if (files::first_bad_byte(id) != std::string::npos) bad("its name is not UTF-8");
        add(path, files_.ids);
        files_.ids.back() = id;
    }

    void check_flips() {
        if (!orphans_.empty())
            throw core::input_error(fmt::format("{}: without the image's own features: {}", files_.root,
                                                core::name_list(orphans_)),
                                    "these are features of mirrored images",
                                    "add those of the images, or move these away");
        files_.has_flipped = !flips_.empty();
        if (!files_.has_flipped || flips_.size() == files_.ids.size()) return;
        std::vector<std::string> missing;
        for (const auto& id : files_.ids) {
            if (!sizes_.contains(id + flip_)) missing.push_back(id + flip_);
        }
        throw core::input_error(
            fmt::format("{}: features of the mirrored image are missing for {} of {} images: {}", files_.root,
                        missing.size(), files_.ids.size(), core::name_list(missing)),
            "either every image has them, or none",
            files_.suffix == extension_of(files_.suffix)
                ? "if several representations lie there, choose one with --suffix, e.g. --suffix " +
                      ending_of(missing.front())
                : "add the missing files, or move the others away");
    }

    FeatureFiles& files_;
    std::string flip_;
    const Sizes& sizes_;
    std::vector<std::string> flips_, orphans_;
    std::string listing_;
};

}  // namespace

std::string FeatureFiles::file(std::int64_t image) const {
    return (fs::path(root) / (ids[static_cast<std::size_t>(image)] + suffix)).string();
}

std::string FeatureFiles::flipped(std::int64_t image) const {
    return (fs::path(root) / (ids[static_cast<std::size_t>(image)] + flipped_suffix(suffix))).string();
}

FeatureFiles list_feature_files(const std::string& root, const std::string& suffix) {
    const Sizes sizes = Walk(root).run();
    FeatureFiles files;
    files.root = root;
    files.suffix = chosen_suffix(root, suffix, sizes);
    Sorter(files, sizes).run();
    return files;
}

}  // namespace lvr::score
