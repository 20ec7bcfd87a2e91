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
constexpr double k_rounding = 1e-9;          // of a place whose picture is 1 wide

/// The picture on its way into the model: scaled, then moved by the crop.
struct Axis {
    double scale;  ///< model pixels per picture pixel
    double begin;  ///< of the crop, in model pixels
    double size;   ///< of the crop
};

Axis axis(const View& view, std::int64_t side, std::int64_t exact, std::int64_t crop, ImageSize image) {
    std::int64_t resized = side;
    if (view.kind == View::Kind::resized && view.edge > 0)
        resized = view.edge * side / std::min(image.width, image.height);
    else if (view.kind == View::Kind::resized && exact > 0)
        resized = exact;
    const std::int64_t seen = view.kind == View::Kind::resized && crop > 0 ? crop : resized;
    const double begin = std::floor(static_cast<double>(resized - seen) / 2);
    return {static_cast<double>(resized) / static_cast<double>(side), begin, static_cast<double>(seen)};
}

Axis columns_axis(const View& view, ImageSize image) {
    return axis(view, image.width, view.width, view.crop_width, image);
}
Axis rows_axis(const View& view, ImageSize image) {
    return axis(view, image.height, view.height, view.crop_height, image);
}

double to_patches(const Axis& axis, double pixel, std::int64_t patches) {
    return (pixel * axis.scale - axis.begin) * static_cast<double>(patches) / axis.size;
}
double to_pixels(const Axis& axis, double patch, std::int64_t patches) {
    return (patch * axis.size / static_cast<double>(patches) + axis.begin) / axis.scale;
}

std::int64_t number(double place, std::int64_t patches) {
    return std::clamp(static_cast<std::int64_t>(std::trunc(place)), std::int64_t{0}, patches - 1);
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

void part_views(const core::Json& identity, std::vector<const core::Json*>& pixels) {
    if (!identity.is_object() || !identity.contains("encoder")) return;
    const auto& encoder = identity.at("encoder");
    if (encoder.contains("pixels")) pixels.push_back(&encoder.at("pixels"));
    if (encoder.contains("parts"))
        for (const auto& part : encoder.at("parts"))
            if (part.contains("pixels")) pixels.push_back(&part.at("pixels"));
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

View view_in(const core::Json& pixels, const std::string& where) {
    View view{.kind = View::Kind::resized};
    if (pixels.contains("shortest_edge")) view.edge = side_in(pixels.at("shortest_edge"), where);
    if (pixels.contains("resize")) {
        const auto [height, width] = sides_in(pixels.at("resize"), where);
        view.height = height;
        view.width = width;
        if (!pixels.contains("crop")) view = {.kind = View::Kind::squashed};
    }
    if (pixels.contains("crop")) {
        const auto [height, width] = sides_in(pixels.at("crop"), where);
        view.crop_height = height;
        view.crop_width = width;
        if (view.height > 0 && view.height == view.crop_height && view.width == view.crop_width)
            view = {.kind = View::Kind::squashed};
    }
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

std::int64_t View::published_patch(float frame_x, float frame_y, Grid grid) const {
    return number(published_place(frame_y, grid.rows), grid.rows) * grid.columns +
           number(published_place(frame_x, grid.columns), grid.columns);
}

std::int64_t View::mirrored_patch(double x, double y, ImageSize image, Grid grid) const {
    const PaddedFrame frame(image);
    if (kind == Kind::published)
        return published_patch(static_cast<float>(k_frame) - frame.x(x), frame.y(y), grid);
    return patch(static_cast<double>(image.width) - x, y, image, grid);
}

std::int64_t View::patch(double x, double y, ImageSize image, Grid grid) const {
    const PaddedFrame frame(image);
    if (kind == Kind::published) return published_patch(frame.x(x), frame.y(y), grid);
    return number(to_patches(rows_axis(*this, image), y, grid.rows), grid.rows) * grid.columns +
           number(to_patches(columns_axis(*this, image), x, grid.columns), grid.columns);
}

bool View::is_outside(double x, double y, ImageSize image) const {
    if (kind != Kind::resized) return false;
    const auto out = [](const Axis& axis, double pixel) {
        const double place = to_patches(axis, pixel, 1);
        return place < -k_rounding || place > 1 + k_rounding;
    };
    return out(columns_axis(*this, image), x) || out(rows_axis(*this, image), y);
}

std::array<float, 2> View::place(double column, double row, ImageSize image, Grid grid) const {
    if (kind == Kind::published)
        return {published_pixel(column, grid.columns), published_pixel(row, grid.rows)};
    const PaddedFrame frame(image);
    return {frame.x(to_pixels(columns_axis(*this, image), column + 0.5, grid.columns)),
            frame.y(to_pixels(rows_axis(*this, image), row + 0.5, grid.rows))};
}

core::Json View::to_json() const {
    if (kind == Kind::published) return "published";
    if (kind == Kind::squashed) return "aligned: whole picture, squashed";
    core::Json json;
    if (edge > 0) json["shortest_edge"] = edge;
    if (height > 0) json["resize"] = {height, width};
    if (crop_height > 0) json["crop"] = {crop_height, crop_width};
    return json;
}

bool tells_view(const core::Json& identity) {
    std::vector<const core::Json*> pixels;
    part_views(identity, pixels);
    return !pixels.empty();
}

View view_of(const core::Json& identity, const std::string& where) {
    std::vector<const core::Json*> pixels;
    part_views(identity, pixels);
    if (pixels.empty()) refuse_view(where, "does not say how its pictures were cut and resized");
    const View view = view_in(*pixels.front(), where);
    for (const auto* other : pixels)
        if (view_in(*other, where).to_json() != view.to_json())
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
    const bool agree = std::ranges::all_of(grids, [&](const Grid& one) { return one == grid; });
    if (grid.size() == tokens && tokens > 0 && agree) return grid;
    throw core::input_error(
        fmt::format("{}: {} tokens do not form a grid of {} x {} patches", where, tokens, grid.rows,
                    grid.columns),
        agree ? "which token lies where in the picture is not known"
              : "its encoders, or --grid and the features, speak of different grids",
        wanted.empty() ? "say which grid with --grid ROWSxCOLUMNS; tokens in turn of two encoders have none"
                       : "leave out --grid if the features say it themselves");
}

}  // namespace lvr::score
