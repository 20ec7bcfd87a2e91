// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "choices.hpp"

namespace lvr::fuzz {

/// A valid HDF5 file whose content the choices decide: results, then a few changes that break the schema.
/// @throws Error (output) if the chosen results cannot be written
std::string mutated_image(Choices& choices);

}  // namespace lvr::fuzz
