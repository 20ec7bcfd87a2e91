// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/catalog.hpp>

namespace lvr::data {

/// Looks at every file once (several at a time: a network answers each slowly).
/// @return Catalog::hash of a catalog whose other members are there
/// @throws core::Error (input, resource) if a disk or the network fails, or a parquet file cannot be read
std::string hash_of(const Catalog& catalog);

/// Which file it is: its size, and a hash of its last 64 kB, where a parquet file says where everything is in
/// it and how long. @throws core::Error (input) if it cannot be read
std::string end_of_file(const std::string& file);

}  // namespace lvr::data
