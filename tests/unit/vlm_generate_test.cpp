// SPDX-License-Identifier: Apache-2.0
// Greedy answers against tests/reference/llava_generate.py.
#include <catch2/catch.hpp>

#include <lvr/core/text_file.hpp>
#include <lvr/vlm/generate.hpp>

#include "unit/llava_fixture.hpp"

using namespace lvr;
using Ids = std::vector<std::int64_t>;

TEST_CASE("greedy answers are transformers'") {
    int compared = 0, stopped = 0, of_text = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        for (const auto& [parameter, tensor] : tiny.store.all()) tensor.requires_grad_(true);
        const auto model = vlm::make_mllm(tiny.config, tiny.store);
        const auto file =
            std::string(LVR_SOURCE_DIR) + "/tests/golden/llava_export/" + name + "/generated.json";
        for (const auto& one : core::parse_json(core::read_text(file), file)) {
            const Ids ids = one.at("ids"), wanted = one.at("answer");
            CAPTURE(name, ids);
            const std::int64_t image = one.at("image");
            const std::vector<at::Tensor> features = {image < 0 ? at::Tensor() : tiny.features_ITC[image]};
            const auto answer =
                vlm::generate(model, ids, features, {.most = one.at("most"), .stops = {one.at("stop")}});
            CHECK(answer == wanted);
            ++compared;
            stopped += std::ssize(wanted) < one.at("most").get<std::int64_t>() ? 1 : 0;
            of_text += image < 0 ? 1 : 0;
        }
    }
    CHECK(compared == 16);
    CHECK(stopped == 8);
    CHECK(of_text == 4);
}
