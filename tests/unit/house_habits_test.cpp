// SPDX-License-Identifier: Apache-2.0
// The habits that a machine can hold.
#include <catch2/catch.hpp>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "source_tree.hpp"

using namespace lvr::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_most_lines = 400;
const std::vector<std::string> k_folders = {"src",   "analysis", "jobs",  "tests",
                                            "cmake", "scripts",  "slurm", "configs"};
const std::vector<std::string> k_sources = {".cpp", ".hpp",          ".h", ".c", ".cu", ".cmake", ".sh",
                                            ".py",  "CMakeLists.txt"};
const std::vector<std::string> k_texts = {".cpp", ".hpp", ".h",    ".c",    ".cu", ".cmake", ".sh",
                                          ".py",  ".txt", ".json", ".toml", ".md", ".csv",   ".in"};

std::vector<std::string> all_files(const fs::path& root, const std::vector<std::string>& endings) {
    std::vector<std::string> files;
    for (const auto& folder : k_folders) {
        for (auto& file : files_below(root, folder, endings)) {
            if (file.find("__pycache__") == std::string::npos) files.push_back(std::move(file));
        }
    }
    for (const char* top : {"CMakeLists.txt", "README.md", "CMakePresets.json"}) {
        const bool wanted = std::any_of(endings.begin(), endings.end(),
                                        [&](const auto& end) { return std::string(top).ends_with(end); });
        if (wanted && fs::exists(root / top)) files.push_back(top);
    }
    return files;
}

std::vector<std::string> without_license(const fs::path& root) {
    std::vector<std::string> bad;
    for (const auto& file : all_files(root, k_sources)) {
        const auto lines = lines_of(root / file);
        if (lines.empty() && file.ends_with("__init__.py")) continue;
        const std::size_t at = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
        const std::string line = at < lines.size() ? lines[at] : "";
        if (line != "// SPDX-License-Identifier: Apache-2.0" &&
            line != "# SPDX-License-Identifier: Apache-2.0")
            bad.push_back(file);
    }
    return bad;
}

std::vector<std::string> too_long(const fs::path& root) {
    std::vector<std::string> bad;
    for (const auto& file : all_files(root, k_sources)) {
        const std::size_t length = lines_of(root / file).size();
        if (length > k_most_lines) bad.push_back(file + ": " + std::to_string(length) + " lines");
    }
    return bad;
}

/// Paths of one machine: a home, the build's place. Written in two parts so that this file does not hold
/// them.
std::vector<std::string> with_machine_paths(const fs::path& root) {
    static const std::regex pattern(std::string("(^|[^A-Za-z0-9_./}-])/(ho") + "me|ro" + "ot|wo" + "rk)/");
    std::vector<std::string> bad;
    for (const auto& file : all_files(root, k_texts)) {
        const auto lines = lines_of(root / file);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (lines[i].size() < 2000 && std::regex_search(lines[i], pattern))
                bad.push_back(file + ":" + std::to_string(i + 1) + ": " + lines[i]);
        }
    }
    return bad;
}

void check_none(const std::vector<std::string>& bad) {
    for (const auto& one : bad) UNSCOPED_INFO(one);
    CHECK(bad.empty());
}

}  // namespace

TEST_CASE("there are files to look at") { CHECK(all_files(LVR_SOURCE_DIR, k_sources).size() > 100); }

TEST_CASE("every source file names its licence in its first line") {
    check_none(without_license(LVR_SOURCE_DIR));
    const TemporaryTree tree;
    tree.write("src/good.cpp", "// SPDX-License-Identifier: Apache-2.0\n");
    tree.write("scripts/good.sh", "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\n");
    tree.write("src/none.cpp", "int x;\n// SPDX-License-Identifier: Apache-2.0\n");
    tree.write("cmake/empty.cmake", "");
    CHECK(without_license(tree.root()) == std::vector<std::string>{"src/none.cpp", "cmake/empty.cmake"});
}

TEST_CASE("no source file is too long to be read") {
    check_none(too_long(LVR_SOURCE_DIR));
    const TemporaryTree tree;
    tree.write("src/good.cpp", std::string(k_most_lines, '\n'));
    tree.write("src/long.cpp", std::string(k_most_lines + 1, '\n'));
    CHECK(too_long(tree.root()) == std::vector<std::string>{"src/long.cpp: 401 lines"});
}

TEST_CASE("no text file holds a path of one machine") {
    check_none(with_machine_paths(LVR_SOURCE_DIR));
    const TemporaryTree tree;
    const std::string slash = "/";
    tree.write("src/good.cpp", "root / \"x\"; url/home/x; ${ROOT}" + slash + "work/x\n");
    tree.write("tests/bad.json", "{\"a\": \"" + slash + "home/someone/x\"}\n");
    tree.write("scripts/bad.sh", "\ncd " + slash + "work/x\n");
    CHECK(with_machine_paths(tree.root()).size() == 2);
}

TEST_CASE("nothing at the top but what belongs there, and no links", "[house]") {
    const std::set<std::string> known = {
        ".ci",     ".clang-format", ".git",     ".gitignore", "CMakeLists.txt", "CMakePresets.json",
        "LICENSE", "README.md",     "analysis", "cmake",      "configs",        "data",
        "jobs",    "scripts",       "slurm",    "src",        "tests"};
    int seen = 0;
    for (const auto& entry : fs::directory_iterator(LVR_SOURCE_DIR)) {
        const std::string name = entry.path().filename();
        // Ignored by git.
        if (name.starts_with("build") || name == "CMakeUserPresets.json" || name == "features") continue;
        INFO(name);
        CHECK(known.contains(name));
        CHECK_FALSE(entry.is_symlink());
        ++seen;
    }
    CHECK(seen >= 12);
}
