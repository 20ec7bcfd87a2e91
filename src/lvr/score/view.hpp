// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::score {

/// Patches of a feature map.
struct Grid {
    std::int64_t rows = 0, columns = 0;
    std::int64_t size() const { return rows * columns; }
    friend bool operator==(const Grid&, const Grid&) = default;
};

struct ImageSize {
    std::int64_t width = 0, height = 0;
};

/// Side of the square, in pixels, in which errors are measured (ANNO_SIZE of the paper's code).
inline constexpr int k_frame = 840;

/// A picture scaled to k_frame along its long side and padded about its centre to a square.
struct PaddedFrame {
    explicit PaddedFrame(ImageSize image);

    double scale;  ///< frame pixels per picture pixel
    int offset_x = 0, offset_y = 0;

    float x(double pixel) const;  ///< rounded to float at each step, as the paper's code does
    float y(double pixel) const;
    std::array<double, 2> back(double frame_x, double frame_y) const;  ///< pixels of the picture
};

/// A place in a feature map, in patches from its upper left corner: the middle of the first patch is 0.5 in
/// an aligned view, and 0 is its number in both.
struct PatchPlace {
    double column = 0, row = 0;
};

/// How places in a picture and in its feature map correspond.
struct View {
    enum class Kind {
        published,  ///< as the paper's code: the map is taken for one of the padded frame, whatever it is of
        squashed,   ///< of the whole picture, each axis scaled by itself
        resized,    ///< resized in proportion (shortest edge) or to a size, then cropped about the centre
    };
    Kind kind = Kind::published;
    std::int64_t edge = 0;                         ///< resized: of the shortest edge; 0: see height, width
    std::int64_t height = 0, width = 0;            ///< resized: to exactly this, if edge is 0
    std::int64_t crop_height = 0, crop_width = 0;  ///< resized: 0: no crop
    std::int64_t patch_side = 0;  ///< resized: in the model's pixels; 0: all that is seen / grid

    /// The patch that holds a keypoint of an image. A place outside the map is put on its border;
    /// `is_outside` says where a crop has cut it off.
    /// @param x, y pixels of the picture
    std::int64_t patch(double x, double y, ImageSize image, Grid grid) const;
    /// The same in the map of the mirrored picture.
    std::int64_t mirrored_patch(double x, double y, ImageSize image, Grid grid) const;
    bool is_outside(double x, double y, ImageSize image, Grid grid) const;
    /// Whether a place is just behind the last patch, as that of the picture's right or lower edge may be.
    bool is_on_border(double x, double y, ImageSize image, Grid grid) const;

    /// Where a match lies, in the padded frame. @param column, row patch numbers, fractions between them
    std::array<float, 2> place(double column, double row, ImageSize image, Grid grid) const;

    core::Json to_json() const;

  private:
    PatchPlace patches_to(double x, double y, ImageSize image, Grid grid, bool mirrored) const;
};

/// Whether both see the same part of a picture in the same patches, up to the rounding of sizes.
bool is_same_cut(const View& a, const View& b, Grid grid);

/// The view that a feature folder's identity (manifest.json) tells of.
/// @param where the folder, for messages
/// @throws Error (input) if it does not say, or its parts saw different cuts of the picture
View view_of(const core::Json& identity, Grid grid, const std::string& where);
bool tells_view(const core::Json& identity);
/// Whether it tells of a picture that was not squashed whole.
bool tells_crop(const core::Json& identity, const std::string& where);

/// The patches of a feature folder's maps: as its identity says, as `wanted` ("24x18"), or a square.
/// @throws Error (input) if `tokens` patches are no such grid; (usage) for a `wanted` that is none
Grid grid_of(const core::Json& identity, std::int64_t tokens, const std::string& wanted,
             const std::string& where);

}  // namespace lvr::score
