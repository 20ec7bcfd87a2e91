// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::files {

inline constexpr double k_not_measured = std::numeric_limits<double>::quiet_NaN();

// The schema of results.h5 (schema "lvr-results", version 1). R representations, K alignment columns, B
// benchmarks, M scores. NaN = not measured.
//   representations/name, family [R] text; gpu_hours [R]; labels/<i> [R] text, one per label_columns
//   alignment/name, definition [K] text; value, standard_error [K, R]
//   correspondence/value, standard_error [R], percent; definition: text
//   benchmarks/name, unit [B] text; scale [B]: nominal maximum in that unit
//   scores/representation, benchmark [M]: indices; seed [M] (smallest int64 = none); value, standard_error,
//          samples, gpu_hours [M]
//   comments, label_columns: text, any number of each; origin_csv: text
//   results_d/file, sha256: what results.d held when this file was rebuilt from it (may be absent; a CSV does
//          not carry it)
// Root attributes: schema, version, and the provenance (provenance.hpp). Texts are UTF-8 without NULs.

struct Representation {
    std::string name;
    std::string family;                    ///< "" = unknown
    double gpu_hours = k_not_measured;     ///< spent on it
    std::vector<std::string> labels = {};  ///< one text per Results::label_columns
};

struct AlignmentColumn {
    std::string name;                           ///< A_<name> in a CSV: a benchmark's, or e.g. "loglik"
    std::string definition;                     ///< "cosine to <references>", "loglik" or "unspecified"
    std::vector<double> value, standard_error;  ///< [R]
};

struct Benchmark {
    std::string name;
    std::string unit;               ///< e.g. "percent"; "" = unknown
    double scale = k_not_measured;  ///< nominal maximum in that unit
};

struct Score {
    std::int64_t representation = 0;  ///< index
    std::int64_t benchmark = 0;       ///< index
    std::optional<std::int64_t> seed;
    double value = k_not_measured;
    double standard_error = k_not_measured;
    std::int64_t samples = 0;  ///< questions answered; 0 = unknown
    double gpu_hours = k_not_measured;
};

/// What was measured of a set of representations: the input of the law. Scores are a set: readers return them
/// sorted by representation, benchmark and seed (none first).
struct Results {
    std::vector<std::string> comments;  ///< of a CSV, without the leading '#'
    std::vector<std::string> label_columns;
    std::vector<Representation> representations;
    std::vector<AlignmentColumn> alignment;
    std::vector<double> correspondence, correspondence_error;  ///< [R] percent
    std::string correspondence_definition;                     ///< "" = unspecified
    std::vector<Benchmark> benchmarks;
    std::vector<Score> scores;
    core::Json provenance;
    std::string origin_csv;  ///< the CSV's own bytes, if it came from one that to_csv would write otherwise
};

/// One file of results.d as a rebuilt results.h5 remembers it.
struct SourceFile {
    std::string name, sha256;
    friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

/// Reads HDF5 or CSV, told apart by content, once: the file may be a pipe. @throws Error (input) naming the
/// file and what is wrong where
Results read_results(const std::filesystem::path& file);

/// Which columns a CSV must have besides `representation`: C, an A and a score, as the law needs them, or one
/// of these, as scores that are added to others have.
enum class CsvColumns { all, any };

/// The same from a file's bytes; `name` stands for the file in messages. @param sources if not null, gets
/// what results.d held when that HDF5 file was rebuilt from it
Results results_in(std::string_view bytes, const std::string& name,
                   std::vector<SourceFile>* sources = nullptr, CsvColumns columns = CsvColumns::all);

/// Writes by extension: .csv, else HDF5. Complete or absent. @throws Error (output)
void write_results(const std::filesystem::path& file, const Results& results);

Results read_results_h5(const std::filesystem::path& file, std::vector<SourceFile>* sources = nullptr);
void write_results_h5(const std::filesystem::path& file, const Results& results,
                      const std::vector<SourceFile>& sources = {});

/// CSV (RFC 4180, comma, UTF-8). Columns: representation, C, A_<name>, score_<benchmark> or
/// score_<benchmark>@seed<k>; optional family, gpu_hours (of the representation); every other column is a
/// label. Lines that start with '#' before or between rows are comments; one line `#! {...}` of JSON carries
/// what columns cannot (results_extras.hpp). An empty cell is not measured yet; any other cell of a number is
/// one finite number, without spaces, point as decimal mark. A byte-order mark and Windows line ends are
/// accepted.
/// @throws Error (input) naming file, line and column
Results parse_csv(std::string_view text, const std::string& file_name, CsvColumns columns = CsvColumns::all);

/// The origin_csv if it still says the same, else written anew with shortest round-trip numbers, its comments
/// first. Nothing is lost.
std::string to_csv(const Results& results);

/// @throws Error (input) naming `source` unless names are unique, not empty and such that a CSV can carry
/// them, texts are UTF-8, sizes agree, indices are in range, every number is finite or NaN, every score
/// finite
void validate(const Results& results, const std::string& source);

}  // namespace lvr::files
