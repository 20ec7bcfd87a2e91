// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>

#include <lvr/score/align_config.hpp>
#include <lvr/score/align_images.hpp>
#include <lvr/score/align_report.hpp>

#include "files_fixture.hpp"
#include "golden_folder.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using score::AlignConfig;

namespace {

/// Folders of twenty images of four tokens.
class Folders {
  public:
    explicit Folders(const std::string& name) : folder_(name) {
        make("good");
        make("reference", {{"shift", "3"}});
    }

    std::string make(const std::string& name, std::map<std::string, std::string> options = {}) const {
        options.try_emplace("channels", "16");
        options.try_emplace("images", "20");
        write_golden_folder({at(name), {"", 3, 4}, options});
        return at(name);
    }
    std::string at(const std::string& name) const { return (folder_ / name).string(); }

    AlignConfig config(const std::vector<std::string>& references = {"reference"},
                       const std::string& features = "good") const {
        AlignConfig config;
        config.features = {at(features)};
        for (const auto& reference : references) config.reference.push_back(at(reference));
        return config;
    }
    std::string list(const std::string& text) const {
        std::ofstream(folder_ / "ids") << text;
        return at("ids");
    }

  private:
    Folder folder_;
};

std::string refusal(const AlignConfig& config) {
    return input_message([&] { score::match_images(config); });
}

std::string usage_of(AlignConfig config, void (*change)(AlignConfig&)) {
    change(config);
    return message_of(core::ErrorKind::usage, [&] { config.validate(); });
}

}  // namespace

TEST_CASE("Options of align that make no sense together", "[score][align]") {
    AlignConfig plain;
    plain.features = {"a"};
    plain.reference = {"b"};
    CHECK_NOTHROW(plain.validate());
    CHECK_THAT(usage_of(plain, [](auto& c) { c.features.clear(); }), Contains("no features given"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.reference.clear(); }), Contains("no reference given"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.ids = "x", c.n = 3; }), Contains("--ids and --n"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.n = -1; }), Contains("--n must not be negative"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.loglik = "x"; }), Contains("--loglik is for"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.average = "token"; }), Contains("--average is for"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.bf16_emulation = true, c.precision = "float32"; }),
               Contains("precision of its own"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.bf16_emulation = true, c.device = "cuda"; }),
               Contains("on the CPU"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.features.push_back("c"), c.representation = "x"; }),
               Contains("--representation is for one"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.threads = -2; }), Contains("--threads must not be negative"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.definition = "loglik"; }), Contains("no log-likelihoods"));
    CHECK_THAT(usage_of(plain, [](auto& c) { c.definition = "loglik", c.loglik = "x"; }),
               Contains("are for --definition cosine"));
    CHECK_THAT(
        usage_of({}, [](auto& c) { c.definition = "loglik", c.loglik = "x", c.precision = "float32"; }),
        Contains("--precision"));
}

TEST_CASE("Images are matched by their ids, whatever their order", "[score][align]") {
    const Folders folders("align_order");
    const auto matched = score::match_images(folders.config());
    REQUIRE(matched.size() == 1);
    const auto& one = matched[0];
    CHECK(one.features.name == "good");
    CHECK(one.references[0].name == "reference");
    REQUIRE(one.image_ids.size() == 20);
    CHECK(std::is_sorted(one.image_ids.begin(), one.image_ids.end()));
    for (std::size_t i = 0; i < 20; ++i) {
        const auto image = std::stoll(one.image_ids[i].substr(6));
        CHECK(one.features.rows[i] == image - 1);
        CHECK(one.references[0].rows[i] == (image - 1 - 3 + 20) % 20);
    }
}

TEST_CASE("A sample depends on its seed and the images that all have", "[score][align]") {
    const Folders folders("align_sample");
    folders.make("fewer", {{"drop", "class/7.jpg"}, {"shard", "3"}});
    auto config = folders.config({"reference", "fewer"});
    config.n = 19;
    const auto all = score::match_images(config)[0].image_ids;
    CHECK(std::ranges::count(all, "class/7.jpg") == 0);
    config.n = 8;
    const auto sample = score::match_images(config)[0].image_ids;
    CHECK(sample.size() == 8);
    CHECK(std::ranges::includes(all, sample));
    std::swap(config.reference[0], config.reference[1]);
    CHECK(score::match_images(config)[0].image_ids == sample);
    config.seed = 1;
    CHECK(score::match_images(config)[0].image_ids != sample);
    config.n = 20;
    CHECK_THAT(refusal(config), Contains("have 19 usable images in common"));
}

TEST_CASE("A list of images", "[score][align]") {
    const Folders folders("align_list");
    auto config = folders.config();
    config.ids = folders.list("class/20.jpg\r\n\nclass/7.jpg\nclass/100.jpg");
    CHECK_THAT(refusal(config), Contains("good lacks 1 image: 'class/100.jpg'"));
    config.ids = folders.list("class/20.jpg\r\n\nclass/7.jpg");
    CHECK(score::match_images(config)[0].image_ids ==
          std::vector<std::string>{"class/20.jpg", "class/7.jpg"});
    config.ids = folders.list("class/1.jpg\nclass/2.jpg\nclass/1.jpg\nclass/1.jpg\n");
    CHECK_THAT(refusal(config), Contains("ids names more than once 1 image: 'class/1.jpg'"));
    config.ids = folders.list("\n\r\n");
    CHECK_THAT(refusal(config), Contains("ids names no image"));
    config.ids = folders.at("no_such_list");
    CHECK_THAT(refusal(config), Contains("no_such_list"));
}

TEST_CASE("Folders that do not match are refused, and the images named", "[score][align]") {
    const Folders folders("align_refused");
    folders.make("fewer", {{"drop", "class/7.jpg"}});
    CHECK_THAT(refusal(folders.config({"reference", "fewer"})),
               Contains("fewer lacks 1 image: 'class/7.jpg'"));
    CHECK_THAT(refusal(folders.config({"reference"}, "fewer")),
               Contains("fewer lacks 1 image: 'class/7.jpg'"));
    folders.make("more", {{"images", "30"}});
    CHECK_THAT(
        refusal(folders.config({"more"})),
        Contains("good lacks 10 images: 'class/21.jpg', 'class/22.jpg', 'class/23.jpg', 'class/24.jpg', "
                 "'class/25.jpg' and 5 more"));
    folders.make("twice", {{"twice", "class/4.jpg"}});
    CHECK_THAT(refusal(folders.config({"twice"})),
               Contains("twice names more than once 1 image: 'class/4.jpg'"));
    folders.make("narrow", {{"channels", "8"}});
    CHECK_THAT(refusal(folders.config({"reference", "narrow"})),
               Contains("good has 16 channels, the reference") && Contains("narrow has 8"));
    folders.make("empty", {{"images", "0"}});
    CHECK_THAT(refusal(folders.config({"empty"})), Contains("empty: holds no images"));
    CHECK_THAT(refusal(folders.config({"nowhere"})), Contains("nowhere"));

    folders.make("unread", {{"status", "class/11.jpg"}});
    auto unread = folders.config({"unread"});
    CHECK_THAT(refusal(unread), Contains("unread has no features of 1 image: 'class/11.jpg (damaged)'"));
    unread.ids = folders.list("class/1.jpg\nclass/11.jpg\n");
    CHECK_THAT(refusal(unread), Contains("class/11.jpg (damaged)"));
    unread.ids = folders.list("class/1.jpg\n");
    CHECK(score::match_images(unread).size() == 1);
}

TEST_CASE("References of one name are told apart by the folders above them", "[score][align]") {
    const Folders folders("align_names");
    for (const char* name : {"a/x/clip", "a/y/clip", "b/x/clip", "dino"}) folders.make(name);
    const auto matched = score::match_images(folders.config({"a/x/clip/", "a/y/clip", "b/x/clip", "dino"}));
    std::vector<std::string> names;
    for (const auto& reference : matched[0].references) names.push_back(reference.name);
    CHECK(names == std::vector<std::string>{"a/x/clip", "y/clip", "b/x/clip", "dino"});
    CHECK_THAT(message_of(core::ErrorKind::usage,
                          [&] {
                              score::match_images(folders.config({"dino", "a/../dino/"}));
                          }),
               Contains("is given twice"));
}

TEST_CASE("Means and the standard error of scores", "[score][align]") {
    score::Alignment alignment;
    alignment.features.name = "mine";
    alignment.references = {{"", "one", "", {}}, {"", "two", "", {}}};
    alignment.image_ids = {"a", "b", "c"};
    const auto report = score::report_of(alignment, {1, 3, 2, 4, 6, 8}, {{"definition", "cosine"}});
    CHECK(report.references == std::vector<std::pair<std::string, double>>{{"one", 3}, {"two", 5}});
    CHECK(report.a == 4);  // of the images: 2, 3, 7
    CHECK(report.standard_error == Approx(std::sqrt(7.0 / 3)).epsilon(1e-15));
    const auto json = core::parse_json(score::json_line(report), "line");
    CHECK(json.at("a") == 4);
    CHECK(json.at("n") == 3);
    CHECK(json.at("references").at("two") == 5);
    CHECK(json.at("image_ids") == alignment.image_ids);

    alignment.image_ids = {"a"};
    const auto single = score::report_of(alignment, {1, 3}, {{"definition", "cosine"}});
    CHECK(core::parse_json(score::json_line(single), "line").at("se").is_null());
}
