// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "source_tree.hpp"

namespace lvr::test {

namespace fs = std::filesystem;

std::vector<std::string> files_below(const fs::path& root, const std::string& folder,
                                     const std::vector<std::string>& endings) {
    std::vector<std::string> files;
    if (!fs::is_directory(root / folder)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const std::string name = entry.path().filename().string();
        const bool wanted =
            std::any_of(endings.begin(), endings.end(), [&](const auto& end) { return name.ends_with(end); });
        if (wanted && entry.is_regular_file())
            files.push_back(fs::relative(entry.path(), root).generic_string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::ifstream stream(file);
    if (!stream) throw std::runtime_error(file.string() + ": cannot be read");
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TemporaryTree::TemporaryTree() {
    std::string name = (fs::temp_directory_path() / "lvr-tree-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = name;
}

TemporaryTree::~TemporaryTree() { fs::remove_all(root_); }

void TemporaryTree::write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
}

}  // namespace lvr::test
