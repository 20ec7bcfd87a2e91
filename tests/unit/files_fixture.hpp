// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/results.hpp>

#include "refusal.hpp"

namespace lvr::test {

namespace fs = std::filesystem;

/// A folder of its own in the working directory, removed when the test ends.
class Folder {
  public:
    explicit Folder(const std::string& name)
        : path_(fs::absolute("files_" + name + "_" + std::to_string(getpid()))) {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path operator/(const std::string& name) const { return path_ / name; }
    const fs::path& path() const { return path_; }
    std::size_t entries() const;

  private:
    fs::path path_;
};

inline std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}
inline std::size_t Folder::entries() const { return test::entries(path_); }

/// Two representations with something in every field.
inline files::Results sample_results() {
    files::Results r;
    r.comments = {" made by hand"};
    r.label_columns = {"resolution", "note"};
    r.representations = {{"CLIP@336", "clip", 12.5, {"336", "a, b"}},
                         {"\"SD\" 1.5, é", "", files::k_not_measured, {"", "x\ny"}}};
    r.alignment = {
        {"loglik", "loglik", {-1.97, files::k_not_measured}, {0.1, files::k_not_measured}},
        {"mme", "cosine", {0.1, 0.30000000000000004}, {files::k_not_measured, files::k_not_measured}}};
    r.correspondence = {15.66, -0.0};
    r.correspondence_error = {0.5, files::k_not_measured};
    r.correspondence_definition = "PCK@0.10";
    r.benchmarks = {{"mme", "points", 2000}, {"ok,vqa", "", files::k_not_measured}};
    r.scores = {{0, 0, std::nullopt, 1502.7, 3.5, 2374, 1.25},
                {0, 0, 1, 1500, files::k_not_measured, 0, files::k_not_measured},
                {1, 0, 1, 1400.125},
                {1, 1, -7, 1e-300}};
    r.provenance = {{"lvr_version", "0.1.0"},
                    {"commit", "123456789012"},
                    {"config", {{"b", 1}, {"a", {1.5, nullptr}}}},
                    {"inputs", {{"x.csv", "abc"}}},
                    {"seed", 7}};
    return r;
}

}  // namespace lvr::test
