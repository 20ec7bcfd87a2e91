// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <lvr/kernels/decoder_loops.hpp>

// Included behind Lanes, in the same anonymous namespace.

constexpr std::int64_t k_lanes = Lanes::k_count;
constexpr std::int64_t k_columns = 4;        // of a product, whose sums are folded together
constexpr std::int64_t k_block = 96 * 1024;  // numbers of x that stay in the cache while w passes

/// Terms that are summed before the next part of the lanes has its turn, while they are near.
constexpr std::int64_t k_stretch = k_parts == 1 ? std::numeric_limits<std::int64_t>::max() : 512;

/// Four rows of w. The next four begin `ahead` numbers behind them and are fetched into the cache meanwhile:
/// the matrix is read from memory, and its rows are too short for the processor to guess the next.
struct Columns {
    std::array<const float*, k_columns> w;
    std::int64_t ahead = 0;
};

/// R rows times four columns, the terms from `from` on; `part` is which part of the lanes.
template <int Rows, bool Fetches>
inline void multiply_part(const RowProduct& at, const Columns& columns, std::int64_t from, int part,
                          Part (&sums_of)[Rows][k_columns][k_parts]) {
    const std::int64_t shift = part * (k_lanes / k_parts), end = std::min(at.length - from, k_stretch) + from;
    Part sum[Rows][k_columns];
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < k_columns; ++c) sum[r][c] = sums_of[r][c][part];
    std::int64_t i = from;
    for (; i + k_lanes <= end; i += k_lanes) {
        Part w[k_columns];
        for (std::size_t c = 0; c < k_columns; ++c) w[c] = Part::load(columns.w[c] + i + shift);
        if (Fetches && part == 0)
            for (const float* const column : columns.w) __builtin_prefetch(column + i + columns.ahead, 0, 2);
        for (int r = 0; r < Rows; ++r) {
            const auto x = Part::load(at.x + r * at.x_stride + i + shift);
            for (int c = 0; c < k_columns; ++c) sum[r][c] = fused(x, w[c], sum[r][c]);
        }
    }
    if (const auto rest = end - i - shift; rest > 0 && i < end) {
        Part w[k_columns];
        for (std::size_t c = 0; c < k_columns; ++c) w[c] = Part::load_first(columns.w[c] + i + shift, rest);
        for (int r = 0; r < Rows; ++r) {
            const auto x = Part::load_first(at.x + r * at.x_stride + i + shift, rest);
            for (int c = 0; c < k_columns; ++c) sum[r][c] = fused(x, w[c], sum[r][c]);
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < k_columns; ++c) sums_of[r][c][part] = sum[r][c];
}

/// Of the outputs [column, end) the first four, of the first R rows.
template <int Rows, bool Fetches>
void multiply_tile(const RowProduct& at, std::int64_t column, std::int64_t end) {
    const auto count = std::min(k_columns, end - column);
    Columns columns;
    for (std::int64_t c = 0; c < k_columns; ++c)  // beyond the last it is computed again, and left out
        columns.w[static_cast<std::size_t>(c)] = at.w + (column + std::min(c, count - 1)) * at.w_stride;
    columns.ahead = end - column >= 2 * k_columns ? k_columns * at.w_stride : 0;
    Part sum[Rows][k_columns][k_parts];
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < k_columns; ++c)
            for (int part = 0; part < k_parts; ++part) sum[r][c][part] = Part::all(0);
    for (std::int64_t from = 0; from < at.length; from += std::min(k_stretch, at.length))
        for (int part = 0; part < k_parts; ++part) multiply_part<Rows, Fetches>(at, columns, from, part, sum);
    for (int r = 0; r < Rows; ++r) {
        std::array<float, k_columns> found;
        sums(joined(sum[r][0]), joined(sum[r][1]), joined(sum[r][2]), joined(sum[r][3]), found.data());
        float* const to = at.y + r * at.y_stride + column;
        for (std::int64_t c = 0; c < count; ++c) {
            float value = found[static_cast<std::size_t>(c)];
            if (at.bias != nullptr) value += at.bias[column + c];
            to[c] = at.is_added ? to[c] + value : value;
        }
    }
}

using MultiplyTile = void (*)(const RowProduct&, std::int64_t, std::int64_t);

template <bool Fetches>
constexpr std::array<MultiplyTile, 6> k_tiles = {multiply_tile<1, Fetches>,
                                                 multiply_tile<2, Fetches>,
                                                 multiply_tile<3, Fetches>,
                                                 multiply_tile<std::min(4, k_tile_rows), Fetches>,
                                                 multiply_tile<std::min(5, k_tile_rows), Fetches>,
                                                 multiply_tile<std::min(6, k_tile_rows), Fetches>};

void multiply(const RowProduct& whole, std::int64_t begin, std::int64_t end) {
    const auto tiles_of_block =
        std::max<std::int64_t>(4, k_block / (k_tile_rows * std::max<std::int64_t>(whole.length, 1)));
    const auto block = tiles_of_block * k_tile_rows;
    for (std::int64_t row = 0; row < whole.rows; row += block) {
        const auto rows = std::min(block, whole.rows - row);
        for (auto column = begin; column < end; column += k_columns) {
            auto tile = whole;
            tile.x += row * whole.x_stride;
            tile.y += row * whole.y_stride;
            for (auto left = rows, tiles = (rows + k_tile_rows - 1) / k_tile_rows; tiles > 0; --tiles) {
                const auto some = (left + tiles - 1) / tiles;  // tiles of about equal height
                const auto& of_height = tiles == 1 ? k_tiles<true> : k_tiles<false>;
                of_height[static_cast<std::size_t>(some - 1)](tile, column, end);
                tile.x += some * whole.x_stride;
                tile.y += some * whole.y_stride;
                left -= some;
            }
        }
    }
}

/// e^x for x <= 0: 2^n times the series of what is left, |r| <= ln 2 / 2; zero below -87.
inline Lanes exponential(const Lanes& x) {
    const auto n = larger(rounded(x * Lanes::all(0x1.715476p+0F)), Lanes::all(-126));
    auto r = fused(n, Lanes::all(-0x1.62e4p-1F), x);  // ln 2 in two parts, the first of few bits
    r = fused(n, Lanes::all(-0x1.7f7d1cp-20F), r);
    auto series = Lanes::all(1.0F / 5040);
    for (const float one : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F})
        series = fused(series, r, Lanes::all(one));
    return where_below(x, Lanes::all(-87), Lanes::all(0), series * power_of_two(n));
}

inline float sum_of(const Lanes& x) {
    std::array<float, 4> found;
    sums(x, x, x, x, found.data());
    return found[0];
}

/// Scores become exponentials, those of what is not seen zero. @return their sum
inline float soften(float* scores, std::int64_t seen, std::int64_t positions, float scale) {
    constexpr float k_lowest = -std::numeric_limits<float>::infinity();
    const auto end = score_stride(positions);
    std::fill(scores + seen, scores + end, k_lowest);
    auto most = Lanes::all(k_lowest);
    for (std::int64_t j = 0; j < end; j += k_lanes) {
        const auto scaled = Lanes::load(scores + j) * Lanes::all(scale);
        scaled.store(scores + j);
        most = larger(scaled, most);
    }
    std::array<float, k_lanes> each;
    most.store(each.data());
    const auto largest = Lanes::all(*std::max_element(each.begin(), each.end()));
    auto sum = Lanes::all(0);
    for (std::int64_t j = 0; j < end; j += k_lanes) {
        const auto powers = exponential(Lanes::load(scores + j) - largest);
        powers.store(scores + j);
        sum = sum + powers;
    }
    return sum_of(sum);
}

/// out = sum over j of scores[j] v[j] / sum, for R rows and `columns` channels, at most four lots of lanes.
template <int Rows>
void weigh(const HeadAttention& at, std::int64_t row, std::int64_t column, const float* row_sums) {
    constexpr int k_lots = 4;
    const auto positions = at.seen + at.rows - 1, stride = score_stride(positions);
    const auto columns = std::min<std::int64_t>(k_lots * k_lanes, at.width - column);
    const bool is_whole = columns == k_lots * k_lanes;
    Lanes sum[Rows][k_lots];
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < k_lots; ++c) sum[r][c] = Lanes::all(0);
    for (std::int64_t j = 0; j < positions; ++j) {
        const float* const v = at.v + j * at.width + column;
        Lanes values[k_lots];
        for (int c = 0; c < k_lots; ++c) {
            const auto left = std::clamp<std::int64_t>(columns - c * k_lanes, 0, k_lanes);
            values[c] = is_whole ? Lanes::load(v + c * k_lanes) : Lanes::load_first(v + c * k_lanes, left);
        }
        for (int r = 0; r < Rows; ++r) {
            const auto weight = Lanes::all(at.scores[(row + r) * stride + j]);
            for (int c = 0; c < k_lots; ++c) sum[r][c] = fused(weight, values[c], sum[r][c]);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        float* const to = at.out + (row + r) * at.out_stride + column;
        for (int c = 0; c < k_lots && c * k_lanes < columns; ++c)
            (sum[r][c] / Lanes::all(row_sums[r]))
                .store_first(to + c * k_lanes, std::min<std::int64_t>(k_lanes, columns - c * k_lanes));
    }
}

void attend(const HeadAttention& at) {
    const auto positions = at.seen + at.rows - 1, stride = score_stride(positions);
    multiply({at.q, at.q_stride, at.rows, at.k, at.width, at.width, nullptr, at.scores, stride, false}, 0,
             positions);
    std::array<float, 3> row_sums;
    for (std::int64_t row = 0, rows = 0; row < at.rows; row += rows) {
        rows = std::min<std::int64_t>(3, at.rows - row);
        for (std::int64_t r = 0; r < rows; ++r)
            row_sums[static_cast<std::size_t>(r)] =
                soften(at.scores + (row + r) * stride, at.seen + row + r, positions, at.scale);
        for (std::int64_t column = 0; column < at.width; column += 4 * k_lanes) {
            if (rows == 3) weigh<3>(at, row, column, row_sums.data());
            if (rows == 2) weigh<2>(at, row, column, row_sums.data());
            if (rows == 1) weigh<1>(at, row, column, row_sums.data());
        }
    }
}

void rms_norm(const float* x, const float* weight, float eps, std::int64_t length, float* y) {
    auto squares = Lanes::all(0);
    for (std::int64_t i = 0; i < length; i += k_lanes) {
        const auto some = Lanes::load_first(x + i, std::min(k_lanes, length - i));
        squares = fused(some, some, squares);
    }
    const auto scale = Lanes::all(1 / std::sqrt(sum_of(squares) / static_cast<float>(length) + eps));
    for (std::int64_t i = 0; i < length; i += k_lanes) {
        const auto count = std::min(k_lanes, length - i);
        (Lanes::load_first(weight + i, count) * (Lanes::load_first(x + i, count) * scale))
            .store_first(y + i, count);
    }
}

void gate(const float* x, std::int64_t length, float* y) {
    const auto zero = Lanes::all(0), one = Lanes::all(1);
    for (std::int64_t i = 0; i < length; i += k_lanes) {
        const auto count = std::min(k_lanes, length - i);
        const auto value = Lanes::load_first(x + i, count), factor = Lanes::load_first(x + length + i, count);
        const auto power = exponential(where_below(value, zero, value, zero - value));  // of -|x|
        const auto sigmoid = where_below(value, zero, power, one) / (one + power);
        (value * sigmoid * factor).store_first(y + i, count);
    }
}

constexpr DecoderLoops k_loops = {multiply, attend, rms_norm, gate};
