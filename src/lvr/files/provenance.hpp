// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/files/hdf5.hpp>

namespace lvr::files {

/// Where an output comes from: lvr_version, commit, config, inputs (name -> SHA-256) and, if there is one,
/// seed. Nothing in it differs from run to run: no time, host or number of ranks.
core::Json make_provenance(const core::Json& config, const std::map<std::string, std::string>& inputs,
                           std::optional<std::int64_t> seed = std::nullopt);

/// One attribute of `root` per key: texts and whole numbers as they are, all else as JSON text (as is a text
/// that would read as JSON). What is not an object, or has keys that HDF5 or the schema cannot take, is one
/// attribute `provenance`. null writes nothing.
void write_provenance(const H5Group& root, const core::Json& provenance);

/// What `write_provenance` wrote, from all attributes but `schema` and `version`; null if there are none.
core::Json read_provenance(const H5Group& root);

}  // namespace lvr::files
