// SPDX-License-Identifier: Apache-2.0
// What a preprocessor_config.json means, key by key (tests/reference/README.md).
#include <catch2/catch.hpp>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/encoders/image_transform.hpp>

using namespace lvr;
using encoders::ImageGeometry;

namespace {

encoders::ImageTransform transform(const std::string& text, const std::string& family = "clip") {
    return encoders::transform_from(core::parse_json(text, "test"), family, "here");
}

}  // namespace

TEST_CASE("a silent file has its processor's defaults", "[preprocessor]") {
    const auto clip = transform("{}");
    CHECK(clip.geometry.resize == ImageGeometry::Resize::shortest_edge);
    CHECK(clip.geometry.edge == 224);
    CHECK(clip.geometry.crop_height == 224);
    CHECK(clip.normalisation.mean[0] == 0.48145466);
    const auto siglip = transform("{}", "siglip");
    CHECK(siglip.geometry.resize == ImageGeometry::Resize::exact);
    CHECK(siglip.geometry.crop_height == 0);
    CHECK(siglip.normalisation.std[2] == 0.5);
    CHECK(transform("{}", "dinov2").normalisation.mean[0] == 0.48145466);
    CHECK(transform(R"({"image_processor_type": "SiglipImageProcessorFast"})").geometry.crop_height == 0);
    CHECK(transform(R"({"feature_extractor_type": "CLIPFeatureExtractor"})", "siglip").geometry.crop_height ==
          224);
}

TEST_CASE("sizes are numbers, lists or objects", "[preprocessor]") {
    CHECK(transform(R"({"size": 99})").geometry.edge == 99);
    const auto square = transform(R"({"size": 99, "default_to_square": true})").geometry;
    CHECK(square.resize == ImageGeometry::Resize::exact);
    CHECK(square.width == 99);
    const auto list = transform(R"({"size": [30, 40], "crop_size": [10, 20]})").geometry;
    CHECK(list.height == 30);
    CHECK(list.width == 40);
    CHECK(list.crop_height == 10);
    CHECK(list.crop_width == 20);
    CHECK(transform(R"({"size": {"shortest_edge": 7}})").geometry.edge == 7);
}

TEST_CASE("null is not absent", "[preprocessor]") {
    CHECK(transform(R"({"do_resize": null})").geometry.resize == ImageGeometry::Resize::none);
    CHECK(transform(R"({"do_center_crop": null})").geometry.crop_height == 0);
    CHECK(transform(R"({"resample": null})").geometry.filter == data::Filter::bilinear);
    CHECK_FALSE(transform(R"({"do_normalize": null})").normalisation.normalise);
}

TEST_CASE("what is wrong or of another processor is refused with the file's name", "[preprocessor]") {
    for (const char* text :
         {R"({"size": "224"})", R"({"size": 0})", R"({"size": {"height": 4}})", R"({"resample": 5})", R"([])",
          R"({"size": {"shortest_edge": 5, "longest_edge": 9}})", R"({"image_mean": [1, 2]})",
          R"({"image_std": [1, 0, 1]})", R"({"do_resize": 1})", R"({"use_square_size": true})",
          R"({"image_processor_type": "DPTImageProcessor"})", R"({"size": 1e9})"}) {
        INFO(text);
        CHECK_THROWS_AS(transform(text), core::Error);
    }
    CHECK_THROWS_WITH(transform(R"({"size": "224"})"), Catch::Contains("here: size"));
}

TEST_CASE("another input size keeps the view", "[preprocessor]") {
    const auto scaled = encoders::scaled_to(transform(R"({"size": 256})", "dinov2").geometry, 448);
    CHECK(scaled.edge == 512);
    CHECK(scaled.crop_height == 448);
    CHECK(encoders::scaled_to(transform("{}", "siglip").geometry, 256).height == 256);
}
