// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/positions.hpp>

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <array>
#include <optional>

#include <lvr/core/error.hpp>

namespace lvr::nn {
namespace {

constexpr double k_offset = 0.1;  // DINO's guard against a grid that rounding makes one too small

at::Tensor resampled(const at::Tensor& table_1CRK, Grid from, Grid to, PositionResize rule) {
    const std::array<std::int64_t, 2> size = {to.rows, to.columns};
    switch (rule) {
        case PositionResize::size:
            return at::upsample_bicubic2d(table_1CRK, size, false);
        case PositionResize::size_antialiased:
            return at::_upsample_bicubic2d_aa(table_1CRK, size, false);
        case PositionResize::scale_0_1:
            return at::upsample_bicubic2d(
                table_1CRK, size, false,
                (static_cast<double>(to.rows) + k_offset) / static_cast<double>(from.rows),
                (static_cast<double>(to.columns) + k_offset) / static_cast<double>(from.columns));
        case PositionResize::none:
            break;
    }
    core::ensure(false, "positions of a fixed size are asked for another one");
    return {};
}

}  // namespace

std::string name_of(PositionResize rule) {
    switch (rule) {
        case PositionResize::none:
            return "none";
        case PositionResize::size:
            return "size";
        case PositionResize::size_antialiased:
            return "size_antialiased";
        case PositionResize::scale_0_1:
            return "scale_0.1";
    }
    core::ensure(false, "a rule without a name");
    return "";
}

at::Tensor resize_positions(const at::Tensor& table_NC, Grid from, Grid to, PositionResize rule) {
    if (from == to) return table_NC;
    const auto width = table_NC.size(1);
    const auto table_1CRK =
        table_NC.to(at::kFloat).view({1, from.rows, from.columns, width}).permute({0, 3, 1, 2});
    return resampled(table_1CRK.contiguous(), from, to, rule)
        .permute({0, 2, 3, 1})
        .reshape({-1, width})
        .to(table_NC.scalar_type());
}

}  // namespace lvr::nn
