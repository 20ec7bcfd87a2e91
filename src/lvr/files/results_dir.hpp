// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/files/results.hpp>

namespace lvr::files {

// results.d/: one small HDF5 file per measurement, written by whoever made it, never changed by anyone else.
// All of it is attributes of the root: schema ("lvr-measurement"), version, kind, representation, name,
// definition, unit, family (texts), seed (absent: none), samples (whole numbers), value, standard_error,
// scale, gpu_hours, training_gpu_hours (NaN: unknown), labels (JSON object of texts), provenance (JSON).

struct Measurement {
    std::string kind;  ///< "alignment", "correspondence" or "score"
    std::string representation;
    std::string name;        ///< alignment: the A column; score: the benchmark; correspondence: ""
    std::string definition;  ///< of A or C; of a score the terms on which it was answered, if they are known
    std::optional<std::int64_t> seed;
    double value = k_not_measured;  ///< A, C in percent, or the score in `unit`
    double standard_error = k_not_measured;
    std::int64_t samples = 0;           ///< questions answered; 0 = unknown
    std::string unit;                   ///< a score's
    double scale = k_not_measured;      ///< nominal maximum of a score in that unit
    double gpu_hours = k_not_measured;  ///< a score's: of this evaluation
    std::string family;
    double training_gpu_hours = k_not_measured;  ///< spent on the representation so far
    std::map<std::string, std::string> labels = {};
    core::Json provenance = {};
    std::string file = {};  ///< where it was read from; not written
};

/// "representation~kind~name~seed.h5", percent-encoded; names too long for a file system end in their hash.
/// What is measured is read from the attributes, never from this name.
std::string file_name_of(const Measurement& measurement);

/// Writes it into `folder` (made if missing), complete or absent. @throws Error (output, or input if it has
/// no value)
void write_measurement(const std::filesystem::path& folder, const Measurement& measurement);

/// @throws Error (input) naming the file
Measurement read_measurement(const std::filesystem::path& file);

/// All of a folder, sorted by file name. @param sources if not null, gets each file's name and SHA-256: of
/// the very bytes that were read, whoever may be replacing them meanwhile
std::vector<Measurement> read_measurements(const std::filesystem::path& folder,
                                           std::vector<SourceFile>* sources = nullptr);

/// The results that measurements amount to, in an order that depends on their names only.
/// @throws Error (input) naming both files where two say different things of one and the same
Results assemble(const std::vector<Measurement>& measurements, const std::string& source);

/// Where the measurements of a results.h5 lie: results.d beside it.
std::filesystem::path folder_beside(const std::filesystem::path& results_h5);

/// Rebuilds `results_h5` from results.d beside it: again until the folder's listing stays unchanged, so that
/// whoever comes last leaves everybody's measurements in it, and the same bytes whoever it is.
void rebuild(const std::filesystem::path& results_h5);

/// Results as a program gets them, and from where.
struct Input {
    Results results;
    std::vector<SourceFile> sources;  ///< paths of what was read, with the SHA-256 of the very bytes
    std::string note;                 ///< what the user should be told of it; may be empty
};

/// `read_results`, unless results.d lies beside an HDF5 file (or where one should be) and differs from the
/// list that the file holds: then results.d itself is read, and the note says so. Reads everything once.
Input read_input(const std::filesystem::path& file);

/// An Input as bytes and back, for those who cannot, or must not, read the files themselves.
std::string packed(const Input& input);
Input unpacked(std::string_view bytes);

}  // namespace lvr::files
