// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/shared_views.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <lvr/core/error.hpp>

namespace lvr::encoders {

SharedViews::SharedViews(const std::vector<std::shared_ptr<const Encoder>>& encoders) {
    for (const auto& encoder : encoders) {
        auto& views = view_of_.emplace_back();
        for (const auto& input : encoder->inputs()) {
            const auto known = std::find_if(distinct_.begin(), distinct_.end(), [&](const auto& other) {
                return other.geometry == input.geometry && other.size == input.size;
            });
            views.push_back(static_cast<std::size_t>(known - distinct_.begin()));
            if (known == distinct_.end()) distinct_.push_back(input);
        }
    }
}

std::vector<data::Image> SharedViews::of(const data::Image& picture, const std::string& id) const {
    std::vector<data::Image> views;
    for (const auto& input : distinct_) {
        views.push_back(apply(input.geometry, picture));
        const auto& view = views.back();
        if (view.height == input.size.height && view.width == input.size.width) continue;
        throw core::input_error(fmt::format("{}: is {} x {} pixels, the encoder takes {} x {}", id,
                                            view.width, view.height, input.size.width, input.size.height),
                                "its preprocessor_config.json does not resize or crop",
                                "resize the pictures, or use --size");
    }
    return views;
}

at::Tensor stacked(const std::vector<const data::Image*>& images, at::Device device) {
    const auto& first = *images.front();
    if (images.size() == 1 && device.is_cpu()) {
        return at::from_blob(const_cast<std::uint8_t*>(first.rgb.data()), {1, first.height, first.width, 3},
                             at::kByte);
    }
    const auto pixels = at::empty({static_cast<std::int64_t>(images.size()), first.height, first.width, 3},
                                  at::TensorOptions().dtype(at::kByte).pinned_memory(device.is_cuda()));
    auto* out = pixels.mutable_data_ptr<std::uint8_t>();
    for (const auto* image : images) {
        std::memcpy(out, image->rgb.data(), image->rgb.size());
        out += image->rgb.size();
    }
    return pixels.to(device, at::kByte, /*non_blocking=*/true);
}

}  // namespace lvr::encoders
