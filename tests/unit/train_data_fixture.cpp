// SPDX-License-Identifier: Apache-2.0
#include "unit/train_data_fixture.hpp"

#include <catch2/catch.hpp>

#include <lvr/core/error.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::test {
namespace {

const std::filesystem::path k_golden = std::filesystem::path(LVR_SOURCE_DIR) / "tests/golden";

std::string joined(const std::vector<core::Json>& samples) {
    core::Json list = core::Json::array();
    for (const auto& sample : samples) list.push_back(sample);
    return list.dump(1);
}

}  // namespace

const std::vector<std::string> k_pictures = {"jpeg_420.jpg",    "jpeg_444.jpg",    "jpeg_grey.jpg",
                                             "jpeg_noise.jpg",  "png_rgb.png",     "png_palette.png",
                                             "webp_lossy.webp", "webp_alpha.webp", "png_grey16.png"};

std::filesystem::path golden_images() { return k_golden / "images"; }

std::shared_ptr<const encoders::Encoder> tiny_encoder() {
    static const auto encoder =
        encoders::build_encoder(encoders::card_for_snapshot((k_golden / "llava/llama/clip").string()), {});
    return encoder;
}

core::Json talk(const std::string& image, const std::vector<std::string>& turns) {
    core::Json sample = {{"id", "x"}};
    if (!image.empty()) sample["image"] = image;
    sample["conversations"] = core::Json::array();
    for (std::size_t i = 0; i < turns.size(); ++i)
        sample["conversations"].push_back({{"from", i % 2 == 0 ? "human" : "gpt"}, {"value", turns[i]}});
    return sample;
}

core::Json sound_talk(std::int64_t number, bool with_image) {
    std::string answer = "It is";
    for (std::int64_t i = 0; i < number % 7; ++i) answer += " very";
    const auto& picture = k_pictures[static_cast<std::size_t>(number) % k_pictures.size()];
    auto sample = with_image ? talk(picture, {"<image>\nWhat is it?", answer + " good."})
                             : talk("", {"How is it?", answer + " well.", "And now?", "Still."});
    sample["id"] = "s" + std::to_string(number);
    return sample;
}

ListFile::ListFile(const std::vector<core::Json>& samples) : ListFile(joined(samples)) {}

ListFile::ListFile(const std::string& text) { tree_.write("list.json", text); }

}  // namespace lvr::test
