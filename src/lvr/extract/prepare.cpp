// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/prepare.hpp>

namespace lvr::extract {
namespace {

std::vector<std::shared_ptr<const encoders::Encoder>> encoders_of(
    const std::vector<Representation>& representations) {
    std::vector<std::shared_ptr<const encoders::Encoder>> all;
    for (const auto& representation : representations) all.push_back(representation.encoder);
    return all;
}

}  // namespace

Preparation::Preparation(const data::Catalog& catalog, const std::vector<Representation>& representations,
                         bool flip)
    : catalog_(catalog), reader_(catalog), views_(encoders_of(representations)), flip_(flip) {}

Views Preparation::views(std::int64_t image) const {
    const auto& id = catalog_.ids[static_cast<std::size_t>(image)];
    const auto bytes = reader_.bytes(image);
    const auto picture = data::decode_image(bytes, id);
    Views views{.plain = views_.of(picture, id)};
    if (flip_) views.flipped = views_.of(encoders::mirrored(picture), id);
    return views;
}

}  // namespace lvr::extract
