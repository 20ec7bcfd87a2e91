// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lvr/files/hdf5.hpp>
#include <lvr/files/results.hpp>

namespace lvr::files {

// The layer between Results and an open HDF5 file, without the file system: what the fuzzer drives.

void fill_results(const H5Group& root, const Results& results, const std::vector<SourceFile>& sources);

/// @throws Error (input) naming file and dataset
Results results_of(const H5Group& root, std::vector<SourceFile>* sources = nullptr);

/// The table written anew, without regard to origin_csv: equal results are equal bytes.
std::string canonical_csv(const Results& results);

/// By representation, benchmark and seed (none first).
void sort_scores(std::vector<Score>& scores);

}  // namespace lvr::files
