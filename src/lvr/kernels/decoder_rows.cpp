// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/decoder_rows.hpp>

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <lvr/core/error.hpp>
#include <lvr/kernels/decoder_loops.hpp>
#include <lvr/kernels/team.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_grain = 256 * 1024;   // multiplications that are worth a thread's while
constexpr std::int64_t k_rows_of_loading = 8;  // rows that are multiplied while a matrix is read from memory

/// A matrix as the loops take it.
struct Rows {
    explicit Rows(const at::Tensor& x)
        : first(x.const_data_ptr<float>()), count(x.size(0)), stride(x.stride(0)) {
        core::ensure(x.is_cpu() && x.dim() == 2 && (x.size(1) <= 1 || x.stride(1) == 1),
                     "rows of float32 numbers");
    }
    const float* row(std::int64_t i) const { return first + i * stride; }
    /// Of a tensor that is written to.
    float* row_to_fill(std::int64_t i) const { return const_cast<float*>(first) + i * stride; }

    const float* first;
    std::int64_t count, stride;
};

std::int64_t grain_of(std::int64_t each) {
    return std::max<std::int64_t>(1, k_grain / std::max<std::int64_t>(each, 1));
}

void multiply_into(const at::Tensor& y_MO, const at::Tensor& x_MI, const at::Tensor& w_OI,
                   const at::Tensor& bias_O, bool is_added) {
    const Rows x(x_MI), w(w_OI), y(y_MO);
    const auto length = w_OI.size(1), outputs = w.count;
    core::ensure(x_MI.size(1) == length && y.count == x.count && y_MO.size(1) == outputs,
                 "shapes of a product");
    const RowProduct product = {x.first,
                                x.stride,
                                x.count,
                                w.first,
                                w.stride,
                                length,
                                bias_O.defined() ? bias_O.const_data_ptr<float>() : nullptr,
                                y.row_to_fill(0),
                                y.stride,
                                is_added};
    constexpr std::int64_t k_columns = 4;  // that the loops take at once
    share_out((outputs + k_columns - 1) / k_columns,
              grain_of(k_columns * (x.count + k_rows_of_loading) * length),
              [&](std::int64_t begin, std::int64_t end) {
                  decoder_loops().multiply(product, begin * k_columns, std::min(outputs, end * k_columns));
              });
}

}  // namespace

at::Tensor multiply_rows(const at::Tensor& x_MI, const at::Tensor& w_OI, const at::Tensor& bias_O) {
    auto y_MO = at::empty({x_MI.size(0), w_OI.size(0)}, x_MI.options());
    multiply_into(y_MO, x_MI, w_OI, bias_O, false);
    return y_MO;
}

void add_product(const at::Tensor& sum_MO, const at::Tensor& x_MI, const at::Tensor& w_OI,
                 const at::Tensor& bias_O) {
    multiply_into(sum_MO, x_MI, w_OI, bias_O, true);
}

at::Tensor rms_norm_rows(const at::Tensor& x_MC, const at::Tensor& weight_C, double eps) {
    const auto result = at::empty({x_MC.size(0), x_MC.size(1)}, x_MC.options());
    const Rows x(x_MC), y(result);
    const auto* const weight = weight_C.const_data_ptr<float>();
    const auto length = x_MC.size(1);
    share_out(x.count, grain_of(length), [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i)
            decoder_loops().rms_norm(x.row(i), weight, static_cast<float>(eps), length, y.row_to_fill(i));
    });
    return result;
}

at::Tensor gate_rows(const at::Tensor& x_M2F) {
    const auto length = x_M2F.size(1) / 2;
    const auto result = at::empty({x_M2F.size(0), length}, x_M2F.options());
    const Rows x(x_M2F), y(result);
    share_out(x.count, grain_of(8 * length), [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) decoder_loops().gate(x.row(i), length, y.row_to_fill(i));
    });
    return result;
}

void gelu_rows(const at::Tensor& x_MC) {
    const Rows x(x_MC);
    const auto length = x_MC.size(1);
    share_out(x.count, grain_of(32 * length), [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            float* const row = x.row_to_fill(i);
            for (std::int64_t c = 0; c < length; ++c)
                row[c] *= 0.5F * (1 + std::erf(row[c] * (std::numbers::sqrt2_v<float> / 2)));
        }
    });
}

void argmax_rows(const at::Tensor& x_MO, std::span<std::int64_t> likeliest) {
    const Rows x(x_MO);
    core::ensure(std::ssize(likeliest) == x.count, "a place for each row");
    const auto length = x_MO.size(1);
    share_out(x.count, grain_of(length), [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const float* const row = x.row(i);
            std::int64_t best = 0;
            bool is_number = true;
            for (std::int64_t c = 0; c < length; ++c) {
                if (row[c] > row[best]) best = c;
                is_number = is_number && !std::isnan(row[c]);
            }
            likeliest[static_cast<std::size_t>(i)] = is_number ? best : -1;
        }
    });
}

}  // namespace lvr::kernels
