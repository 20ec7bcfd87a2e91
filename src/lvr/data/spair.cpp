// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/spair.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/data/spair_annotation.hpp>

namespace lvr::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_remedy =
    "name the folder that SPair-71k's archive unpacks to, with all that is in it";
constexpr std::string_view k_suffix = ".json";

/// Names in a folder in byte order, hidden ones left out.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
    std::vector<std::string> names;
    std::error_code code;
    fs::directory_iterator entry(folder, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
        std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (!name.starts_with('.') && entry->is_directory(ignored) == folders)
            names.push_back(std::move(name));
    }
    if (code) {
        throw core::input_error(
            fmt::format("{}: the folder cannot be read ({})", folder.string(), code.message()), "",
            "check the folder's permissions and its disk");
    }
    std::sort(names.begin(), names.end());
    return names;
}

void check_folders(const fs::path& root, const std::string& split) {
    std::error_code ignored;
    for (const char* inside : {"ImageAnnotation", "PairAnnotation"}) {
        if (fs::is_directory(root / inside, ignored)) continue;
        throw core::input_error(
            fmt::format("{}: is no folder of SPair-71k: it has no folder {}", root.string(), inside), "",
            k_remedy);
    }
    const fs::path pairs = root / "PairAnnotation" / split;
    if (fs::is_directory(pairs, ignored)) return;
    throw core::input_error(pairs.string() + ": no such folder",
                            fmt::format("the pairs of the split {} are read from it", split),
                            "choose a split that is there, or " + std::string(k_remedy));
}

/// Names of pairs, without .json, by the category behind their colon; each list is in byte order.
using NamesByCategory = std::map<std::string, std::vector<std::string>>;

NamesByCategory list_pairs(const fs::path& folder, std::vector<std::string>& notes) {
    NamesByCategory pairs;
    for (auto& name : names_in(folder, false)) {
        const std::size_t colon = name.rfind(':');
        if (!name.ends_with(k_suffix) || colon == std::string::npos) {
            notes.push_back(
                fmt::format("{} is not called like a pair and left out", (folder / name).string()));
            continue;
        }
        name.resize(name.size() - k_suffix.size());
        pairs[name.substr(colon + 1)].push_back(name);
    }
    for (auto& [category, names] : pairs) std::sort(names.begin(), names.end());
    return pairs;
}

class CategoryReader {
  public:
    CategoryReader(const Spair& set, std::string name) : root_(set.root), split_(set.split) {
        category_.name = std::move(name);
    }

    SpairCategory read(const std::vector<std::string>& names) {
        std::vector<SpairPairText> texts;
        std::set<std::string> wanted;
        for (const auto& name : names) {
            texts.push_back(read_spair_pair(pair_file(name), category_.name));
            texts.back().pair.name = name;
            expect_name(texts.back());
            wanted.insert({texts.back().source, texts.back().target});
        }
        std::map<std::string, std::int64_t> places;
        for (const auto& name : wanted) {
            places[name] = static_cast<std::int64_t>(category_.images.size());
            category_.images.push_back(read_image(name, texts));
        }
        for (auto& text : texts) {
            text.pair.source = places[text.source];
            text.pair.target = places[text.target];
            check_visible(text.pair);
            category_.pairs.push_back(std::move(text.pair));
        }
        return std::move(category_);
    }

  private:
    /// "000000-<source>-<target>:<category>": a copy under another name would be a pair that counts twice.
    void expect_name(const SpairPairText& text) const {
        if (text.pair.name.ends_with(fmt::format("-{}-{}:{}", text.source, text.target, category_.name)))
            return;
        throw core::input_error(fmt::format("{}: it is a pair of {} and {}, which its name does not say",
                                            pair_file(text.pair.name), text.source, text.target),
                                "a pair that is there twice would count twice", k_remedy);
    }

    std::string pair_file(const std::string& name) const {
        return (root_ / "PairAnnotation" / split_ / (name + ".json")).string();
    }

    SpairImage read_image(const std::string& name, const std::vector<SpairPairText>& texts) const {
        const std::string file = (root_ / "ImageAnnotation" / category_.name / (name + ".json")).string();
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            const auto by = std::find_if(texts.begin(), texts.end(), [&](const SpairPairText& text) {
                return text.source == name || text.target == name;
            });
            throw core::input_error(file + ": no such annotation",
                                    fmt::format("{} names its image", pair_file(by->pair.name)), k_remedy);
        }
        SpairImage image = read_spair_image(file, category_.name);
        image.id = category_.name + "/" + name;
        image.file = "JPEGImages/" + image.id + ".jpg";
        return image;
    }

    void check_visible(const SpairPair& pair) const {
        const auto& source = category_.images[static_cast<std::size_t>(pair.source)];
        const auto& target = category_.images[static_cast<std::size_t>(pair.target)];
        for (std::size_t id = 0; id < source.keypoints.size(); ++id)
            if (source.keypoints[id].visible && target.keypoints[id].visible) return;
        throw core::input_error(fmt::format("{}: no keypoint is visible in both {} and {}",
                                            pair_file(pair.name), source.id, target.id),
                                "a pair without one has no score",
                                "restore the annotations, or take the pair's file away");
    }

    fs::path root_;
    std::string split_;
    SpairCategory category_;
};

bool same_sizes(const SpairCategory& category, const SpairPair& pair) {
    const auto& source = category.images[static_cast<std::size_t>(pair.source)];
    const auto& target = category.images[static_cast<std::size_t>(pair.target)];
    return pair.source_width == source.width && pair.source_height == source.height &&
           pair.target_width == target.width && pair.target_height == target.height;
}

void note_sizes(Spair& set) {
    std::int64_t count = 0;
    std::string first;
    for (const auto& category : set.categories) {
        for (const auto& pair : category.pairs)
            if (!same_sizes(category, pair) && count++ == 0) first = pair.name;
    }
    if (count == 0) return;
    set.notes.push_back(
        fmt::format("{} pair{} an image other sizes than the image's own annotation (first: {})", count,
                    count == 1 ? " gives" : "s give", first));
}

/// Views put them on the nearest patch (score/view.hpp).
void note_keypoints_outside(Spair& set) {
    std::int64_t count = 0;
    std::string first;
    for (const auto& category : set.categories) {
        for (const auto& image : category.images) {
            for (int id = 0; id < k_spair_keypoints; ++id) {
                const auto& [x, y, visible] = image.keypoints[static_cast<std::size_t>(id)];
                const bool is_inside = x >= 0 && y >= 0 && x <= static_cast<double>(image.width) &&
                                       y <= static_cast<double>(image.height);
                if (!visible || is_inside || count++ > 0) continue;
                first = fmt::format("keypoint {} of {} at ({}, {})", id, image.id, x, y);
            }
        }
    }
    if (count > 0)
        set.notes.push_back(
            fmt::format("{} keypoint{} outside of the image (first: {}): as a source, the "
                        "nearest patch is taken",
                        count, count == 1 ? " lies" : "s lie", first));
}

class Digest {
  public:
    void text(const std::string& value) { text_ += std::to_string(value.size()) + ':' + value; }
    void number(double value) { fmt::format_to(std::back_inserter(text_), "{} ", value); }
    void number(std::int64_t value) { fmt::format_to(std::back_inserter(text_), "{} ", value); }
    void box(const SpairBox& box) {
        for (const double edge : {box.x1, box.y1, box.x2, box.y2}) number(edge);
    }
    void image(const SpairImage& image) {
        text(image.id);
        number(image.width);
        number(image.height);
        box(image.box);
        for (const auto& keypoint : image.keypoints) {
            text_ += keypoint.visible ? '+' : '-';
            number(keypoint.x);
            number(keypoint.y);
        }
    }
    void pair(const SpairPair& pair) {
        text(pair.name);
        for (const auto value : {pair.source, pair.target, pair.source_width, pair.source_height,
                                 pair.target_width, pair.target_height})
            number(value);
        box(pair.source_box);
        box(pair.target_box);
    }
    std::string finish() const { return core::sha256(text_); }

  private:
    std::string text_;
};

std::string hash_of(const Spair& set) {
    Digest digest;
    digest.text(set.split);
    for (const auto& category : set.categories) {
        digest.text(category.name);
        digest.number(static_cast<std::int64_t>(category.images.size()));
        for (const auto& image : category.images) digest.image(image);
        digest.number(static_cast<std::int64_t>(category.pairs.size()));
        for (const auto& pair : category.pairs) digest.pair(pair);
    }
    return digest.finish();
}

}  // namespace

Spair read_spair(const std::string& folder, const std::string& split) {
    if (split != "test" && split != "val" && split != "trn")
        throw core::usage_error(fmt::format("\"{}\" is no split of SPair-71k", split), "",
                                "choose test, val or trn");
    const fs::path root = folder;
    check_folders(root, split);
    Spair set;
    set.root = folder;
    set.split = split;
    const fs::path pair_folder = root / "PairAnnotation" / split;
    auto pairs = list_pairs(pair_folder, set.notes);
    const auto categories = names_in(root / "ImageAnnotation", true);
    if (categories.empty())
        throw core::input_error((root / "ImageAnnotation").string() + ": has no categories", "", k_remedy);
    for (const auto& name : categories) {
        const auto named = pairs.extract(name);
        if (named.empty()) {
            throw core::input_error(
                fmt::format("{}: empty category: no pair of \"{}\"", pair_folder.string(), name),
                "a category without pairs has no score", k_remedy);
        }
        set.categories.push_back(CategoryReader(set, name).read(named.mapped()));
    }
    if (!pairs.empty()) {
        const std::string file = (pair_folder / pairs.begin()->second.front()).string() + ".json";
        throw core::input_error(fmt::format("{}: its category has no folder in ImageAnnotation", file),
                                "the keypoints stand there", k_remedy);
    }
    note_sizes(set);
    note_keypoints_outside(set);
    set.hash = hash_of(set);
    return set;
}

}  // namespace lvr::data
