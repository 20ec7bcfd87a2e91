// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/rotary.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>

#include <numbers>

#include <lvr/nn/lean_backward.hpp>

namespace lvr::nn {
namespace {

/// Turns that take longer than original / low_frequency_factor positions are slowed down by the factor, those
/// of less than original / high_frequency_factor stay, and in between is a linear passage.
at::Tensor stretched(const at::Tensor& frequencies, const Llama3Scaling& scaling) {
    const auto original = static_cast<double>(scaling.original_positions);
    const auto low = scaling.low_frequency_factor, high = scaling.high_frequency_factor;
    const auto wavelength = frequencies.reciprocal().mul(2 * std::numbers::pi);
    const auto slow = frequencies.div(scaling.factor);
    const auto share = wavelength.reciprocal().mul(original).sub(low).div(high - low);
    const auto between = share.neg().add(1).mul(frequencies).div(scaling.factor).add(share.mul(frequencies));
    const auto ends = at::where(wavelength.gt(original / low), slow, frequencies);
    return at::where(wavelength.ge(original / high).logical_and(wavelength.le(original / low)), between,
                     ends);
}

}  // namespace

at::Tensor frequencies(const Rotary& rotary, std::int64_t head_width) {
    const auto exponents = at::arange(0, head_width, 2, at::kFloat).div(static_cast<double>(head_width));
    auto frequencies = at::pow(rotary.theta, exponents).reciprocal();
    if (rotary.llama3) frequencies = stretched(frequencies, *rotary.llama3);
    return rotary.bfloat16_frequencies ? frequencies.to(at::kBFloat16).to(at::kFloat) : frequencies;
}

Rotation rotation_at(const at::Tensor& frequencies, const at::Tensor& positions_BL, at::ScalarType dtype) {
    const auto angle =
        positions_BL.to(at::kFloat).unsqueeze(-1).mul(frequencies.to(positions_BL.device())).unsqueeze(2);
    return {angle.cos().to(dtype), angle.sin().to(dtype)};
}

at::Tensor rotate(const at::Tensor& x_BLNH, const Rotation& rotation) {
    return lean_rotation(x_BLNH, rotation.cosine, rotation.sine);
}

}  // namespace lvr::nn
