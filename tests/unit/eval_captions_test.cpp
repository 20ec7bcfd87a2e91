// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <set>

#include <lvr/eval/caption_pairs.hpp>
#include <lvr/vlm/conversation.hpp>

#include "refusal.hpp"
#include "train_data_fixture.hpp"

using namespace lvr;
using namespace lvr::eval;
using test::talk;

namespace {

/// 40 captions of 20 pictures, and what is no pair: text only, an empty caption.
test::ListFile captions() {
    std::vector<core::Json> samples;
    for (int i = 0; i < 40; ++i)
        samples.push_back(
            talk(fmt::format("{}.png", i % 20), {"Say it.\n<image>", fmt::format("caption {}", i)}));
    samples.push_back(talk("", {"What?", "That."}));
    samples.push_back(talk("empty.png", {"<image>\nSay it.", "  "}));
    return test::ListFile(samples);
}

}  // namespace

TEST_CASE("the choice of pairs depends on the seed alone", "[eval][captions]") {
    const auto list = captions();
    const par::Comm alone;
    const auto first = choose_pairs(alone, list.file(), 10, 0),
               again = choose_pairs(alone, list.file(), 10, 0);
    CHECK(first.chosen == again.chosen);
    CHECK(first.chosen != choose_pairs(alone, list.file(), 10, 1).chosen);
    REQUIRE(first.chosen.size() == 10);
    std::set<std::string> pictures;
    for (const auto sample : first.chosen) {
        CHECK(sample < 40);
        pictures.insert(first.list->read(sample).image);
    }
    CHECK(pictures.size() == 10);
    CHECK(choose_pairs(alone, list.file(), 0, 0).chosen.size() == 20);
    CHECK(test::says(test::refusal([&] { choose_pairs(alone, list.file(), 21, 0); }), "has 20 pairs"));
}

TEST_CASE("a caption is what stage 1 learns: its tokens and the line end", "[eval][captions]") {
    const auto tokenizer = data::open_tokenizer(LVR_SOURCE_DIR "/tests/golden/tokenizers/llama");
    const auto list = captions();
    const auto pairs = choose_pairs(par::Comm(), list.file(), 0, 0);
    const auto tokens = tokens_of(pairs.list->read(pairs.chosen[0]), *tokenizer);
    CHECK(tokens.prompt == std::vector<std::int64_t>{1, vlm::k_image_id});
    CHECK(tokenizer->decode(tokens.caption, false) == "caption 0\n");
}
