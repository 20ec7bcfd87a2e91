// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/resample.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <lvr/data/resample_avx2.hpp>

namespace lvr::data {
namespace {

constexpr std::int32_t k_half = 1 << (k_weight_bits - 1);

struct Kernel {
    double (*weight)(double distance);
    double support;  // half width, in source pixels when not shrinking
};

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) { return std::max(0.0, 1.0 - std::fabs(x)); }

double bicubic(double x) {  // Keys, a = -0.5
    constexpr double a = -0.5;
    x = std::fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

Kernel kernel_of(Filter filter) {
    switch (filter) {
        case Filter::box:
            return {box, 0.5};
        case Filter::bilinear:
            return {bilinear, 1.0};
        case Filter::bicubic:
            return {bicubic, 2.0};
        case Filter::lanczos:
            return {lanczos, 3.0};
    }
    return {bicubic, 2.0};
}

Taps taps_at(int index, int from, double scale, const Kernel& kernel) {
    const double stretch = std::max(scale, 1.0);
    const double support = kernel.support * stretch;
    const double center = (index + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), from);
    std::vector<double> weights;
    double sum = 0;
    for (int pixel = first; pixel < end; ++pixel) {
        weights.push_back(kernel.weight((pixel - center + 0.5) * (1.0 / stretch)));
        sum += weights.back();
    }
    Taps taps{first, {}};
    for (double weight : weights) {
        if (sum != 0.0) weight /= sum;
        const double fixed = weight * (1 << k_weight_bits);
        taps.weights.push_back(static_cast<std::int32_t>(weight < 0 ? fixed - 0.5 : fixed + 0.5));
    }
    return taps;
}

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> k_weight_bits, 0, 255));
}

}  // namespace

std::vector<Taps> taps_of(int from, int to, int begin, int end, Filter filter) {
    const double scale = static_cast<double>(static_cast<float>(from)) / to;
    std::vector<Taps> taps;
    for (int i = begin; i < end; ++i) taps.push_back(taps_at(i, from, scale, kernel_of(filter)));
    return taps;
}

Instructions best_instructions() {
#if defined(__x86_64__)
    static const bool has_avx2 = __builtin_cpu_supports("avx2");
    return has_avx2 ? Instructions::avx2 : Instructions::plain;
#else
    return Instructions::plain;
#endif
}

void resample_pixel(const std::uint8_t* row, const Taps& taps, std::uint8_t* out) {
    const std::uint8_t* from = row + taps.first * 3;
    std::int32_t red = k_half, green = k_half, blue = k_half;
    for (const auto weight : taps.weights) {
        red += from[0] * weight;
        green += from[1] * weight;
        blue += from[2] * weight;
        from += 3;
    }
    out[0] = to_byte(red);
    out[1] = to_byte(green);
    out[2] = to_byte(blue);
}

void resample_column_bytes(const Pixels& in, const Taps& taps, std::int64_t begin, std::int64_t end,
                           std::uint8_t* out) {
    const std::int64_t stride = std::int64_t{3} * in.width;
    for (std::int64_t x = begin; x < end; ++x) {
        std::int32_t sum = k_half;
        const std::uint8_t* from = in.rgb + stride * taps.first + x;
        for (const auto weight : taps.weights) {
            sum += *from * weight;
            from += stride;
        }
        out[x] = to_byte(sum);
    }
}

void resample_rows(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out,
                   Instructions instructions) {
    if (instructions == Instructions::avx2) return resample_rows_avx2(in, taps, out);
    for (int y = 0; y < in.height; ++y) {
        const std::uint8_t* row = in.rgb + std::int64_t{3} * in.width * y;
        for (const auto& tap : taps) {
            resample_pixel(row, tap, out);
            out += 3;
        }
    }
}

void resample_columns(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out,
                      Instructions instructions) {
    if (instructions == Instructions::avx2) return resample_columns_avx2(in, taps, out);
    const std::int64_t stride = std::int64_t{3} * in.width;
    for (const auto& tap : taps) {
        resample_column_bytes(in, tap, 0, stride, out);
        out += stride;
    }
}

}  // namespace lvr::data
