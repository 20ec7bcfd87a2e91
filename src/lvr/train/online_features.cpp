// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/isfinite.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/image_root.hpp>
#include <lvr/encoders/shared_views.hpp>
#include <lvr/train/image_features.hpp>

namespace lvr::train {
namespace {

using Views = std::vector<data::Image>;

class OnlineFeatures : public ImageFeatures {
  public:
    OnlineFeatures(std::shared_ptr<const encoders::Encoder> encoder, const std::string& folder,
                   at::Device device)
        : encoder_(std::move(encoder)), views_({encoder_}), root_(folder), device_(device) {}

    std::int64_t tokens() const override { return encoder_->tokens(); }
    std::int64_t channels() const override { return encoder_->channels(); }

    PreparedImage prepare(const std::string& image) const override {
        const auto bytes = root_.bytes(image, image);
        const auto views = std::make_shared<const Views>(views_.of(data::decode_image(bytes, image), image));
        PreparedImage prepared{image, views, {}};
        if (!device_.is_cpu()) return prepared;
        prepared.features_TC = encoded({&prepared})[0];
        prepared.views = nullptr;
        return prepared;
    }

    std::vector<at::Tensor> features(std::span<const PreparedImage> images,
                                     at::ScalarType dtype) const override {
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

    core::Json identity() const override { return {{"encoder", encoder_->identity()}, {"store", "float32"}}; }

  private:
    /// @return [B, T, C] on the device
    at::Tensor encoded(const std::vector<const PreparedImage*>& batch) const {
        std::vector<at::Tensor> pixels;
        for (std::size_t input = 0; input < encoder_->inputs().size(); ++input) {
            std::vector<const data::Image*> views;
            for (const auto* image : batch) views.push_back(&(*image->views)[views_.view_of(0, input)]);
            pixels.push_back(encoders::stacked(views, device_));
        }
        const auto features_BTC = encoder_->encode(pixels);
        const c10::InferenceMode guard;
        if (!at::isfinite(features_BTC).all().item<bool>()) refuse(batch, features_BTC);
        return features_BTC;
    }

    [[noreturn]] static void refuse(const std::vector<const PreparedImage*>& batch,
                                    const at::Tensor& features_BTC) {
        std::size_t bad = 0;
        while (bad + 1 < batch.size() &&
               at::isfinite(features_BTC[static_cast<std::int64_t>(bad)]).all().item<bool>())
            ++bad;
        throw core::input_error(batch[bad]->image + ": the encoder's features are not finite",
                                "it overflows in its dtype, or its weights are damaged",
                                "let the encoder compute in float32 or bfloat16 (dtype in its card)");
    }

    std::shared_ptr<const encoders::Encoder> encoder_;
    encoders::SharedViews views_;
    data::ImageRoot root_;
    at::Device device_;
};

}  // namespace

std::unique_ptr<const ImageFeatures> make_online_features(std::shared_ptr<const encoders::Encoder> encoder,
                                                          const std::filesystem::path& image_folder,
                                                          at::Device device) {
    return std::make_unique<OnlineFeatures>(std::move(encoder), image_folder.string(), device);
}

}  // namespace lvr::train
