// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <lvr/core/json.hpp>
#include <lvr/files/hdf5.hpp>

namespace lvr::files {

/// A JSON object as an HDF5 tree that opens pleasantly in h5py: an object is a group (members in order), a
/// list of numbers a 1-D dataset of doubles (null = NaN), equally long lists of numbers a 2-D one, a list of
/// texts a text dataset, any other list a group with members "0", "1", ... and the attribute list = 1; a
/// number or a text is a scalar, true and false are h5py's bools, null is an empty dataset. In keys '/', '%'
/// and control characters are percent-encoded, an empty key is "%". Whole numbers in lists that a double
/// cannot hold make it "any other list". `provenance` becomes attributes of the root (provenance.hpp).
/// Complete or absent. @throws Error (output)
void write_tree(const std::filesystem::path& file, const core::Json& tree, const core::Json& provenance);

/// The tree back, without provenance: equal to what was written, except that a list of nulls or numbers comes
/// back as doubles and a NaN as null. @throws Error (input), also for a file that holds itself or is nested
/// too deeply
core::Json read_tree(const std::filesystem::path& file);

/// The same from an open file.
core::Json tree_of(const H5Group& root);

}  // namespace lvr::files
