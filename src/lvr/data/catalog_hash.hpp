// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/catalog.hpp>

namespace lvr::data {

/// Looks at every file once (several at a time: a network answers each slowly).
/// @return Catalog::hash of a catalog whose other members are there
/// @throws core::Error (input, resource) if a disk or the network fails, or a parquet file cannot be read
std::string hash_of(const Catalog& catalog);

}  // namespace lvr::data
