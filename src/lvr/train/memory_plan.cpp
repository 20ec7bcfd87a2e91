// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/memory_plan.hpp>

namespace lvr::train {
double MemoryPlan::total() const {
    return weights + optimizer + gradients + activations + logits + data + transfer + process;
}
}  // namespace lvr::train
