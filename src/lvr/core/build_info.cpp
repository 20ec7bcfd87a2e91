// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/build_info.hpp>

#include "lvr_build.hpp"

namespace lvr::core {

std::string version() { return LVR_VERSION; }

Json build_info() {
    Json info;
    info["version"] = LVR_VERSION;
    info["commit"] = LVR_COMMIT;
    info["compiler"] = LVR_COMPILER;
    info["build_type"] = LVR_BUILD_TYPE;
    return info;
}

}  // namespace lvr::core
