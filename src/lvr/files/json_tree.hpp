// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <lvr/core/json.hpp>

namespace lvr::files {

/// A JSON document as an HDF5 tree that opens pleasantly in h5py: an object is a group (members in order), a list of
/// numbers a 1-D dataset (null = NaN), equally long lists of numbers a 2-D one, a list of texts a text dataset, any
/// other list a group with members "0", "1", ... and the attribute list = 1; a number or a text is a scalar, true and
/// false are texts, null is an empty dataset. '/' and '%' in keys are percent-encoded, an empty key is "%".
/// `provenance` becomes the root's text dataset "provenance" (JSON). Complete or absent. @throws Error (output)
void write_tree(const std::filesystem::path& file, const core::Json& tree, const core::Json& provenance);

/// The tree back, without provenance. Whole numbers come back as such, NaN as null. @throws Error (input)
core::Json read_tree(const std::filesystem::path& file);

}  // namespace lvr::files
