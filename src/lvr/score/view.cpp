// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/view.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <lvr/core/error.hpp>

namespace lvr::score {
namespace {

constexpr std::int64_t k_most_side = 65536;  // pixels or patches; more is a mistake
constexpr double k_rounding = 1e-6;          // patches

/// The picture on its way into the model: scaled, then moved by the crop.
struct Axis {
    double scale;            ///< model pixels per picture pixel
    double begin;            ///< of the crop, in model pixels
    double patches, pixels;  ///< so many patches lie on so many of the model's pixels
};

/// What one axis is resized to, cropped to and cut into; 0 where a view does not say.
struct AxisCut {
    std::int64_t side, exact, crop, patches;
};

Axis axis(const View& view, const AxisCut& cut, ImageSize image) {
    const bool is_resized = view.kind == View::Kind::resized;
    std::int64_t resized = cut.side;
    if (is_resized && view.edge > 0)
        resized = view.edge * cut.side / std::min(image.width, image.height);
    else if (is_resized && cut.exact > 0)
        resized = cut.exact;
    const std::int64_t seen = is_resized && cut.crop > 0 ? cut.crop : resized;
    const bool has_side = is_resized && view.patch_side > 0;
    return {static_cast<double>(resized) / static_cast<double>(cut.side),
            std::floor(static_cast<double>(resized - seen) / 2),
            static_cast<double>(has_side ? 1 : cut.patches),
            static_cast<double>(has_side ? view.patch_side : seen)};
}

Axis columns_axis(const View& view, ImageSize image, Grid grid) {
    return axis(view, {image.width, view.width, view.crop_width, grid.columns}, image);
}
Axis rows_axis(const View& view, ImageSize image, Grid grid) {
    return axis(view, {image.height, view.height, view.crop_height, grid.rows}, image);
}

double to_patches(const Axis& axis, double pixel) {
    return (pixel * axis.scale - axis.begin) * axis.patches / axis.pixels;
}
double to_pixels(const Axis& axis, double place) {
    return (place * axis.pixels / axis.patches + axis.begin) / axis.scale;
}

std::int64_t number(double place, std::int64_t patches) {
    return std::clamp(static_cast<std::int64_t>(std::trunc(place)), std::int64_t{0}, patches - 1);
}

std::int64_t patch_at(const PatchPlace& place, Grid grid) {
    return number(place.row, grid.rows) * grid.columns + number(place.column, grid.columns);
}

/// float32(P / 840) * x in float32, as the paper's code does it.
double published_place(float frame, std::int64_t patches) {
    return static_cast<float>(static_cast<double>(patches) / k_frame) * frame;
}
float published_pixel(double patch, std::int64_t patches) {
    const double stride = static_cast<double>(k_frame) / static_cast<double>(patches);
    const float scaled = static_cast<float>(patch) * static_cast<float>(stride);
    return scaled + static_cast<float>(std::floor(stride / 2));
}

/// The encoders of a representation that say how their pictures were prepared.
std::vector<const core::Json*> encoders_in(const core::Json& identity) {
    std::vector<const core::Json*> encoders;
    const auto add = [&](const core::Json& one) {
        if (one.contains("pixels")) encoders.push_back(&one);
    };
    if (!identity.is_object() || !identity.contains("encoder")) return encoders;
    add(identity.at("encoder"));
    if (identity.at("encoder").contains("parts"))
        for (const auto& part : identity.at("encoder").at("parts")) add(part);
    return encoders;
}

[[noreturn]] void refuse_side(const core::Json& json, const std::string& where) {
    throw core::input_error(
        fmt::format("{}/manifest.json: {} is no number of pixels or patches", where, json.dump()),
        "which patch lies where in the picture is not known", "extract the features again");
}

/// A number of pixels or patches that a manifest names.
std::int64_t side_in(const core::Json& json, const std::string& where) {
    if (json.is_number_integer() && json >= 1 && json <= k_most_side) return json.get<std::int64_t>();
    refuse_side(json, where);
}

/// Height and width.
std::array<std::int64_t, 2> sides_in(const core::Json& json, const std::string& where) {
    if (!json.is_array() || json.size() != 2) refuse_side(json, where);
    return {side_in(json[0], where), side_in(json[1], where)};
}

View view_in(const core::Json& encoder, const std::string& where) {
    const auto& pixels = encoder.at("pixels");
    View view{.kind = View::Kind::resized};
    if (pixels.contains("shortest_edge")) view.edge = side_in(pixels.at("shortest_edge"), where);
    if (pixels.contains("resize")) {
        const auto [height, width] = sides_in(pixels.at("resize"), where);
        view.height = height;
        view.width = width;
    }
    if (pixels.contains("crop")) {
        const auto [height, width] = sides_in(pixels.at("crop"), where);
        view.crop_height = height;
        view.crop_width = width;
    }
    if (encoder.contains("model") && encoder.at("model").contains("patch"))
        view.patch_side = side_in(encoder.at("model").at("patch"), where);
    const auto is_whole = [&](std::int64_t exact, std::int64_t crop) {
        return exact > 0 && (crop == 0 || crop == exact) &&
               (view.patch_side == 0 || exact % view.patch_side == 0);
    };
    if (is_whole(view.height, view.crop_height) && is_whole(view.width, view.crop_width))
        return {.kind = View::Kind::squashed};
    return view;
}

std::int64_t whole_number(const std::string& text, const std::string& all) {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || value < 1 || value > k_most_side)
        throw core::usage_error("--grid '" + all + "' is no grid of patches", "", "e.g. --grid 24x18");
    return value;
}

std::vector<Grid> told_grids(const core::Json& identity, const std::string& where) {
    std::vector<Grid> grids;
    const auto add = [&](const core::Json& json) {
        const auto [rows, columns] = sides_in(json, where);
        grids.push_back({rows, columns});
    };
    if (!identity.is_object()) return grids;
    if (identity.contains("grid") && identity.at("grid").is_array()) add(identity.at("grid"));
    if (!identity.contains("encoder")) return grids;
    const auto& encoder = identity.at("encoder");
    const auto of_model = [&](const core::Json& one) {
        if (one.contains("model") && one.at("model").contains("grid")) add(one.at("model").at("grid"));
    };
    of_model(encoder);
    if (encoder.contains("parts"))
        for (const auto& part : encoder.at("parts")) of_model(part);
    return grids;
}

[[noreturn]] void refuse_view(const std::string& where, const std::string& problem) {
    throw core::input_error(where + ": " + problem, "keypoints cannot be put where the model saw them",
                            "choose --frame published, or --frame aligned for features of whole pictures "
                            "squashed to a square");
}

}  // namespace

PaddedFrame::PaddedFrame(ImageSize image)
    : scale(static_cast<double>(k_frame) / static_cast<double>(std::max(image.width, image.height))) {
    const auto width = static_cast<double>(image.width), height = static_cast<double>(image.height);
    const auto offset = [](double scaled) {  // nearbyint: to even, as numpy rounds
        return static_cast<int>((k_frame - static_cast<int>(std::nearbyint(scaled))) / 2.0);
    };
    if (image.height < image.width) offset_y = offset(k_frame * height / width);
    if (image.width < image.height) offset_x = offset(k_frame * width / height);
}

float PaddedFrame::x(double pixel) const {
    const float scaled = static_cast<float>(pixel) * static_cast<float>(scale);
    return scaled + static_cast<float>(offset_x);
}
float PaddedFrame::y(double pixel) const {
    const float scaled = static_cast<float>(pixel) * static_cast<float>(scale);
    return scaled + static_cast<float>(offset_y);
}
std::array<double, 2> PaddedFrame::back(double frame_x, double frame_y) const {
    return {(frame_x - offset_x) / scale, (frame_y - offset_y) / scale};
}

PatchPlace View::patches_to(double x, double y, ImageSize image, Grid grid, bool mirrored) const {
    if (kind == Kind::published) {
        const PaddedFrame frame(image);
        const float column = mirrored ? static_cast<float>(k_frame) - frame.x(x) : frame.x(x);
        return {published_place(column, grid.columns), published_place(frame.y(y), grid.rows)};
    }
    const double column = mirrored ? static_cast<double>(image.width) - x : x;
    return {to_patches(columns_axis(*this, image, grid), column),
            to_patches(rows_axis(*this, image, grid), y)};
}

std::int64_t View::mirrored_patch(double x, double y, ImageSize image, Grid grid) const {
    return patch_at(patches_to(x, y, image, grid, true), grid);
}

std::int64_t View::patch(double x, double y, ImageSize image, Grid grid) const {
    return patch_at(patches_to(x, y, image, grid, false), grid);
}

bool View::is_on_border(double x, double y, ImageSize image, Grid grid) const {
    const auto at = patches_to(x, y, image, grid, false);
    return std::abs(at.column - static_cast<double>(grid.columns)) < k_rounding ||
           std::abs(at.row - static_cast<double>(grid.rows)) < k_rounding;
}

bool View::is_outside(double x, double y, ImageSize image, Grid grid) const {
    if (kind != Kind::resized) return false;
    const auto at = patches_to(x, y, image, grid, false);
    const auto out = [](double place, std::int64_t patches) {
        return place < -k_rounding || place > static_cast<double>(patches) + k_rounding;
    };
    return out(at.column, grid.columns) || out(at.row, grid.rows);
}

std::array<float, 2> View::place(double column, double row, ImageSize image, Grid grid) const {
    if (kind == Kind::published)
        return {published_pixel(column, grid.columns), published_pixel(row, grid.rows)};
    const PaddedFrame frame(image);
    return {frame.x(to_pixels(columns_axis(*this, image, grid), column + 0.5)),
            frame.y(to_pixels(rows_axis(*this, image, grid), row + 0.5))};
}

bool is_same_cut(const View& a, const View& b, Grid grid) {
    if ((a.kind == View::Kind::published) != (b.kind == View::Kind::published)) return false;
    constexpr double k_slack = 0.25;  // of a patch: sizes are rounded to pixels
    const double last_column = static_cast<double>(grid.columns), last_row = static_cast<double>(grid.rows);
    for (const ImageSize image : {ImageSize{500, 375}, ImageSize{375, 500}, ImageSize{512, 512}}) {
        const double patch = static_cast<double>(k_frame) / std::max(last_column, last_row);
        for (const double share : {0.0, 0.5, 1.0}) {
            const auto one = a.place(share * last_column, share * last_row, image, grid);
            const auto other = b.place(share * last_column, share * last_row, image, grid);
            if (std::abs(one[0] - other[0]) > k_slack * patch) return false;
            if (std::abs(one[1] - other[1]) > k_slack * patch) return false;
        }
    }
    return true;
}

core::Json View::to_json() const {
    if (kind == Kind::published) return "published";
    if (kind == Kind::squashed) return "aligned: whole picture, squashed";
    core::Json json;
    if (edge > 0) json["shortest_edge"] = edge;
    if (height > 0) json["resize"] = {height, width};
    if (crop_height > 0) json["crop"] = {crop_height, crop_width};
    if (patch_side > 0) json["patch"] = patch_side;
    return json;
}

bool tells_view(const core::Json& identity) { return !encoders_in(identity).empty(); }

bool tells_crop(const core::Json& identity, const std::string& where) {
    return std::ranges::any_of(encoders_in(identity), [&](const core::Json* encoder) {
        return view_in(*encoder, where).kind == View::Kind::resized;
    });
}

View view_of(const core::Json& identity, Grid grid, const std::string& where) {
    const auto encoders = encoders_in(identity);
    if (encoders.empty()) refuse_view(where, "does not say how its pictures were cut and resized");
    const View view = view_in(*encoders.front(), where);
    for (const auto* other : encoders)
        if (!is_same_cut(view_in(*other, where), view, grid))
            refuse_view(where, "its encoders saw different cuts of the picture");
    return view;
}

Grid grid_of(const core::Json& identity, std::int64_t tokens, const std::string& wanted,
             const std::string& where) {
    const auto grids = told_grids(identity, where);
    Grid grid;
    if (!wanted.empty()) {
        const auto cross = wanted.find('x');
        if (cross == std::string::npos) whole_number("", wanted);
        grid = {whole_number(wanted.substr(0, cross), wanted),
                whole_number(wanted.substr(cross + 1), wanted)};
    } else if (!grids.empty()) {
        grid = grids.front();
    } else {
        const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(tokens))));
        grid = {side, side};
    }
    if (!wanted.empty() && grid.size() == tokens && !grids.empty() && !(grids.front() == grid))
        throw core::input_error(fmt::format("{}: its maps are of {} x {} patches, not {}", where,
                                            grids.front().rows, grids.front().columns, wanted),
                                "the features themselves say which token lies where", "leave out --grid");
    const bool agree = std::ranges::all_of(grids, [&](const Grid& one) { return one == grid; });
    if (grid.size() == tokens && tokens > 0 && agree) return grid;
    throw core::input_error(
        fmt::format("{}: {} tokens do not form a grid of {} x {} patches", where, tokens, grid.rows,
                    grid.columns),
        agree ? "which token lies where in the picture is not known"
              : "its encoders speak of different grids",
        wanted.empty() ? "say which grid with --grid ROWSxCOLUMNS; tokens in turn of two encoders have none"
                       : "leave out --grid if the features say it themselves");
}

}  // namespace lvr::score
