// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <map>

#include <lvr/core/error.hpp>
#include <lvr/encoders/image_transform.hpp>

namespace lvr::encoders {
namespace {

using core::Json;

constexpr std::int64_t k_most_side = 16384;  // pixels; more is a mistake

/// One preprocessor_config.json, read key by key with messages that name the file.
class Reader {
  public:
    Reader(const Json& json, const std::string& where) : json_(json), where_(where) {
        if (!json.is_object()) fail("is not an object");
    }

    bool contains(const std::string& key) const { return json_.contains(key); }
    bool has(const std::string& key) const { return json_.contains(key) && !json_.at(key).is_null(); }

    /// null is not absent: it means no.
    bool flag(const std::string& key, bool otherwise) const {
        if (!json_.contains(key)) return otherwise;
        if (json_.at(key).is_null()) return false;
        if (!json_.at(key).is_boolean()) fail(key + " is neither true nor false");
        return json_.at(key).get<bool>();
    }

    double number(const std::string& key, double otherwise) const {
        if (!has(key)) return otherwise;
        if (!json_.at(key).is_number()) fail(key + " is not a number");
        return json_.at(key).get<double>();
    }

    std::string text(const std::string& key) const {
        if (!has(key)) return "";
        if (!json_.at(key).is_string()) fail(key + " is not a text");
        return json_.at(key).get<std::string>();
    }

    /// Three numbers, or one for all colours.
    std::array<double, 3> colours(const std::string& key, std::array<double, 3> otherwise) const {
        if (!has(key)) return otherwise;
        const Json& value = json_.at(key);
        if (value.is_number()) {
            const auto same = value.get<double>();
            return {same, same, same};
        }
        const bool is_three = value.is_array() && value.size() == 3 && value[0].is_number() &&
                              value[1].is_number() && value[2].is_number();
        if (!is_three) fail(key + " is not a list of three numbers");
        return {value[0].get<double>(), value[1].get<double>(), value[2].get<double>()};
    }

    const Json& value(const std::string& key) const { return json_.at(key); }

    std::int64_t pixels(const Json& value, const std::string& key) const {
        const bool is_size = value.is_number_integer() && value > 0 && value <= k_most_side;
        if (!is_size) fail(fmt::format("{} is not a number of pixels from 1 to {}", key, k_most_side));
        return value.get<std::int64_t>();
    }

    /// {"height": h, "width": w}, a list [h, w], or one number for both.
    PixelSize height_width(const std::string& key) const {
        const Json& size = json_.at(key);
        if (size.is_number()) return {pixels(size, key), pixels(size, key)};
        if (size.is_array() && size.size() == 2) return {pixels(size[0], key), pixels(size[1], key)};
        const bool both = size.is_object() && size.contains("height") && size.contains("width");
        if (!both) fail(key + " has no height and width");
        return {pixels(size.at("height"), key), pixels(size.at("width"), key)};
    }

    [[noreturn]] void fail(const std::string& problem) const {
        throw core::input_error(where_ + ": " + problem,
                                "the model would see other pixels than it was trained on",
                                "restore the snapshot's own preprocessor_config.json");
    }

  private:
    const Json& json_;
    std::string where_;
};

/// What a processor does where its file is silent (transformers 5.17).
struct Defaults {
    bool squash = false;  ///< without a size: both sides, not the shorter one
    bool crop = true;     ///< by default, and with a default size
    std::array<double, 3> mean, std;
};

constexpr std::array<double, 3> k_clip_mean = {0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> k_clip_std = {0.26862954, 0.26130258, 0.27577711};
constexpr std::array<double, 3> k_half = {0.5, 0.5, 0.5};
constexpr std::int64_t k_usual_size = 224;

Defaults defaults_of(const Reader& reader, const std::string& family) {
    std::string type = reader.text("image_processor_type");
    if (type.empty()) type = reader.text("feature_extractor_type");
    if (type.empty()) type = family;
    const auto is = [&](const char* name) { return type.starts_with(name); };
    if (is("CLIP") || type == "clip") return {false, true, k_clip_mean, k_clip_std};
    if (is("Siglip") || type == "siglip") return {true, false, k_half, k_half};
    if (is("Bit") || type == "dinov2") return {false, true, k_clip_mean, k_clip_std};
    reader.fail("the image processor " + type + " is not one that we know (CLIP, Siglip, Bit)");
}

void read_size(const Reader& reader, const Defaults& defaults, ImageGeometry& geometry) {
    using Resize = ImageGeometry::Resize;
    if (!reader.flag("do_resize", true)) return;
    if (reader.flag("use_square_size", false))
        reader.fail("use_square_size is a key that no encoder of ours follows");
    geometry.resize = defaults.squash ? Resize::exact : Resize::shortest_edge;
    geometry.edge = geometry.height = geometry.width = k_usual_size;
    if (!reader.has("size")) return;
    const Json& size = reader.value("size");
    if (size.is_object() && size.contains("shortest_edge")) {
        if (size.contains("longest_edge") && !size.at("longest_edge").is_null())
            reader.fail("size has a longest_edge, which no encoder of ours uses");
        geometry.resize = Resize::shortest_edge;
        geometry.edge = reader.pixels(size.at("shortest_edge"), "size");
    } else if (size.is_number() && !reader.flag("default_to_square", false)) {
        geometry.resize = Resize::shortest_edge;
        geometry.edge = reader.pixels(size, "size");
    } else {
        const auto both = reader.height_width("size");
        geometry.resize = Resize::exact;
        geometry.height = both.height;
        geometry.width = both.width;
    }
}

data::Filter filter_from(const Reader& reader) {
    if (!reader.contains("resample")) return data::Filter::bicubic;
    if (!reader.has("resample")) return data::Filter::bilinear;  // null
    const Json& value = reader.value("resample");
    if (!value.is_number_integer()) reader.fail("resample is not a number of Pillow's");
    return data::filter_named(std::to_string(value.get<std::int64_t>()));
}

Normalisation normalisation_from(const Reader& reader, const Defaults& defaults) {
    Normalisation result;
    result.rescale = reader.flag("do_rescale", true);
    result.factor = reader.number("rescale_factor", result.factor);
    result.normalise = reader.flag("do_normalize", true);
    result.mean = reader.colours("image_mean", defaults.mean);
    result.std = reader.colours("image_std", defaults.std);
    for (const double value : result.std) {
        if (!(std::abs(value) > 0)) reader.fail("image_std has a zero");
    }
    return result;
}

}  // namespace

ImageTransform transform_from(const Json& preprocessor, const std::string& family, const std::string& where) {
    const Reader reader(preprocessor, where);
    const Defaults defaults = defaults_of(reader, family);
    ImageTransform transform;
    read_size(reader, defaults, transform.geometry);
    if (reader.flag("do_center_crop", defaults.crop)) {
        if (!defaults.crop && !reader.has("crop_size"))
            reader.fail("do_center_crop is true, but there is no crop_size");
        const auto crop = reader.has("crop_size") ? reader.height_width("crop_size")
                                                  : PixelSize{k_usual_size, k_usual_size};
        transform.geometry.crop_height = crop.height;
        transform.geometry.crop_width = crop.width;
    }
    transform.geometry.filter = filter_from(reader);
    transform.normalisation = normalisation_from(reader, defaults);
    return transform;
}

}  // namespace lvr::encoders
