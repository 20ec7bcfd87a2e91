// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/resize.hpp>

#include <algorithm>

#include <lvr/data/resample.hpp>

namespace lvr::data {
namespace {

/// [begin, end) of output pixels along one axis.
struct Span {
    int begin = 0, end = 0;
};

/// The source pixels that these taps touch.
Span touched(const std::vector<Taps>& taps) {
    Span all{taps.front().first, taps.front().first};
    for (const auto& tap : taps) {
        all.begin = std::min(all.begin, tap.first);
        all.end = std::max(all.end, tap.first + static_cast<int>(tap.weights.size()));
    }
    return all;
}

std::vector<std::uint8_t> bytes_for(std::int64_t width, std::int64_t height) {
    return std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height));
}

/// One axis of a resize, and the part of its result that is wanted.
struct Axis {
    int from = 0, to = 0;
    Span wanted;

    bool is_same() const { return from == to; }
    std::vector<Taps> taps(Filter filter) const {
        return taps_of(from, to, wanted.begin, wanted.end, filter);
    }
};

/// Rows first: only the rows that the wanted ones are made of.
Image rows_then_columns(const Image& image, const Axis& x, const Axis& y, Filter filter) {
    auto down = y.taps(filter);
    const Span rows = touched(down);
    for (auto& tap : down) tap.first -= rows.begin;
    const auto along = x.taps(filter);
    Image between{static_cast<int>(along.size()), rows.end - rows.begin, {}};
    between.rgb = bytes_for(between.width, between.height);
    const Pixels in{image.rgb.data() + std::int64_t{3} * image.width * rows.begin, image.width,
                    between.height};
    resample_rows(in, along, between.rgb.data(), best_instructions());
    Image out{between.width, static_cast<int>(down.size()),
              bytes_for(between.width, static_cast<int>(down.size()))};
    resample_columns({between.rgb.data(), between.width, between.height}, down, out.rgb.data(),
                     best_instructions());
    return out;
}

Image rows_only(const Image& image, const Axis& x, Filter filter) {
    const auto along = x.taps(filter);
    Image out{static_cast<int>(along.size()), image.height,
              bytes_for(static_cast<int>(along.size()), image.height)};
    resample_rows({image.rgb.data(), image.width, image.height}, along, out.rgb.data(), best_instructions());
    return out;
}

Image columns_only(const Image& image, const Axis& y, Filter filter) {
    const auto down = y.taps(filter);
    Image out{image.width, static_cast<int>(down.size()),
              bytes_for(image.width, static_cast<int>(down.size()))};
    resample_columns({image.rgb.data(), image.width, image.height}, down, out.rgb.data(),
                     best_instructions());
    return out;
}

/// The wanted part of the resized image.
Image resized_part(const Image& image, const Axis& x, const Axis& y, const ResizeRule& rule) {
    if (x.is_same()) {
        const Image rows = y.is_same()
                               ? crop(image, 0, y.wanted.begin, image.width, y.wanted.end - y.wanted.begin)
                               : columns_only(image, y, rule.filter);
        return crop(rows, x.wanted.begin, 0, x.wanted.end - x.wanted.begin, rows.height);
    }
    if (y.is_same()) {
        const auto rows = y.wanted.end - y.wanted.begin;
        return rows_only(crop(image, 0, y.wanted.begin, image.width, rows), x, rule.filter);
    }
    const int lower = y.from - y.to, narrower = x.from - x.to;
    const bool columns_first = rule.order == PassOrder::pillow_13 && lower > 0 && lower > 2 * narrower;
    if (columns_first) return rows_only(columns_only(image, y, rule.filter), x, rule.filter);
    return rows_then_columns(image, x, y, rule.filter);
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

Image resize(const Image& image, int width, int height, const ResizeRule& rule) {
    return resize_part(image, width, height, {0, 0, width, height}, rule);
}

Image resize_part(const Image& image, int width, int height, const Box& box, const ResizeRule& rule) {
    core::ensure(width >= 1 && height >= 1 && image.width >= 1 && image.height >= 1 && box.width >= 1 &&
                     box.height >= 1,
                 "resize from and to at least one pixel");
    const auto inside = [](int begin, int size, int limit) {
        return Span{std::clamp(begin, 0, limit), std::clamp(begin + size, 0, limit)};
    };
    const Axis x{image.width, width, inside(box.left, box.width, width)};
    const Axis y{image.height, height, inside(box.top, box.height, height)};
    if (x.wanted.begin >= x.wanted.end || y.wanted.begin >= y.wanted.end)
        return {box.width, box.height, bytes_for(box.width, box.height)};
    Image part = resized_part(image, x, y, rule);
    if (part.width == box.width && part.height == box.height) return part;
    return crop(part, box.left - x.wanted.begin, box.top - y.wanted.begin, box.width, box.height);
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
