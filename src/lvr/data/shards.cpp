// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/shards.hpp>

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/data/image_folder.hpp>

namespace lvr::data {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::size_t k_most_listed = 200;

/// What is in a folder, in byte order; nothing if it cannot be read.
Names names_in(const fs::path& folder) {
    Names names;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code); !code && entry != fs::directory_iterator();
         entry.increment(code))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

void expand(const fs::path& root, const fs::path& done, const std::string& pattern, Names& found) {
    const std::size_t slash = pattern.find('/');
    const std::string first = pattern.substr(0, slash);
    for (const auto& name : names_in(root / done)) {
        if (::fnmatch(first.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
        if (name.find(".lvr-tmp") != std::string::npos) continue;
        std::error_code ignored;
        const fs::path path = done / name;
        if (slash != std::string::npos) {
            expand(root, path, pattern.substr(slash + 1), found);
        } else if (fs::is_regular_file(root / path, ignored)) {
            found.push_back(path.string());
        }
    }
}

Names matching(const fs::path& root, const std::string& pattern) {
    Names found;
    expand(root, "", pattern, found);
    std::sort(found.begin(), found.end());
    return found;
}

/// The dataset within a folder of the hub's cache: what its branch `main` names, else the only one there.
fs::path snapshot_in(const fs::path& folder) {
    std::string revision;
    std::ifstream(folder / "refs" / "main") >> revision;
    if (!revision.empty() && revision.find('/') == std::string::npos &&
        fs::is_directory(folder / "snapshots" / revision))
        return folder / "snapshots" / revision;
    const Names revisions = names_in(folder / "snapshots");
    return revisions.size() == 1 ? folder / "snapshots" / revisions.front() : fs::path();
}

/// Of names such as "test-00001-of-00003-5c2f.parquet".
void check_complete(const fs::path& root, const Names& files) {
    static const std::regex count(R"(^(.*)-([0-9]{5})-of-([0-9]{5})(-[0-9a-f]+)?\.parquet$)");
    std::map<std::pair<std::string, int>, std::multiset<int>> sets;  // by what stands before, and the count
    for (const auto& file : files) {
        std::smatch parts;
        if (std::regex_match(file, parts, count))
            sets[{parts[1], std::stoi(parts[3])}].insert(std::stoi(parts[2]));
    }
    for (const auto& [set, numbers] : sets) {
        for (int number = 0; number < set.second; ++number) {
            if (numbers.count(number) == 1) continue;
            throw core::input_error(
                fmt::format("{}: shard {:05}-of-{:05} of {} is {}", root.string(), number, set.second,
                            set.first, numbers.count(number) == 0 ? "missing" : "there more than once"),
                "questions would be missing, or asked twice",
                "fetch the dataset again, into an empty folder");
        }
    }
    if (sets.size() > 1 && sets.begin()->first.first == std::next(sets.begin())->first.first)
        throw core::input_error(
            fmt::format("{}: {} is there in {} shards and in {}", root.string(), sets.begin()->first.first,
                        sets.begin()->first.second, std::next(sets.begin())->first.second),
            "questions would be asked twice", "remove the older ones");
}

Shards single_file(const fs::path& file) {
    const std::string suffix = suffix_of(file.string());
    const bool listed = suffix == ".jsonl" || suffix == ".json";
    if (!listed && suffix != ".parquet")
        throw core::input_error(file.string() + ": is neither a .parquet file nor a .jsonl list",
                                "questions are read from these",
                                "name the folder of a dataset, or such a file");
    const fs::path root = file.parent_path();
    return {root.empty() ? fs::path(".") : root, {file.filename().string()}, listed};
}

core::Error nothing_found(const fs::path& folder, const std::string& pattern) {
    Names there;
    std::error_code code;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, code);
    for (; !code && entry != fs::recursive_directory_iterator() && there.size() < k_most_listed;
         entry.increment(code)) {
        if (suffix_of(entry->path().string()) == ".parquet")
            there.push_back(fs::relative(entry->path(), folder, code).string());
    }
    std::sort(there.begin(), there.end());
    return core::input_error(
        fmt::format("{}: holds no {}, nor the last part of that, nor one .jsonl list", folder.string(),
                    pattern),
        there.empty() ? "there is no .parquet file in it" : "there is " + core::name_list(there),
        "name the dataset's folder as the hub has it, the folder of its shards, or a list");
}

}  // namespace

Shards find_shards(const fs::path& folder, const std::string& pattern) {
    std::error_code ignored;
    if (fs::is_regular_file(folder, ignored)) return single_file(folder);
    if (!fs::is_directory(folder, ignored))
        throw core::input_error(folder.string() + ": no such file or folder",
                                "the questions are read from it", "check the path");
    for (const fs::path& root : {folder, snapshot_in(folder)}) {
        if (root.empty()) continue;
        for (std::string rest = pattern;; rest = rest.substr(rest.find('/') + 1)) {
            Names files = matching(root, rest);
            if (!files.empty()) {
                check_complete(root, files);
                return {root, std::move(files), false};
            }
            if (rest.find('/') == std::string::npos) break;
        }
    }
    const Names lists = matching(folder, "*.jsonl");
    if (lists.size() == 1) return {folder, lists, true};
    throw nothing_found(folder, pattern);
}

}  // namespace lvr::data
