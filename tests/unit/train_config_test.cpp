// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <string>

#include <lvr/core/config.hpp>
#include <lvr/train/model_source.hpp>
#include <lvr/train/schedule.hpp>
#include <lvr/train/train_config.hpp>

#include "unit/refusal.hpp"

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;

namespace {

TrainConfig sound() {
    TrainConfig config;
    config.representation = {"clip336"};
    config.llm = "llm";
    config.out = "out";
    config.align.data = config.finetune.data = "list.json";
    return config;
}

TrainConfig from_file(const std::string& name) {
    TrainConfig config = sound();
    core::load_toml(std::string(LVR_SOURCE_DIR) + "/configs/train/" + name, config.fields());
    config.validate();
    return config;
}

}  // namespace

TEST_CASE("the recipe's numbers are the published ones, in the defaults and in paper.toml") {
    for (const TrainConfig& config : {sound(), from_file("paper.toml")}) {
        CHECK(config.align.batch == 256);
        CHECK(config.align.loss_batch == 32);
        CHECK(config.align.learning_rate == 1e-3);
        CHECK(config.align.form == "plain");
        CHECK(config.align.order == "uniform");
        CHECK(config.finetune.batch == 128);
        CHECK(config.finetune.loss_batch == 16);
        CHECK(config.finetune.learning_rate == 2e-5);
        CHECK(config.finetune.form == "v1");
        CHECK(config.finetune.order == "modality");
        CHECK(config.longest == 2048);
        CHECK(config.seed == 42);
        CHECK(config.dtype == "bfloat16");
        CHECK(config.has_published_masks());
        CHECK(config.has_bfloat16_rope());
        CHECK_FALSE(config.averages_tokens());
        CHECK(config.most_norm() == 0);
        CHECK(config.most_positions() == 0);
        // 66 and 156 updates of warm-up out of 2181 and 5198.
        CHECK(CosineSchedule{1e-3, 2181, config.align.warmup}.warmup() == 66);
        CHECK(CosineSchedule{2e-5, 5198, config.finetune.warmup}.warmup() == 156);
    }
    CHECK(from_file("paper.toml").representation.size() == 7);
}

TEST_CASE("the corrected preset changes each switch, and each can be set by itself") {
    const TrainConfig config = from_file("corrected.toml");
    CHECK_FALSE(config.has_published_masks());
    CHECK_FALSE(config.has_bfloat16_rope());
    CHECK(config.averages_tokens());
    CHECK(config.most_norm() == 1);
    CHECK(config.most_positions() == 2048);
    TrainConfig mixed = config;
    mixed.masks = "published";
    mixed.rope = "bfloat16";
    mixed.average = "loss_batch";
    mixed.clip_norm = 0;
    mixed.longest_spliced = 0;
    CHECK(mixed.has_published_masks());
    CHECK(mixed.has_bfloat16_rope());
    CHECK_FALSE(mixed.averages_tokens());
    CHECK(mixed.most_norm() == 0);
    CHECK(mixed.most_positions() == 0);
    TrainConfig wide = sound();
    wide.dtype = "float32";  // DeepSpeed rounded the frequencies because it made everything bfloat16
    CHECK_FALSE(wide.has_bfloat16_rope());
}

TEST_CASE("a configuration that makes no sense is refused with what to do") {
    const auto refused = [](auto change) {
        TrainConfig config = sound();
        change(config);
        return test::refusal(core::ErrorKind::usage, [&] { config.validate(); });
    };
    CHECK(refused([](TrainConfig&) {}).empty());
    CHECK_THAT(refused([](auto& c) { c.llm.clear(); }), Contains("--llm"));
    CHECK_THAT(refused([](auto& c) { c.finetune.loss_batch = 5; }),
               Contains("--finetune-loss-batch must divide"));
    CHECK_THAT(refused([](auto& c) { c.align.micro_batch = 3; }),
               Contains("--align-micro-batch must divide"));
    CHECK_THAT(refused([](auto& c) { c.align.form = "prose"; }), Contains("prose"));
    CHECK_THAT(refused([](auto& c) { c.align.images = c.align.features = "x"; }),
               Contains("--align-features"));
    CHECK_THAT(refused([](auto& c) { c.zero = 3; }), Contains("--zero"));
    CHECK_THAT(refused([](auto& c) { c.projector_from = "p"; }), Contains("lvr-train finetune"));
    CHECK(refused([](auto& c) { c.finetune.data.clear(), c.with_finetune = false; }).empty());
}

TEST_CASE("a fresh projector is uniform within 1 / sqrt(inputs), and the seed alone decides it") {
    const auto projector = fresh_projector({64, 200, projector_layers("mlp2x_gelu")}, 42);
    REQUIRE(projector.layers.size() == 2);
    const double bounds[] = {1 / std::sqrt(64.0), 1 / std::sqrt(200.0)};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& weight = projector.layers[i].weight_OI;
        CHECK(weight.sizes() == at::IntArrayRef({200, i == 0 ? 64 : 200}));
        CHECK(weight.abs().max().item<double>() <= bounds[i]);
        CHECK(weight.abs().max().item<double>() > 0.99 * bounds[i]);
        CHECK(std::abs(weight.mean().item<double>()) < 0.02 * bounds[i]);
        // Uniform: the variance is a third of the bound's square.
        CHECK(weight.square().mean().item<double>() == Approx(bounds[i] * bounds[i] / 3).epsilon(0.02));
        CHECK(projector.layers[i].bias_O.abs().max().item<double>() <= bounds[i]);
    }
    CHECK(at::equal(fresh_projector({64, 200, 2}, 42).layers[1].weight_OI, projector.layers[1].weight_OI));
    CHECK_FALSE(
        at::equal(fresh_projector({64, 200, 2}, 43).layers[1].weight_OI, projector.layers[1].weight_OI));
    CHECK(projector_layers("linear") == 1);
    CHECK(projector_layers("mlp3x_gelu") == 3);
    for (const std::string wrong : {"mlp0x_gelu", "mlp", "", "mlp22x_gelu", "perceiver"})
        CHECK_THROWS(projector_layers(wrong));
}
