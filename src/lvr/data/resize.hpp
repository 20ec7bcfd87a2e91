// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/image.hpp>

namespace lvr::data {

/// Filters by their Pillow names; preprocessor_config.json numbers them (`resample`) 4, 2, 3, 1.
enum class Filter { box, bilinear, bicubic, lanczos };

/// "bicubic" or "3" and so on. @throws core::Error (input) for any other text
Filter filter_named(const std::string& name);
std::string name_of(Filter filter);

/// Which axis is resampled first: the rounding in between makes it visible. Pillow 13 begins with the columns
/// where the height shrinks by more than twice what the width does (python-pillow/Pillow#9549); before, rows
/// always came first.
enum class PassOrder { pillow_13, rows_first };

struct ResizeRule {
    Filter filter = Filter::bicubic;
    PassOrder order = PassOrder::pillow_13;
};

/// Bit for bit what Pillow's Image.resize gives for RGB: antialiased and separable, one axis after the
/// other, rounded to bytes in between; weights in double precision, rounded to 22-bit fixed point (Pillow,
/// Resample.c).
/// @param width, height of the result, pixels, >= 1
Image resize(const Image& image, int width, int height, const ResizeRule& rule = {});

/// Pixels of an image, from (left, top) on; they may lie outside.
struct Box {
    int left = 0, top = 0, width = 0, height = 0;
};

/// crop(resize(image, width, height), box) without working out what is cut off.
Image resize_part(const Image& image, int width, int height, const Box& box, const ResizeRule& rule = {});

/// The part of `width` x `height` pixels from (left, top) on; what lies outside the image is black, as
/// Pillow's crop.
Image crop(const Image& image, int left, int top, int width, int height);

}  // namespace lvr::data
