// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/normalise.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <lvr/core/error.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_colours = 3, k_levels = 256;

/// For all devices and dtypes.
at::Tensor by_lookup(const at::Tensor& pixels_BHW3, const at::Tensor& levels_3L) {
    std::vector<at::Tensor> colours;
    for (std::int64_t c = 0; c < k_colours; ++c) {
        const auto plane_BHW = pixels_BHW3.select(3, c);
        colours.push_back(
            levels_3L[c].index_select(0, plane_BHW.reshape(-1).to(at::kInt)).view(plane_BHW.sizes()));
    }
    return at::stack(colours, 1);
}

/// One pass over the bytes.
at::Tensor on_cpu(const at::Tensor& pixels_BHW3, const at::Tensor& levels_3L) {
    const auto batch = pixels_BHW3.size(0), height = pixels_BHW3.size(1), width = pixels_BHW3.size(2);
    auto normalised = at::empty({batch, k_colours, height, width}, levels_3L.options());
    const auto* in = pixels_BHW3.const_data_ptr<std::uint8_t>();
    const auto* levels = levels_3L.const_data_ptr<float>();
    auto* out = normalised.mutable_data_ptr<float>();
    const auto plane = height * width;
    for (std::int64_t b = 0; b < batch; ++b, out += k_colours * plane, in += k_colours * plane) {
        for (std::int64_t i = 0; i < plane; ++i) {
            for (std::int64_t c = 0; c < k_colours; ++c)
                out[c * plane + i] = levels[c * k_levels + in[k_colours * i + c]];
        }
    }
    return normalised;
}

}  // namespace

at::Tensor normalise(const at::Tensor& pixels_BHW3, const at::Tensor& levels_3L) {
    core::ensure(pixels_BHW3.dim() == 4 && pixels_BHW3.size(3) == k_colours && pixels_BHW3.is_contiguous() &&
                     levels_3L.sizes() == at::IntArrayRef({k_colours, k_levels}) && levels_3L.is_contiguous(),
                 "normalise takes [B, H, W, 3] bytes and a [3, 256] table");
    const bool is_simple = levels_3L.is_cpu() && levels_3L.scalar_type() == at::kFloat;
    return is_simple ? on_cpu(pixels_BHW3, levels_3L) : by_lookup(pixels_BHW3, levels_3L);
}

}  // namespace lvr::kernels
