// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/data/image.hpp>

namespace lvr::data {

/// Filters by their Pillow names; preprocessor_config.json numbers them (`resample`) 4, 2, 3, 1.
enum class Filter { box, bilinear, bicubic, lanczos };

/// "bicubic" or "3" and so on. @throws core::Error (input) for any other text
Filter filter_named(const std::string& name);

/// Bit for bit what Pillow's Image.resize gives for RGB: antialiased and separable, first along rows, then along columns,
/// rounded to bytes in between; weights in double precision, rounded to 22-bit fixed point (Pillow, Resample.c).
/// @param width, height of the result, pixels, >= 1
Image resize(const Image& image, int width, int height, Filter filter);

/// The part of `width` x `height` pixels from (left, top) on; what lies outside the image is black, as Pillow's crop.
Image crop(const Image& image, int left, int top, int width, int height);

}  // namespace lvr::data
