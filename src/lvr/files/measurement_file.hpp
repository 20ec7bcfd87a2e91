// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_dir.hpp>

namespace lvr::files {

/// The measurement that an open file holds. @throws Error (input) naming the file
Measurement measurement_of(const H5Group& root);

}  // namespace lvr::files
