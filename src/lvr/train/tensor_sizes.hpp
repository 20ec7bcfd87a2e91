// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lvr/train/memory_plan.hpp>

namespace lvr::train {

struct Parameter {
    std::int64_t elements = 0;
    std::int64_t unit = 0;  ///< of the backward: 0 head and last norm, 1 last block, ..., layers + 1 the rest
};

std::vector<std::int64_t> elements_of(const std::vector<Parameter>& parameters);

/// The tensors of a training step, in bytes.
struct TensorSizes {
    explicit TensorSizes(const MemoryQuestion& question);

    double element = 4;                 ///< bytes of the computation's dtype
    std::vector<Parameter> parameters;  ///< those trained, in forward's order
    double frozen = 0;                  ///< elements of all others
    std::vector<double> kept_of_block;  ///< by autograd, until the block's backward
    double input_of_block = 0;
    std::vector<double> passing_forward, passing_backward;  ///< what a block needs besides, at its most
    std::vector<double> ends;                               ///< kept of projector, splice and last norm
    std::vector<double> slopes;                             ///< gradients that the loss makes in forward
    std::vector<double> chunk;                              ///< of logits, in passing
    double image = 0;                                       ///< the features of one

  private:
    void name_parameters(const MemoryQuestion& q);
    void measure_block(const MemoryQuestion& q);
    void measure_ends(const MemoryQuestion& q);
};

}  // namespace lvr::train
