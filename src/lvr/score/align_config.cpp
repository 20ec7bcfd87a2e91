// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_config.hpp>

namespace lvr::score {

core::Fields AlignConfig::fields() {
    return {
        {.name = "features", .value = &features, .doc = "feature folders of projected tokens", .many = true},
        {.name = "reference", .value = &reference, .doc = "feature folders of the references", .many = true},
        {.name = "format", .value = &format, .doc = "what stdout gets", .choices = {"text", "json"}},
    };
}

void AlignConfig::validate() const {}

}  // namespace lvr::score
