// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "world.hpp"

namespace lvr::test {

namespace fs = std::filesystem;

/// A folder of its own in the working directory, the same on every rank, removed when the test ends.
class RunFolder {
  public:
    explicit RunFolder(const std::string& name) {
        std::string path = fs::absolute("run_" + name + "_" + std::to_string(getpid())).string();
        world().broadcast(path);
        path_ = path;
        if (world().rank() == 0) {
            fs::remove_all(path_);
            fs::create_directories(path_);
        }
        world().barrier();
    }
    ~RunFolder() {
        std::error_code ignored;
        if (world().rank() == 0) fs::remove_all(path_, ignored);
    }
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    fs::path operator/(const std::string& name) const { return path_ / name; }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

}  // namespace lvr::test
