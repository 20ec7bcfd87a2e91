// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/results_dir.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>

#include "measurement_file.hpp"

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

constexpr int k_most_rebuilds = 100;

fs::path folder_beside(const fs::path& results_h5) {
    return results_h5.parent_path() / (results_h5.stem().string() + ".d");
}

/// Measurements only: temporaries of those who are just writing start with a point.
std::vector<fs::path> listing(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const fs::path file = entry->path();
        if (file.extension() == ".h5" && file.filename().string().front() != '.') files.push_back(file);
    }
    if (code) {
        throw core::input_error(folder.string() + ": cannot be listed (" + code.message() + ")",
                                "the measurements lie there", "check the path");
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<SourceFile> hashed(const fs::path& folder) {
    std::vector<SourceFile> sources;
    for (const auto& file : listing(folder)) {
        sources.push_back({file.filename().string(), core::sha256_of_file(file)});
    }
    return sources;
}

}  // namespace

std::vector<Measurement> read_measurements(const fs::path& folder, std::vector<SourceFile>* sources) {
    std::vector<Measurement> all;
    if (sources != nullptr) sources->clear();
    for (const auto& file : listing(folder)) {
        const std::string bytes = core::read_text(file);
        const CrashMessage crash(file.string());
        all.push_back(measurement_of(H5File::open_image(bytes, file.string())));
        if (sources != nullptr) sources->push_back({file.filename().string(), core::sha256(bytes)});
    }
    return all;
}

void rebuild(const fs::path& results_h5) {
    const fs::path folder = folder_beside(results_h5);
    for (int attempt = 0; attempt < k_most_rebuilds; ++attempt) {
        std::vector<SourceFile> sources;
        const Results results = assemble(read_measurements(folder, &sources), folder.string());
        write_results_h5(results_h5, results, sources);
        if (hashed(folder) == sources) return;
    }
    throw core::Error(core::ErrorKind::resource, folder.string() + ": changed each time it was read",
                      results_h5.string() + " could not keep up with it",
                      "start again when the jobs that write there are done");
}

Results read_results_with_dir(const fs::path& file, std::string* note) {
    const fs::path folder = folder_beside(file);
    std::error_code ignored;
    const bool is_there = fs::exists(file, ignored), has_folder = fs::is_directory(folder, ignored);
    if (!has_folder || (is_there && !H5File::is_hdf5(file))) return read_results(file);
    std::vector<SourceFile> known;
    std::optional<Results> results;
    if (is_there) results = read_results_h5(file, &known);
    if (results && hashed(folder) == known) return *std::move(results);
    if (note != nullptr) {
        *note = fmt::format("{} is not what {} was built from: reading {} itself", folder.string(),
                            file.string(), folder.string());
    }
    return assemble(read_measurements(folder), folder.string());
}

}  // namespace lvr::files
