// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace lvr::kernels {

/// What each of the 256 grey levels becomes: a table per colour, so that the arithmetic (and its rounding) is
/// done once.
/// @param pixels_BHW3 uint8, contiguous @param levels_3L [3, 256] on the same device
/// @return [B, 3, H, W] of the table's dtype, contiguous
at::Tensor normalise(const at::Tensor& pixels_BHW3, const at::Tensor& levels_3L);

}  // namespace lvr::kernels
