// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/bfloat16_product.hpp>

#include <ATen/ops/empty.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_step = 32;       // channels that an instruction takes
constexpr double k_error_of_sum = 1.001;  // distances are summed in single

const std::uint16_t* row_of(const Bfloat16Block& block, std::int64_t i) {
    return static_cast<const std::uint16_t*>(block.rows.values.const_data_ptr()) +
           (block.first + i) * block.rows.stride();
}

#if defined(__x86_64__)

constexpr int k_rows = 4, k_columns = 6;  // 24 sums in registers

struct Corner {
    const std::uint16_t *x, *y;
    std::int64_t stride;
    float* product;
    std::int64_t pitch;
};

[[gnu::target("avx512f")]] inline float sum_of_lanes(const __m512& lanes) {
    alignas(sizeof lanes) std::array<float, 16> values;
    _mm512_store_ps(values.data(), lanes);
    for (std::size_t half = values.size() / 2; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) values[lane] += values[lane + half];
    }
    return values[0];
}

template <int Rows, int Columns>
[[gnu::target("avx512f,avx512bf16")]] void multiply_corner(const Corner& at) {
    __m512 sums[Rows][Columns] = {};
    for (std::int64_t c = 0; c < at.stride; c += k_step) {
        __m512bh x[Rows];
        for (int i = 0; i < Rows; ++i)
            x[i] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(at.x + i * at.stride + c));
        for (int j = 0; j < Columns; ++j) {
            const auto y = reinterpret_cast<__m512bh>(_mm512_loadu_si512(at.y + j * at.stride + c));
            for (int i = 0; i < Rows; ++i) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], x[i], y);
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int j = 0; j < Columns; ++j) at.product[i * at.pitch + j] = sum_of_lanes(sums[i][j]);
    }
}

using MultiplyCorner = void (*)(const Corner&);

template <int Rows, std::size_t... Columns>
constexpr std::array<MultiplyCorner, sizeof...(Columns)> corners(std::index_sequence<Columns...>) {
    return {multiply_corner<Rows, static_cast<int>(Columns) + 1>...};
}

#endif

}  // namespace

bool has_fast_bfloat16() {
#if defined(__x86_64__)
    static const bool has =
        __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16");
    return has;
#else
    return false;
#endif
}

namespace {

/// An odd number of steps, which are cache lines: rows that lie a power of two apart would share a few places
/// of the cache.
std::int64_t stride_for(std::int64_t length) {
    const auto steps = (length + k_step - 1) / k_step;
    return (steps % 2 == 0 ? steps + 1 : steps) * k_step;
}

}  // namespace

Bfloat16Rows rounded_rows(const at::Tensor& rows_ND, const std::vector<double>& norms) {
    const auto count = rows_ND.size(0), length = rows_ND.size(1);
    Bfloat16Rows rounded{at::empty({count, stride_for(length)}, at::kBFloat16), {}};
    const auto* from = rows_ND.const_data_ptr<float>();
    auto* to = static_cast<std::uint16_t*>(rounded.values.mutable_data_ptr());
    for (std::int64_t i = 0; i < count; ++i, from += length, to += rounded.stride()) {
        const auto squares = static_cast<double>(round_row(from, to, length));
        std::fill(to + length, to + rounded.stride(), std::uint16_t{0});
        const double norm = norms[static_cast<std::size_t>(i)];
        rounded.distances.push_back(norm > 0 ? k_error_of_sum * std::sqrt(squares) / norm : 0);
    }
    return rounded;
}

void multiply(const Bfloat16Block& x, const Bfloat16Block& y, float* product) {
    core::ensure(has_fast_bfloat16() && x.rows.stride() == y.rows.stride(), "no quick bfloat16 product");
#if defined(__x86_64__)
    static constexpr auto k_by_columns = std::make_index_sequence<k_columns>();
    static constexpr std::array<std::array<MultiplyCorner, k_columns>, k_rows> k_corners = {
        corners<1>(k_by_columns), corners<2>(k_by_columns), corners<3>(k_by_columns),
        corners<4>(k_by_columns)};
    for (std::int64_t j = 0; j < y.count; j += k_columns) {
        const auto columns = std::min<std::int64_t>(k_columns, y.count - j);
        for (std::int64_t i = 0; i < x.count; i += k_rows) {
            const auto rows = std::min<std::int64_t>(k_rows, x.count - i);
            k_corners[static_cast<std::size_t>(rows - 1)][static_cast<std::size_t>(columns - 1)](
                {row_of(x, i), row_of(y, j), x.rows.stride(), product + i * y.count + j, y.count});
        }
    }
#else
    (void)product;
#endif
}

}  // namespace lvr::kernels
