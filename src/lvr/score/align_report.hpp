// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/score/align_images.hpp>

namespace lvr::score {

/// An A score and what it was computed of.
struct AlignReport {
    std::string representation;
    std::vector<std::pair<std::string, double>> references;  ///< name, A against it alone
    double a = 0;
    double standard_error = files::k_not_measured;  ///< of a; NaN of one image
    std::int64_t n = 0;                             ///< images, or pairs
    core::Json details;                             ///< an object: definition, precision, ...
    std::vector<std::string> image_ids;
};

/// Of the mean of values that are independent draws; NaN of one.
double standard_error_of_mean(const std::vector<double>& values, double mean);

/// Means over images, then over references; the standard error over images of an image's mean.
/// @param scores [images, references] of the alignment
AlignReport report_of(const Alignment& alignment, const std::vector<double>& scores,
                      const core::Json& details);

/// One JSON object in one line; one of the form {"references": {name: A}, "a": , "se": , "n": , ...}.
std::string json_line(const AlignReport& report);

/// A few lines for reading.
std::string text(const AlignReport& report);

/// What results.d gets.
files::Measurement measurement_of(const AlignReport& report, const std::string& column,
                                  const core::Json& provenance);

}  // namespace lvr::score
