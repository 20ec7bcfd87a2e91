// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/resize.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lvr::data {
namespace {

constexpr int k_precision = 22;  // bits behind the point of a weight: 32 - 8 - 2

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

/// Which source pixels make an output pixel, and how much each counts.
struct Taps {
    int first = 0;
    std::vector<std::int32_t> weights;  // fixed point
};

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
        const double fixed = weight * (1 << k_precision);
        taps.weights.push_back(static_cast<std::int32_t>(weight < 0 ? fixed - 0.5 : fixed + 0.5));
    }
    return taps;
}

std::vector<Taps> taps_of(int from, int to, Filter filter) {
    const double scale = static_cast<double>(static_cast<float>(from)) / to;
    std::vector<Taps> taps;
    for (int i = 0; i < to; ++i) taps.push_back(taps_at(i, from, scale, kernel_of(filter)));
    return taps;
}

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> k_precision, 0, 255));
}

constexpr std::int32_t k_half = 1 << (k_precision - 1);

Image resize_rows(const Image& image, int width, Filter filter) {
    const auto taps = taps_of(image.width, width, filter);
    Image out{width, image.height,
              std::vector<std::uint8_t>(static_cast<std::size_t>(width) * image.height * 3)};
    std::uint8_t* to = out.rgb.data();
    for (int y = 0; y < image.height; ++y) {
        const std::uint8_t* row = image.rgb.data() + static_cast<std::size_t>(y) * image.width * 3;
        for (const auto& tap : taps) {
            const std::uint8_t* from = row + tap.first * 3;
            std::int32_t red = k_half, green = k_half, blue = k_half;
            for (const auto weight : tap.weights) {
                red += from[0] * weight;
                green += from[1] * weight;
                blue += from[2] * weight;
                from += 3;
            }
            *to++ = to_byte(red);
            *to++ = to_byte(green);
            *to++ = to_byte(blue);
        }
    }
    return out;
}

Image resize_columns(const Image& image, int height, Filter filter) {
    const std::size_t stride = static_cast<std::size_t>(image.width) * 3;
    const auto taps = taps_of(image.height, height, filter);
    Image out{image.width, height, std::vector<std::uint8_t>(stride * height)};
    std::vector<std::int32_t> sums(stride);
    for (int y = 0; y < height; ++y) {
        const auto& tap = taps[static_cast<std::size_t>(y)];
        std::fill(sums.begin(), sums.end(), k_half);
        const std::uint8_t* from = image.rgb.data() + stride * tap.first;
        for (const auto weight :
             tap.weights) {  // row by row, so that the compiler vectorises over the columns
            for (std::size_t x = 0; x < stride; ++x) sums[x] += from[x] * weight;
            from += stride;
        }
        std::transform(sums.begin(), sums.end(), out.rgb.begin() + static_cast<std::ptrdiff_t>(stride * y),
                       to_byte);
    }
    return out;
}

}  // namespace

Filter filter_named(const std::string& name) {
    if (name == "box" || name == "4") return Filter::box;
    if (name == "bilinear" || name == "2") return Filter::bilinear;
    if (name == "bicubic" || name == "3") return Filter::bicubic;
    if (name == "lanczos" || name == "1") return Filter::lanczos;
    throw core::input_error("resize filter '" + name + "' is unknown",
                            "images would not be resized as the model expects",
                            "use box, bilinear, bicubic or lanczos (Pillow's 4, 2, 3, 1)");
}

std::string name_of(Filter filter) {
    switch (filter) {
        case Filter::box:
            return "box";
        case Filter::bilinear:
            return "bilinear";
        case Filter::bicubic:
            return "bicubic";
        case Filter::lanczos:
            return "lanczos";
    }
    core::ensure(false, "a filter without a name");
    return "";
}

Image resize(const Image& image, int width, int height, Filter filter, PassOrder order) {
    core::ensure(width >= 1 && height >= 1 && image.width >= 1 && image.height >= 1,
                 "resize from and to at least one pixel");
    if (width == image.width && height == image.height) return image;
    if (width == image.width) return resize_columns(image, height, filter);
    if (height == image.height) return resize_rows(image, width, filter);
    const int lower = image.height - height, narrower = image.width - width;
    const bool columns_first = order == PassOrder::pillow_13 && lower > 0 && lower > 2 * narrower;
    return columns_first ? resize_rows(resize_columns(image, height, filter), width, filter)
                         : resize_columns(resize_rows(image, width, filter), height, filter);
}

Image crop(const Image& image, int left, int top, int width, int height) {
    core::ensure(width >= 1 && height >= 1, "crop to at least one pixel");
    Image out{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3)};
    const int begin = std::max(left, 0), end = std::min(left + width, image.width);
    for (int y = std::max(top, 0); y < std::min(top + height, image.height) && begin < end; ++y) {
        const std::uint8_t* from = image.rgb.data() + (static_cast<std::size_t>(y) * image.width + begin) * 3;
        std::copy_n(from, (end - begin) * 3,
                    out.rgb.begin() + (static_cast<std::ptrdiff_t>(y - top) * width + (begin - left)) * 3);
    }
    return out;
}

}  // namespace lvr::data
