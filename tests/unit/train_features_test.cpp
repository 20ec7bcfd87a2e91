// SPDX-License-Identifier: Apache-2.0
// Features that are computed and features that were written are the same.
#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/data/image_root.hpp>
#include <lvr/encoders/shared_views.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/train/image_features.hpp>

#include "unit/refusal.hpp"
#include "unit/train_data_fixture.hpp"
#include "unit/train_feature_folder.hpp"

using namespace lvr;
using namespace lvr::train;
using data::ImageError;
using test::refusal;
using test::says;

namespace {

std::unique_ptr<const ImageFeatures> online() {
    return make_online_features(test::tiny_encoder(), test::golden_images(), at::kCPU);
}

at::Tensor features_of(const ImageFeatures& source, const std::string& image,
                       at::ScalarType dtype = at::kFloat) {
    return source.features(std::vector{source.prepare(image)}, dtype).at(0);
}

}  // namespace

TEST_CASE("cached float32 features are the computed ones, bit for bit", "[train][features]") {
    const test::TemporaryTree tree;
    test::write_features(tree.root(), test::k_pictures);
    const auto computed = online(), cached = make_cached_features(tree.root(), at::kCPU);
    CHECK(computed->tokens() == 9);
    CHECK(cached->tokens() == 9);
    CHECK(computed->channels() == 24);
    CHECK(cached->channels() == 24);
    CHECK(computed->identity() == cached->identity());
    int compared = 0;
    for (const auto& image : test::k_pictures) {
        for (const auto dtype : {at::kFloat, at::kBFloat16}) {
            const auto one = features_of(*computed, image, dtype), other = features_of(*cached, image, dtype);
            CHECK(one.scalar_type() == dtype);
            CHECK(one.sizes() == at::IntArrayRef({9, 24}));
            CHECK(at::equal(one, other));
            ++compared;
        }
    }
    CHECK(compared == 18);
    CHECK_FALSE(
        at::equal(features_of(*cached, test::k_pictures[0]), features_of(*cached, test::k_pictures[1])));
}

TEST_CASE("a batch is encoded as its pictures are, each once", "[train][features]") {
    const auto source = online();
    const encoders::SharedViews views({test::tiny_encoder()});
    const data::ImageRoot root(test::golden_images().string());
    const auto waiting = [&](const std::string& image) -> PreparedImage {
        const auto picture = data::decode_image(root.bytes(image, image), image);
        return {image, std::make_shared<const std::vector<data::Image>>(views.of(picture, image)), {}};
    };
    const auto first = waiting("png_rgb.png"), second = waiting("jpeg_420.jpg");
    const std::vector<PreparedImage> batch = {first, {}, second, first, source->prepare("jpeg_420.jpg")};
    const auto features = source->features(batch, at::kFloat);
    REQUIRE(features.size() == 5);
    CHECK(at::equal(features[0], features_of(*source, "png_rgb.png")));
    CHECK_FALSE(features[1].defined());
    CHECK(at::equal(features[2], features[4]));
    CHECK(features[3].const_data_ptr() == features[0].const_data_ptr());
    CHECK(source->features(std::vector<PreparedImage>(2), at::kFloat).size() == 2);
}

TEST_CASE("parts of a fused encoder share what they see", "[train][features]") {
    const auto fused =
        encoders::fuse({test::tiny_encoder(), test::tiny_encoder()}, encoders::Fusion::channels, "twice");
    CHECK(encoders::SharedViews({fused}).of({100, 80, std::vector<std::uint8_t>(24000)}, "grey").size() == 1);
    const auto source = make_online_features(fused, test::golden_images(), at::kCPU);
    const auto twice = features_of(*source, "png_rgb.png"), once = features_of(*online(), "png_rgb.png");
    CHECK(source->channels() == 48);
    CHECK(at::equal(twice.narrow(1, 0, 24), once));
    CHECK(at::equal(twice.narrow(1, 24, 24), once));
}

TEST_CASE("pictures that cannot be used are said to be so alike", "[train][features]") {
    const std::vector<std::string> bad = {"bad_empty.jpg", "bad_text.jpg", "bad_truncated_png_rgb.png",
                                          "no.jpg"};
    const test::TemporaryTree tree;
    auto images = test::k_pictures;
    images.insert(images.begin() + 2, bad.begin(), bad.end());
    test::write_features(tree.root(), images);
    const auto computed = online(), cached = make_cached_features(tree.root(), at::kCPU);
    const auto outcome = [](const ImageFeatures& source, const std::string& image) {
        try {
            source.prepare(image);
        } catch (const ImageError& error) {
            return fmt::format("{} {}", static_cast<int>(error.reason()), error.what());
        }
        return std::string();
    };
    int compared = 0;
    for (const auto& image : bad) {
        CHECK(says(outcome(*computed, image), image));
        CHECK(outcome(*computed, image) == outcome(*cached, image));
        ++compared;
    }
    CHECK(compared == 4);
    CHECK(at::equal(features_of(*computed, images.back()), features_of(*cached, images.back())));
}

TEST_CASE("what is wrong with a folder is named", "[train][features]") {
    const test::TemporaryTree tree;
    test::write_features(tree.root() / "good", test::k_pictures);
    const auto cached = make_cached_features(tree.root() / "good", at::kCPU);
    const auto said = refusal([&] { cached->prepare("other/a.jpg"); });
    CHECK(says(said, (tree.root() / "good").string() + ": holds no features of other/a.jpg"));
    CHECK_THROWS_AS(cached->prepare("other/a.jpg"), core::Error);
    const auto opened = [&](const std::string& name) {
        return refusal([&] { make_cached_features(tree.root() / name, at::kCPU); });
    };
    CHECK(says(opened("none"), (tree.root() / "none").string()));
    test::write_features(tree.root() / "projected", test::k_pictures, {.projected = true});
    CHECK(says(opened("projected"), "went through a projector"));
    std::filesystem::remove(tree.root() / "good/part-000001.h5");
    CHECK(says(opened("good"), "part-000001.h5: is missing"));
    CHECK(says(refusal([&] { make_online_features(test::tiny_encoder(), tree.root() / "none", at::kCPU); }),
               "no such folder"));
}

TEST_CASE("features that are not finite are an error of the run", "[train][features]") {
    const test::TemporaryTree tree;
    test::write_features(tree.root(), test::k_pictures, {.not_finite = 3});
    const auto cached = make_cached_features(tree.root(), at::kCPU);
    CHECK_NOTHROW(cached->prepare(test::k_pictures[2]));
    CHECK(says(refusal([&] { cached->prepare(test::k_pictures[3]); }),
               fmt::format("the features of {} are not finite", test::k_pictures[3])));
}

TEST_CASE("features that were rounded say so", "[train][features]") {
    const test::TemporaryTree tree;
    test::write_features(tree.root(), test::k_pictures, {.type = files::StorageType::float16});
    const auto cached = make_cached_features(tree.root(), at::kCPU);
    CHECK(cached->identity()["store"] == "float16");
    CHECK(cached->identity() != online()->identity());
    const auto rounded = features_of(*online(), test::k_pictures[4]).to(at::kHalf).to(at::kFloat);
    CHECK(at::equal(features_of(*cached, test::k_pictures[4]), rounded));
}
