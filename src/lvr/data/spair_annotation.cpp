// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/spair_annotation.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>

namespace lvr::data {
namespace {

using core::Json;

constexpr const char* k_restore = "restore the file from SPair-71k's archive";
constexpr std::string_view k_picture_suffix = ".jpg";
/// Pixels along one edge: beyond this a size is a mistake, and products of two would not be exact.
constexpr std::int64_t k_largest_edge = 1 << 24;

/// One annotation file, whose fields are asked for by name and type.
class Annotation {
  public:
    explicit Annotation(const std::string& file)
        : file_(file), json_(core::parse_json(core::read_text(file), file)) {
        if (!json_.is_object()) throw wrong("is not a JSON object");
    }

    core::Error wrong(const std::string& what, const std::string& why = "") const {
        return core::input_error(file_ + ": " + what, why, k_restore);
    }

    const Json& field(const char* name) const {
        const auto found = json_.find(name);
        if (found == json_.end()) throw wrong(fmt::format("has no field \"{}\"", name));
        return *found;
    }

    std::string text(const char* name) const {
        const Json& value = field(name);
        if (!value.is_string()) throw wrong(fmt::format("\"{}\" is not a text", name));
        return value.get<std::string>();
    }

    std::int64_t size(const Json& value, const char* name) const {
        if (!value.is_number_integer()) throw wrong(fmt::format("\"{}\" is not a whole number", name));
        const double size = value.get<double>();
        if (!(size >= 1 && size <= static_cast<double>(k_largest_edge)))
            throw wrong(fmt::format("\"{}\" is {}, which no image has", name, value.dump()));
        return value.get<std::int64_t>();
    }

    /// Width and height of a list that begins with them.
    std::pair<std::int64_t, std::int64_t> sizes(const char* name) const {
        const Json& value = field(name);
        if (!value.is_array() || value.size() < 2)
            throw wrong(fmt::format("\"{}\" is not a list of width and height", name));
        return {size(value[0], name), size(value[1], name)};
    }

    double number(const Json& value, const std::string& name) const {
        if (!value.is_number()) throw wrong(fmt::format("{} has {} for a number", name, value.dump()));
        const double number = value.get<double>();
        if (!std::isfinite(number))
            throw wrong(fmt::format("{} has {}, which is no place in an image", name, value.dump()));
        return number;
    }

    double coordinate(const Json& value, const std::string& name) const {
        if (!value.is_number()) throw wrong(fmt::format("{} has {} for a number", name, value.dump()));
        const double number = value.get<double>();
        if (!std::isfinite(number) || number < 0)
            throw wrong(fmt::format("{} has {}, which is no place in an image", name, value.dump()));
        return number;
    }

    SpairBox box(const char* name) const {
        const Json& value = field(name);
        const std::string called = fmt::format("\"{}\"", name);
        if (!value.is_array() || value.size() != 4) throw wrong(called + " is not a list of four numbers");
        const SpairBox box{coordinate(value[0], called), coordinate(value[1], called),
                           coordinate(value[2], called), coordinate(value[3], called)};
        if (box.x2 <= box.x1 || box.y2 <= box.y1) {
            throw wrong(fmt::format("{} is {}, which is empty", called, value.dump()),
                        "nothing would count as near");
        }
        return box;
    }

    void expect_category(const std::string& category) const {
        const std::string said = text("category");
        if (said != category)
            throw wrong(fmt::format("is of the category \"{}\", but stands under \"{}\"", said, category));
    }

  private:
    const std::string& file_;
    Json json_;
};

SpairKeypoint read_keypoint(const Annotation& annotation, const Json& value, const std::string& called) {
    if (value.is_null()) return {};
    if (!value.is_array() || value.size() != 2)
        throw annotation.wrong(called + " is neither a list of two numbers nor null");
    return {annotation.number(value[0], called), annotation.number(value[1], called), true};
}

void read_keypoints(const Annotation& annotation, SpairImage& image) {
    const Json& all = annotation.field("kps");
    if (!all.is_object()) throw annotation.wrong("\"kps\" is not an object");
    if (all.size() != k_spair_keypoints) {
        throw annotation.wrong(
            fmt::format("\"kps\" has {} keypoints instead of {}", all.size(), k_spair_keypoints));
    }
    for (int id = 0; id < k_spair_keypoints; ++id) {
        const auto found = all.find(std::to_string(id));
        if (found == all.end()) throw annotation.wrong(fmt::format("\"kps\" has no keypoint \"{}\"", id));
        auto& keypoint = image.keypoints[static_cast<std::size_t>(id)];
        keypoint = read_keypoint(annotation, *found, fmt::format("keypoint {}", id));
    }
}

/// The name of an image without its suffix. It becomes part of paths.
std::string image_name(const Annotation& annotation, const char* field) {
    std::string name = annotation.text(field);
    const bool is_picture = name.size() > k_picture_suffix.size() && name.ends_with(k_picture_suffix);
    if (!is_picture || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        throw annotation.wrong(fmt::format("\"{}\" is \"{}\", not the name of a .jpg", field, name));
    name.resize(name.size() - k_picture_suffix.size());
    return name;
}

}  // namespace

SpairImage read_spair_image(const std::string& file, const std::string& category) {
    const Annotation annotation(file);
    annotation.expect_category(category);
    SpairImage image;
    image.width = annotation.size(annotation.field("image_width"), "image_width");
    image.height = annotation.size(annotation.field("image_height"), "image_height");
    image.box = annotation.box("bndbox");
    read_keypoints(annotation, image);
    return image;
}

SpairPairText read_spair_pair(const std::string& file, const std::string& category) {
    const Annotation annotation(file);
    annotation.expect_category(category);
    SpairPairText text;
    auto& pair = text.pair;
    text.source = image_name(annotation, "src_imname");
    text.target = image_name(annotation, "trg_imname");
    std::tie(pair.source_width, pair.source_height) = annotation.sizes("src_imsize");
    std::tie(pair.target_width, pair.target_height) = annotation.sizes("trg_imsize");
    pair.source_box = annotation.box("src_bndbox");
    pair.target_box = annotation.box("trg_bndbox");
    return text;
}

}  // namespace lvr::data
