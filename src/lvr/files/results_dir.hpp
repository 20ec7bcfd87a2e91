// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <lvr/files/results.hpp>

namespace lvr::files {

/// One measurement: one small file in results.d, written by whoever made it, never changed by anyone else.
struct Measurement {
    std::string kind;            ///< "alignment", "correspondence" or "score"
    std::string representation;
    std::string name;            ///< alignment: the A column; score: the benchmark; correspondence: ""
    std::string definition;      ///< of A or C
    std::optional<std::int64_t> seed;
    double value = k_not_measured;
    double standard_error = k_not_measured;
    std::int64_t samples = 0;
    std::string unit;
    double scale = k_not_measured;
    double gpu_hours = k_not_measured;  ///< a score's: of this evaluation
    std::string family;
    double training_gpu_hours = k_not_measured;  ///< spent on the representation so far
    std::map<std::string, std::string> labels;
    core::Json provenance;
};

/// "representation~kind~name~seed.h5", percent-encoded; names too long for a file system end in their hash.
std::string file_name_of(const Measurement& measurement);

/// Writes it into `folder` (made if missing), complete or absent.
void write_measurement(const std::filesystem::path& folder, const Measurement& measurement);

Measurement read_measurement(const std::filesystem::path& file);

/// The results that a folder of measurements amounts to, in an order that depends on their names only.
/// @throws Error (input) naming both files where two say different things of one measurement
Results assemble(const std::filesystem::path& folder, std::vector<SourceFile>* sources = nullptr);

/// Rebuilds `results_h5` from results.d beside it: again until the folder's listing stays unchanged, so that whoever
/// comes last leaves everybody's measurements in it, and the same bytes whoever it is.
void rebuild(const std::filesystem::path& results_h5);

/// `read_results`, unless the file was rebuilt from a results.d that has changed since: then results.d itself is read
/// and `note` says so.
Results read_results_with_dir(const std::filesystem::path& file, std::string* note);

}  // namespace lvr::files
