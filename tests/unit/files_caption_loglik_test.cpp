// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>

#include <lvr/files/caption_loglik.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::CaptionLoglik;

namespace {

const CaptionLoglik k_first = {
    {"a/é.jpg", "b.jpg"}, {-12.5, -0.0}, {9, 1}, {{"seed", 3}, {"representation", "mine"}}};
const CaptionLoglik k_last = {{"c.jpg"}, {-1e-300}, {std::int64_t{1} << 40}, {{"seed", 3}}};

std::string part(const Folder& folder, int shard) { return (folder / files::part_name(shard)).string(); }

void write(const Folder& folder, std::int64_t items = 3) {
    files::write_manifest(folder.path(), {{{"model", "m"}}, items, 2});
    files::write_caption_loglik_part(part(folder, 0), k_first);
    files::write_caption_loglik_part(part(folder, 1), k_last);
}

/// A file of these datasets, as another program might write it.
struct Raw {
    std::string schema = "lvr.caption_loglik";
    std::int64_t version = 1;
    std::vector<std::string> ids = {"a", "b"};
    std::vector<double> log_likelihood = {-1, -2};
    std::vector<std::int64_t> tokens = {1, 2};
};

std::string refusal(const Folder& folder, const Raw& raw) {
    const auto file = folder / "raw.h5";
    files::H5File::write(file, [&](const files::H5Group& root) {
        root.write_attribute("schema", raw.schema);
        root.write_attribute("version", raw.version);
        root.write("image_id", raw.ids);
        root.write("log_likelihood", raw.log_likelihood);
        root.write("tokens", raw.tokens);
    });
    const auto message = input_message([&] { files::read_caption_loglik_part(file); });
    CHECK_THAT(message, Contains("raw.h5") && Contains("remedy:"));
    return message;
}

}  // namespace

TEST_CASE("Caption log-likelihoods come back as they were written", "[files][loglik]") {
    const Folder folder("loglik");
    write(folder);
    const auto first = files::read_caption_loglik_part(part(folder, 0));
    CHECK(first.image_ids == k_first.image_ids);
    CHECK(first.log_likelihood == k_first.log_likelihood);
    CHECK(first.tokens == k_first.tokens);
    CHECK(first.provenance == k_first.provenance);
    const auto all = files::read_caption_loglik(folder.path());
    CHECK(all.image_ids == std::vector<std::string>{"a/é.jpg", "b.jpg", "c.jpg"});
    CHECK(all.log_likelihood == std::vector<double>{-12.5, -0.0, -1e-300});
    CHECK(all.tokens == std::vector<std::int64_t>{9, 1, std::int64_t{1} << 40});
    CHECK(all.provenance == k_first.provenance);

    const auto bytes = core::read_text(part(folder, 0));
    files::write_caption_loglik_part(part(folder, 0), k_first);
    CHECK(core::read_text(part(folder, 0)) == bytes);
    const auto root = files::H5File::open(part(folder, 0));
    CHECK(root.text_attribute("schema") == "lvr.caption_loglik");
    CHECK(root.shape("log_likelihood") == files::H5Group::Shape{2});
}

TEST_CASE("A folder of log-likelihoods with something missing", "[files][loglik]") {
    const Folder folder("loglik_missing");
    const auto refused = [&] { return input_message([&] { files::read_caption_loglik(folder.path()); }); };
    CHECK_THAT(refused(), Contains("manifest.json"));
    write(folder, 5);
    CHECK_THAT(refused(), Contains("part-000001.h5: holds 1 items, not 2"));
    write(folder, 7);
    auto two = k_last;
    two.image_ids.push_back("b.jpg");
    two.log_likelihood.push_back(-1);
    two.tokens.push_back(1);
    files::write_caption_loglik_part(part(folder, 1), two);
    CHECK_THAT(refused(), Contains("part-000001.h5: image b.jpg is there twice"));
    two.image_ids.back() = "d.jpg";
    files::write_caption_loglik_part(part(folder, 1), two);
    CHECK_THAT(refused(), Contains("part-000002.h5: is missing"));
    write(folder);
    std::ofstream(part(folder, 1)) << core::read_text(part(folder, 0)).substr(0, 700);
    CHECK_THAT(refused(), Contains("part-000001.h5"));
}

TEST_CASE("Log-likelihoods that cannot be are refused", "[files][loglik]") {
    const Folder folder("loglik_bad");
    CHECK_THAT(refusal(folder, {.schema = "lvr.features"}), Contains("is a lvr.features file"));
    CHECK_THAT(refusal(folder, {.version = 2}), Contains("version 2"));
    CHECK_THAT(refusal(folder, {.ids = {"a"}}), Contains("differ in length"));
    CHECK_THAT(refusal(folder, {.tokens = {1, 2, 3}}), Contains("differ in length"));
    CHECK_THAT(refusal(folder, {.ids = {"a", ""}}), Contains("an image without an id"));
    CHECK_THAT(refusal(folder, {.log_likelihood = {-1, 0.5}}), Contains("of image b is 0.5"));
    CHECK_THAT(refusal(folder, {.log_likelihood = {NAN, -1}}), Contains("of image a is null"));
    CHECK_THAT(refusal(folder, {.log_likelihood = {-1, -INFINITY}}), Contains("of image b"));
    CHECK_THAT(refusal(folder, {.tokens = {0, 1}}), Contains("the caption of image a has no tokens"));
    CHECK_THAT(refusal(folder, {.tokens = {1, -1}}), Contains("the caption of image b has no tokens"));
    auto positive = k_first;
    positive.log_likelihood[0] = 1;
    CHECK_THROWS_AS(files::write_caption_loglik_part(folder / "x.h5", positive), core::Error);
    CHECK(!fs::exists(folder / "x.h5"));
}
