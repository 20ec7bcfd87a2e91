// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>
#include <numeric>
#include <set>

#include <lvr/core/json.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/score/correspond_config.hpp>
#include <lvr/score/descriptors.hpp>
#include <lvr/score/keypoint_groups.hpp>
#include <lvr/score/pck.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::score;
using namespace lvr::test;
using Catch::Contains;

namespace {

core::Json golden_groups() {
    const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/geo_groups.json";
    return core::parse_json(core::read_text(file), file);
}

KeypointGroups of_two_or_more(const core::Json& groups) {
    KeypointGroups kept;
    for (const auto& group : groups)
        if (group.size() > 1) kept.push_back(group.get<std::vector<int>>());
    return kept;
}

std::vector<int> range(int first, int last) {
    std::vector<int> ids(static_cast<std::size_t>(last - first + 1));
    std::iota(ids.begin(), ids.end(), first);
    return ids;
}

std::vector<int> joined(std::vector<int> a, const std::vector<int>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Numbers in the order of the list, taken for positions in the sorted list of ids.
KeypointGroups renumbered_by_the_list(const core::Json& groups) {
    std::vector<int> used;
    for (const auto& group : groups) used = joined(used, group.get<std::vector<int>>());
    std::sort(used.begin(), used.end());
    KeypointGroups renumbered;
    std::size_t next = 0;
    for (const auto& group : groups) {
        std::vector<int> members;
        for (std::size_t i = 0; i < group.size(); ++i) members.push_back(used[next++]);
        if (members.size() > 1) renumbered.push_back(members);
    }
    return renumbered;
}

/// Pictures of the frame's size, each with some keypoints at (100, 100) and a box of 200 x 150.
class Set {
  public:
    Set() {
        spair_.root = "nowhere";
        spair_.split = "test";
        spair_.categories.emplace_back().name = "cat";
    }
    std::int64_t image(const std::vector<int>& visible) {
        auto& images = spair_.categories.back().images;
        auto& image = images.emplace_back();
        image.id = "cat/" + std::to_string(images.size());
        image.width = image.height = k_frame;
        image.box = {0, 0, 200, 150};
        for (const int id : visible) image.keypoints[id] = {100, 100, true};
        return static_cast<std::int64_t>(images.size()) - 1;
    }
    /// @param errors of the predictions, in pixels to the right, by raw id
    void pair(const std::vector<int>& source, const std::vector<int>& target,
              const std::map<int, float>& errors) {
        data::SpairPair pair;
        pair.source = image(source);
        pair.target = image(target);
        pair.source_width = pair.source_height = pair.target_width = pair.target_height = k_frame;
        pair.source_box = pair.target_box = {0, 0, 100, 80};
        spair_.categories.back().pairs.push_back(pair);
        auto& match = matches_.emplace_back();
        for (const auto& [id, error] : errors) match.places[id] = {100 + error, 100};
    }
    Pck score(const PckRule& rule) const { return score_matches(spair_, matches_, rule); }

    data::Spair spair_;
    std::vector<PairMatch> matches_;
};

/// Every ordered pair of `images` pictures; right where `is_right` says so.
struct Crowd {
    data::Spair spair;
    Pck pck;

    Crowd(std::int64_t images, bool (*is_right)(std::int64_t source, std::int64_t target)) {
        spair.categories.emplace_back().images.resize(static_cast<std::size_t>(images));
        for (std::int64_t s = 0; s < images; ++s)
            for (std::int64_t t = 0; t < images; ++t)
                if (s != t) pck.pairs.push_back({0, s, t, 1, {is_right(s, t) ? 1 : 0}, 0, {}});
    }
};

struct Made {
    std::string name;
    std::vector<float> values;  ///< [images, tokens, channels]
    std::int64_t tokens = 1, channels = 2;
    std::vector<std::string> ids = {"bus/a.jpg"};
    core::Json identity = nullptr;
    std::vector<float> flipped = {};
    std::vector<std::int8_t> status = {};
    bool is_bfloat16 = false;
};

std::vector<std::byte> stored(const std::vector<float>& values, bool is_bfloat16) {
    std::vector<std::byte> bytes;
    for (const float value : values) {
        const auto bits = std::bit_cast<std::array<std::byte, 4>>(value);
        bytes.insert(bytes.end(), bits.begin() + (is_bfloat16 ? 2 : 0), bits.end());
    }
    return bytes;
}

std::string make(const Folder& folder, const Made& made) {
    const auto path = folder / made.name;
    fs::create_directories(path);
    files::FeaturePart part;
    part.type = made.is_bfloat16 ? files::StorageType::bfloat16 : files::StorageType::float32;
    part.images = static_cast<std::int64_t>(made.ids.size());
    part.tokens = made.tokens;
    part.channels = made.channels;
    const auto values = stored(made.values, made.is_bfloat16),
               flipped = stored(made.flipped, made.is_bfloat16);
    part.values = values;
    part.flipped = flipped;
    part.image_ids = made.ids;
    part.status = made.status.empty() ? std::vector<std::int8_t>(made.ids.size()) : made.status;
    for (const auto status : part.status) part.reasons.emplace_back(status == 0 ? "" : "cut short");
    part.provenance = {{"config", {{"r", 1}}}};
    files::write_manifest(path, {.identity = made.identity, .items = part.images, .shard_size = 1000});
    files::write_feature_part(path / files::part_name(0), part);
    return path.string();
}

}  // namespace

TEST_CASE("keypoint groups by raw id are the published lists") {
    const auto golden = golden_groups();
    int categories = 0;
    for (const auto& [category, groups] : golden.at("geo_aware").items()) {
        INFO(category);
        CHECK(geo_groups(category) == of_two_or_more(groups));
        std::vector<int> used;
        for (const auto& group : groups) used = joined(used, group.get<std::vector<int>>());
        std::sort(used.begin(), used.end());
        CHECK(renumbered_geo_groups(category, used) == renumbered_by_the_list(groups));
        CHECK(mirror_pairs(category) == of_two_or_more(golden.at("flip_raw").at(category)));
        const std::set<std::string> wrong = {"bus", "car", "pottedplant", "tvmonitor"};
        CHECK((renumbered_geo_groups(category, used) != geo_groups(category)) == (wrong.count(category) > 0));
        ++categories;
    }
    CHECK(categories == 18);
    CHECK(geo_groups("unicorn").empty());
}

TEST_CASE("renumbered keypoint groups, worked by hand") {
    const auto four = [](int first) { return range(first, first + 3); };
    CHECK(renumbered_geo_groups("bus", joined(range(0, 7), range(10, 29))) ==
          KeypointGroups{{0, 1}, four(2), {6, 7}, four(10), four(14), four(18), four(22), four(26)});
    CHECK(renumbered_geo_groups("car", range(0, 29)) ==
          KeypointGroups{{0, 1}, four(2), {6, 7}, {8, 9}, four(10), four(14), four(18), four(22), four(26)});
    CHECK(renumbered_geo_groups("pottedplant", range(0, 8)) == KeypointGroups{four(0), {4, 5}, {6, 7}});
    CHECK(renumbered_geo_groups("tvmonitor", range(0, 15)) ==
          KeypointGroups{four(0), four(4), four(8), four(12)});
    // Of bus [4, 7] only 7 is in use: its number, 6, goes to a single one.
    CHECK(renumbered_geo_groups("bus", {0, 1, 2, 3, 5, 6, 7, 10, 13, 20, 23}) ==
          KeypointGroups{{0, 1}, {2, 3, 5, 6}, {10, 13, 20, 23}});
    CHECK(renumbered_geo_groups("bus", {0, 2}).empty());
}

TEST_CASE("a prediction is right if its error is below alpha times the threshold, not at it") {
    Set set;
    set.pair({0, 1, 2}, {0, 1, 2}, {{0, 50.0F}, {1, 49.99999F}, {2, 50.00001F}});
    const auto pck = set.score({.alpha = {0.5, 0.25}});
    CHECK(pck.pairs.at(0).right == std::vector<std::int64_t>{1, 0});
    CHECK(pck.categories.at(0).thresholds == std::vector<double>{100});  // the pair's box, longer side
    CHECK(pck.categories.at(0).used == std::vector<int>{0, 1, 2});
    // alpha is a float32 number, a little above 0.1: 10 pixels of 100 are within.
    Set at;
    at.pair({0, 1}, {0, 1}, {{0, 10.0F}, {1, 10.00001F}});
    CHECK(at.score({.alpha = {0.1}}).pairs.at(0).right == std::vector<std::int64_t>{1});
    Set picture;
    picture.pair({0, 1}, {0, 1}, {{0, 419.9999F}, {1, 420.0F}});
    CHECK(picture.score({.alpha = {0.5}, .is_box_threshold = false}).pairs.at(0).right.at(0) == 1);
}

TEST_CASE("means over pairs and over keypoints differ") {
    Set set;
    set.pair({0, 5}, {0, 6}, {{0, 1.0F}});
    set.pair({0, 1, 2}, {0, 1, 2}, {{0, 1.0F}, {1, 90.0F}, {2, 90.0F}});
    const auto by_image = set.score({.alpha = {0.1}});
    const auto by_keypoint = set.score({.alpha = {0.1}, .is_per_keypoint = true});
    CHECK(by_image.weighted.at(0) == Approx(2.0 / 3));
    CHECK(by_keypoint.weighted.at(0) == Approx(0.5));
    for (const auto* pck : {&by_image, &by_keypoint}) {
        CHECK(pck->categories.at(0).per_image.at(0) == Approx(2.0 / 3));
        CHECK(pck->categories.at(0).per_keypoint.at(0) == Approx(0.5));
        CHECK(pck->categories.at(0).points == 4);
        CHECK(pck->categories.at(0).used == std::vector<int>{0, 1, 2, 5, 6});
    }
    // Categories weigh as many pairs as they have.
    set.spair_.categories.emplace_back().name = "dog";
    set.pair({0}, {0}, {{0, 90.0F}});
    CHECK(set.score({.alpha = {0.1}}).weighted.at(0) == Approx((1 + 1.0 / 3 + 0) / 3));
    CHECK(set.score({.alpha = {0.1}, .is_per_keypoint = true}).weighted.at(0) == Approx(2.0 / 5));
}

TEST_CASE("the geo-aware subset: mutually visible members of groups of which the target shows two") {
    Set set;  // cat has [2, 3] and [9, 10, 11, 12]
    set.pair({0, 2, 9, 10}, {0, 2, 3, 9}, {{0, 1.0F}, {2, 15.0F}, {9, 1.0F}});  // 2, by the target's 3
    set.pair({9, 10, 12}, {9, 10, 12}, {{9, 1.0F}, {10, 99.0F}, {12, 1.0F}});
    set.pair({0, 2, 3}, {0, 2, 10}, {{0, 1.0F}, {2, 1.0F}});  // the source's 3 does not count
    const auto pck = set.score({.alpha = {0.1, 0.01}});
    CHECK(pck.pairs.at(0).geo_points == 1);
    CHECK(pck.pairs.at(1).geo_points == 3);
    CHECK(pck.pairs.at(2).geo_points == 0);
    CHECK(pck.geo_pairs == 2);
    // Over all categories by the image's own box, 200 pixels: 15 of them are near.
    CHECK(pck.geo_per_image.at(0) == Approx((1 + 2.0 / 3) / 2));
    CHECK(pck.geo_per_keypoint.at(0) == Approx(3.0 / 4));
    const auto& geo = pck.categories.at(0).geo;  // by the pair's box, 100 pixels
    CHECK(geo.points == 4);
    CHECK(geo.pck.at(0) == Approx(2.0 / 4));
    CHECK(geo.share_of_pairs == Approx(2.0 / 3));
    CHECK(geo.share_of_points == Approx(4.0 / 8));
    Set none;
    none.pair({0}, {0}, {{0, 1.0F}});
    CHECK(std::isnan(none.score({.alpha = {0.1}}).geo_per_image.at(0)));
}

TEST_CASE("bootstraps: by the seed, as wide as they should be") {
    const PckRule rule{.alpha = {0.1}};
    const Crowd half(
        21, [](std::int64_t s, std::int64_t t) { return (s + t) % 2 == 0; });  // 420 pairs, p = 0.476
    const double p = 200.0 / 420, expected = std::sqrt(p * (1 - p) / 420);
    const auto pairs = bootstrap_over_pairs(half.pck, rule, 2000, 1);
    CHECK(pairs.standard_error == Approx(expected).epsilon(0.08));
    CHECK(pairs.low == Approx(p - 1.96 * expected).margin(0.2 * expected));
    CHECK(pairs.high == Approx(p + 1.96 * expected).margin(0.2 * expected));
    const auto again = bootstrap_over_pairs(half.pck, rule, 2000, 1);
    CHECK(again.low == pairs.low);
    CHECK(again.standard_error == pairs.standard_error);
    CHECK(bootstrap_over_pairs(half.pck, rule, 2000, 2).standard_error != pairs.standard_error);

    // Whether a pair is right is its source's doing: there are 21 things to know, not 420.
    const Crowd sources(21, [](std::int64_t s, std::int64_t) { return s % 2 == 0; });
    const auto by_pairs = bootstrap_over_pairs(sources.pck, rule, 500, 1);
    const auto by_images = bootstrap_over_images(sources.spair, sources.pck, rule, 500, 1);
    CHECK(by_images.standard_error == Approx(std::sqrt(0.25 / 21)).epsilon(0.15));
    CHECK(by_images.standard_error > 3 * by_pairs.standard_error);
    CHECK(bootstrap_over_images(sources.spair, sources.pck, rule, 500, 1).high == by_images.high);
    CHECK(std::isnan(bootstrap_over_pairs(half.pck, rule, 0, 1).standard_error));
    CHECK(std::isnan(bootstrap_over_images(sources.spair, sources.pck, rule, 1, 1).low));
}

TEST_CASE("descriptors are unit rows, of two folders made unit twice") {
    const Folder folder("descriptors");
    const auto one = make(
        folder, {"one", {3, 4, 0, 0, 0, -2, 5, 0}, 4, 2, {"bus/a.jpg"}, nullptr, {0, 1, 1, 0, 1, 0, 1, 0}});
    const auto two = make(folder, {"two", {2, 0, 0, 1, 1, 0, 0, 1}, 4, 2, {"bus/a"}});
    Descriptors single({.features = one, .flipped = true});
    single.expect({"bus/a"});
    CHECK(single.grid() == Grid{2, 2});
    CHECK(single.unit("bus/a", false) == std::vector<float>{0.6F, 0.8F, 0, 0, 0, -1, 1, 0});
    CHECK(single.unit("bus/a", true) == std::vector<float>{0, 1, 1, 0, 1, 0, 1, 0});
    Descriptors both({.features = one, .features2 = two, .of_bfloat16 = Arithmetic::bfloat16});
    CHECK(both.arithmetic() == Arithmetic::float32);
    CHECK(both.channels() == 4);
    const auto row = both.unit("bus/a", false);
    const std::vector<double> expected = {0.6, 0.8, 1, 0, 0, 0, 0, 1, 0, -1, 1, 0, 1, 0, 0, 1};
    int checked = 0;
    for (std::size_t i = 0; i < row.size(); ++i, ++checked)
        CHECK(row[i] ==
              Approx(expected[i] / (i / 4 == 1 ? 1 : std::sqrt(2.0))));  // the second patch has a zero half
    CHECK(checked == 16);
    const auto brief = make(
        folder, {.name = "brief", .values = {1, 2, 3, 4}, .tokens = 1, .channels = 4, .is_bfloat16 = true});
    CHECK(Descriptors({.features = brief, .of_bfloat16 = Arithmetic::bfloat16}).arithmetic() ==
          Arithmetic::bfloat16);
    CHECK(Descriptors({.features = brief}).arithmetic() == Arithmetic::float32);
}

TEST_CASE("pictures' suffixes are no part of their names") {
    CHECK(without_picture_suffix("bus/2001_000000.jpg") == "bus/2001_000000");
    CHECK(without_picture_suffix("bus/a.JPEG") == "bus/a");
    CHECK(without_picture_suffix("bus/a.b.png") == "bus/a.b");
    CHECK(without_picture_suffix("v1.2/a") == "v1.2/a");
    CHECK(without_picture_suffix("bus/a.jpg.npy") == "bus/a.jpg.npy");
}

TEST_CASE("descriptors that cannot be had name folder and image") {
    const Folder folder("no_descriptors");
    const auto good = make(folder, {"good", {1, 0, 0, 1}, 1, 2, {"bus/a.jpg", "bus/b.jpg"}});
    const auto refusal = [&](const DescriptorSpec& spec, const std::vector<std::string>& ids = {}) {
        return input_message([&] {
            Descriptors descriptors(spec);
            if (!ids.empty()) descriptors.expect(ids);
            descriptors.unit("bus/a", false);
        });
    };
    CHECK_THAT(refusal({.features = (folder / "nowhere").string()}), Contains("nowhere"));
    CHECK_THAT(refusal({.features = good, .flipped = true}),
               Contains(good) && Contains("lvr-extract --flip"));
    CHECK_THAT(refusal({.features = good}, {"bus/a", "bus/c", "cat/d"}),
               Contains(good + ": lacks 2 of 3 images: bus/c, cat/d"));
    CHECK_THAT(refusal({.features = good}, {"cat/c", "cat/d"}),
               Contains("none of the 2 images") && Contains("bus/a.jpg") && Contains("another dataset"));
    const auto four = make(folder, {"four", std::vector<float>(8, 1.0F), 4, 2, {"bus/a"}});
    CHECK_THAT(refusal({.features = good, .features2 = four}),
               Contains(good + " has 1 x 1 patches, " + four + " has 2 x 2"));
    const auto twice = make(folder, {"twice", {1, 0, 0, 1}, 1, 2, {"bus/a.jpg", "bus/a.png"}});
    CHECK_THAT(refusal({.features = twice}), Contains("bus/a.jpg and bus/a.png"));
    const auto cut = make(folder, {"cut", {1, 0, NAN, NAN}, 1, 2, {"bus/a", "bus/b"}, nullptr, {}, {0, 3}});
    CHECK_THAT(refusal({.features = cut}, {"bus/a", "bus/b"}), Contains("bus/b (cut short)"));
    const auto nan = make(folder, {"nan", {1, NAN, 0, 1}, 1, 2, {"bus/a", "bus/b"}});
    CHECK_THAT(refusal({.features = nan}),
               Contains(nan + ": the features of bus/a hold values that are not finite"));
    const auto odd = make(folder, {"odd", std::vector<float>(6, 1.0F), 3, 2, {"bus/a"}});
    CHECK_THAT(refusal({.features = odd}), Contains(odd + ": 3 tokens do not form a grid"));
}

TEST_CASE("options of lvr-score correspond that make no sense") {
    using Change = std::function<void(CorrespondConfig&)>;
    const auto valid = [](const Change& change) {
        CorrespondConfig config;
        config.spair = "spair";
        config.features = {"a"};
        change(config);
        return config;
    };
    const std::vector<std::pair<std::string, Change>> refused = {
        {"--spair", [](auto& c) { c.spair = ""; }},
        {"--features", [](auto& c) { c.features.clear(); }},
        {"--features2",
         [](auto& c) {
             c.features2 = {"b", "c"};
         }},
        {"--window", [](auto& c) { c.window = -1; }},
        {"--temperature", [](auto& c) { c.temperature = 0; }},
        {"--temperature", [](auto& c) { c.temperature = 1e-60; }},
        {"--temperature", [](auto& c) { c.temperature = INFINITY; }},
        {"--temperature", [](auto& c) { c.temperature = NAN; }},
        {"--alpha", [](auto& c) { c.alpha.clear(); }},
        {"--alpha",
         [](auto& c) {
             c.alpha = {0.1, 0};
         }},
        {"--alpha", [](auto& c) { c.alpha = {NAN}; }},
        {"--bootstrap", [](auto& c) { c.bootstrap = -1; }},
        {"--draw", [](auto& c) { c.draw = {"4"}; }},
        {"--draw",
         [](auto& c) {
             c.draw = {"4x", "out"};
         }},
        {"--draw",
         [](auto& c) {
             c.draw = {"0", "out"};
         }},
        {"--draw",
         [](auto& c) {
             c.draw = {"99999999999999999999", "out"};
         }},
        {"--draw",
         [](auto& c) {
             c.draw = {"4", "out"}, c.features = {"a", "b"};
         }},
        {"--representation",
         [](auto& c) {
             c.representation = "r", c.features = {"a", "b"};
         }},
        {"--memory", [](auto& c) { c.memory = 1; }},
        {"--memory", [](auto& c) { c.memory = std::numeric_limits<std::int64_t>::max(); }},
        {"--threads", [](auto& c) { c.threads = -1; }},
        {"--threads", [](auto& c) { c.threads = 100000; }}};
    int checked = 0;
    for (const auto& [option, change] : refused) {
        CHECK_THAT(message_of(core::ErrorKind::usage, [&] { valid(change).validate(); }), Contains(option));
        ++checked;
    }
    CHECK(checked == 22);
    CHECK_NOTHROW(valid([](auto&) {}).validate());
    CHECK(valid([](auto& c) { c.draw = {"20", "out"}; }).pairs_to_draw() == 20);
}
