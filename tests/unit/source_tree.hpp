// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lvr::test {

/// Files below root/folder with one of these endings (".cpp", or a whole name such as "CMakeLists.txt"), as
/// paths relative to root, sorted. A folder that is not there has none.
std::vector<std::string> files_below(const std::filesystem::path& root, const std::string& folder,
                                     const std::vector<std::string>& endings);

std::vector<std::string> lines_of(const std::filesystem::path& file);

/// A folder of its own, removed at the end, for trees that a test writes.
class TemporaryTree {
  public:
    TemporaryTree();
    ~TemporaryTree();
    TemporaryTree(const TemporaryTree&) = delete;
    TemporaryTree& operator=(const TemporaryTree&) = delete;

    const std::filesystem::path& root() const { return root_; }
    void write(const std::string& file, const std::string& text) const;

  private:
    std::filesystem::path root_;
};

}  // namespace lvr::test
