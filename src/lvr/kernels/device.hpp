// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace lvr::kernels {

/// How many GPUs this process sees; 0 where the build has no CUDA.
int gpu_count();

/// The device that a rank computes on.
/// @param wanted     "auto" (a GPU if there is one), "cpu", "cuda", or "cuda:2"
/// @param local_rank this rank's number among those on its node: rank i takes GPU i modulo their count
/// @throws Error (usage) if it is none of these; (resource) if a GPU is asked for and there is none
at::Device choose_device(const std::string& wanted, int local_rank);

/// "cpu", or the GPU's model.
std::string device_name(const at::Device& device);

}  // namespace lvr::kernels
