// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace lvr::nn {

/// f(x), of which autograd keeps x alone: what backward needs of it is computed again there, for one such
/// call at a time (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016). Values and gradients
/// are those of f(x) to the bit. The gradients of leaves that f uses arrive where they always do, with the
/// leaves' hooks; a leaf that several such calls use gets one addition from each.
/// @param f must give the same result each time, of no other tensor that is not a leaf, and is copied
/// @param x if it requires no gradient, or none are recorded, this is f(x) and nothing else
at::Tensor recomputed(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& x);

}  // namespace lvr::nn
