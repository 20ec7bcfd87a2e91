// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <lvr/weights/name_map.hpp>

namespace lvr::weights {

/// Tensors of a checkpoint that together make one weight, one after another on an axis.
struct Fill {
    std::vector<std::string> sources;               ///< full names in the checkpoint
    std::vector<std::vector<std::int64_t>> shapes;  ///< what each is to be seen as
    std::int64_t axis = 0;
};

/// Which tensors fill which wanted weight.
/// @throws Error (input) that lists everything that does not fit
std::map<std::string, Fill> plan_weights(const Checkpoint& checkpoint, const NameMap& map,
                                         const Shapes& wanted, const LoadOptions& options);

}  // namespace lvr::weights
