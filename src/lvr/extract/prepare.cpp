// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/prepare.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::extract {

Preparation::Preparation(const data::Catalog& catalog, const std::vector<Representation>& representations,
                         bool flip)
    : catalog_(catalog), reader_(catalog), flip_(flip) {
    for (const auto& representation : representations) {
        auto& views = view_of_.emplace_back();
        for (const auto& input : representation.encoder->inputs()) {
            const auto known = std::find_if(distinct_.begin(), distinct_.end(), [&](const auto& other) {
                return other.geometry == input.geometry && other.size == input.size;
            });
            views.push_back(static_cast<std::size_t>(known - distinct_.begin()));
            if (known == distinct_.end()) distinct_.push_back(input);
        }
    }
}

std::vector<data::Image> Preparation::all_views(const data::Image& picture, const std::string& id) const {
    std::vector<data::Image> views;
    for (const auto& input : distinct_) {
        views.push_back(encoders::apply(input.geometry, picture));
        const auto& view = views.back();
        if (view.height == input.size.height && view.width == input.size.width) continue;
        throw core::input_error(fmt::format("{}: is {} x {} pixels, the encoder takes {} x {}", id,
                                            view.width, view.height, input.size.width, input.size.height),
                                "its preprocessor_config.json does not resize or crop",
                                "resize the pictures, or use --size");
    }
    return views;
}

Views Preparation::views(std::int64_t image) const {
    const auto& id = catalog_.ids[static_cast<std::size_t>(image)];
    const auto bytes = reader_.bytes(image);
    const auto picture = data::decode_image(bytes, id);
    Views views{.plain = all_views(picture, id)};
    if (flip_) views.flipped = all_views(encoders::mirrored(picture), id);
    return views;
}

}  // namespace lvr::extract
