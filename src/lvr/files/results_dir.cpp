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
#include "results_schema.hpp"

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

constexpr int k_most_rebuilds = 100;
const std::string k_packed = "the packed input";

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

fs::path folder_beside(const fs::path& results_h5) {
    return results_h5.parent_path() / (results_h5.stem().string() + ".d");
}

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

Input read_input(const fs::path& file) {
    const fs::path folder = folder_beside(file);
    std::error_code ignored;
    const bool has_folder = fs::is_directory(folder, ignored);
    if (!has_folder || fs::exists(file, ignored)) {
        const std::string bytes = core::read_text(file);
        std::vector<SourceFile> known;
        Input input{results_in(bytes, file.string(), &known), {{file.string(), core::sha256(bytes)}}, ""};
        if (!has_folder || !H5File::is_image(bytes) || hashed(folder) == known) return input;
    }
    Input input;
    input.results = assemble(read_measurements(folder, &input.sources), folder.string());
    for (auto& source : input.sources) source.name = (folder / source.name).string();
    input.note = fmt::format("{} is not what {} was built from: reading {} itself", folder.string(),
                             file.string(), folder.string());
    return input;
}

std::string packed(const Input& input) {
    return H5File::image(k_packed, [&](const H5Group& root) {
        fill_results(root, input.results, input.sources);
        root.write_scalar("note", input.note);
    });
}

Input unpacked(std::string_view bytes) {
    const H5Group root = H5File::open_image(bytes, k_packed);
    Input input;
    input.results = results_of(root, &input.sources);
    input.note = root.texts("note").front();
    return input;
}

}  // namespace lvr::files
