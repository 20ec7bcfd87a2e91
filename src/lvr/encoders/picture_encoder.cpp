// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/picture_encoder.hpp>

#include <ATen/ops/isfinite.h>
#include <c10/core/InferenceMode.h>

#include <map>
#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::encoders {
namespace {

using Views = std::vector<data::Image>;

[[noreturn]] void refuse(const std::vector<const PreparedImage*>& batch, const at::Tensor& features_BTC) {
    std::size_t bad = 0;
    while (bad + 1 < batch.size() &&
           at::isfinite(features_BTC[static_cast<std::int64_t>(bad)]).all().item<bool>())
        ++bad;
    throw core::input_error(batch[bad]->image + ": the encoder's features are not finite",
                            "it overflows in its dtype, or its weights are damaged",
                            "let the encoder compute in float32 or bfloat16 (dtype in its card)");
}

}  // namespace

PictureEncoder::PictureEncoder(std::shared_ptr<const Encoder> encoder, at::Device device)
    : encoder_(std::move(encoder)), views_({encoder_}), device_(device) {}

PreparedImage PictureEncoder::prepare(std::span<const std::uint8_t> bytes, const std::string& name) const {
    const auto views = std::make_shared<const Views>(views_.of(data::decode_image(bytes, name), name));
    PreparedImage prepared{name, views, {}};
    if (!device_.is_cpu()) return prepared;
    prepared.features_TC = encoded({&prepared})[0];
    prepared.views = nullptr;
    return prepared;
}

std::vector<at::Tensor> PictureEncoder::features(std::span<const PreparedImage> images,
                                                 at::ScalarType dtype) const {
    std::vector<const PreparedImage*> batch;  // those that are still to be encoded, each once
    std::map<const Views*, std::int64_t> row_of;
    for (const auto& image : images) {
        if (!image.views) continue;
        const auto row = static_cast<std::int64_t>(batch.size());
        if (row_of.emplace(image.views.get(), row).second) batch.push_back(&image);
    }
    at::Tensor encoded_BTC;
    if (!batch.empty()) encoded_BTC = encoded(batch).to(dtype);
    std::vector<at::Tensor> all;
    for (const auto& image : images) {
        if (image.views)
            all.push_back(encoded_BTC[row_of.at(image.views.get())]);
        else
            all.push_back(image.empty() ? at::Tensor() : image.features_TC.to(device_, dtype));
    }
    return all;
}

/// @return [B, T, C] on the device
at::Tensor PictureEncoder::encoded(const std::vector<const PreparedImage*>& batch) const {
    std::vector<at::Tensor> pixels;
    for (std::size_t input = 0; input < encoder_->inputs().size(); ++input) {
        std::vector<const data::Image*> views;
        for (const auto* image : batch) views.push_back(&(*image->views)[views_.view_of(0, input)]);
        pixels.push_back(stacked(views, device_));
    }
    const auto features_BTC = encoder_->encode(pixels);
    const c10::InferenceMode guard;
    if (!at::isfinite(features_BTC).all().item<bool>()) refuse(batch, features_BTC);
    return features_BTC;
}

}  // namespace lvr::encoders
