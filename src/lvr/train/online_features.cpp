// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <lvr/data/image_root.hpp>
#include <lvr/encoders/picture_encoder.hpp>
#include <lvr/train/image_features.hpp>

namespace lvr::train {
namespace {

class OnlineFeatures : public ImageFeatures {
  public:
    OnlineFeatures(std::shared_ptr<const encoders::Encoder> encoder, const std::string& folder,
                   at::Device device)
        : encoder_(std::move(encoder), device), root_(folder) {}

    std::int64_t tokens() const override { return encoder_.encoder().tokens(); }
    std::int64_t channels() const override { return encoder_.encoder().channels(); }

    PreparedImage prepare(const std::string& image) const override {
        return encoder_.prepare(root_.bytes(image, image), image);
    }

    std::vector<at::Tensor> features(std::span<const PreparedImage> images,
                                     at::ScalarType dtype) const override {
        return encoder_.features(images, dtype);
    }

    core::Json identity() const override {
        return {{"encoder", encoder_.encoder().identity()}, {"store", "float32"}};
    }

  private:
    encoders::PictureEncoder encoder_;
    data::ImageRoot root_;
};

}  // namespace

std::unique_ptr<const ImageFeatures> make_online_features(std::shared_ptr<const encoders::Encoder> encoder,
                                                          const std::filesystem::path& image_folder,
                                                          at::Device device) {
    return std::make_unique<OnlineFeatures>(std::move(encoder), image_folder.string(), device);
}

}  // namespace lvr::train
