// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <lvr/train/cost.hpp>

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;

TEST_CASE("the flops of training, counted by hand") {
    const nn::LlamaConfig llm{.width = 8,
                              .mlp_width = 12,
                              .layers = 2,
                              .heads = 4,
                              .kv_heads = 2,
                              .head_width = 3,
                              .vocabulary = 100};
    Work work;
    work.add_sample(5, 2, 3);
    work.add_sample(4, 1, 0);
    CHECK(work.tokens == 9);
    CHECK(work.pairs == 15 + 10);
    CHECK(work.labels == 3);
    CHECK(work.image_tokens == 3);
    // A block: q 8 12, k and v 8 6 each, out 12 8, gate, up and down 8 12 each.
    const double linear = 2.0 * 9 * 2 * (96 + 2 * 48 + 96 + 3 * 96), head = 2.0 * 3 * 800;
    const double attention = 4.0 * 25 * 2 * 4 * 3, projector = 2.0 * 3 * 50;
    CHECK(training_flops(llm, 50, work, true) == 3 * (linear + head + attention + projector));
    CHECK(training_flops(llm, 50, work, false) == 2 * (linear + head) + 3 * (attention + projector));
    Work twice = work;
    twice += work;
    CHECK(training_flops(llm, 50, twice, true) == 2 * training_flops(llm, 50, work, true));
}

TEST_CASE("a model of 7 billion weights takes 6 flops per weight and token, and attention on top") {
    const nn::LlamaConfig vicuna{.width = 4096,
                                 .mlp_width = 11008,
                                 .layers = 32,
                                 .heads = 32,
                                 .kv_heads = 32,
                                 .head_width = 128,
                                 .vocabulary = 32000};
    Work work;
    work.add_sample(2048, 2048, 0);
    const double per_weight = training_flops(vicuna, 0, work, true) / (2048 * 6.607e9);
    CHECK(per_weight == Approx(6 + 0.5 * 12 * 32 * 2048.0 * 4096 / 6.607e9).epsilon(1e-3));
}

TEST_CASE("published peaks are known by the device's name, others are measured") {
    CHECK(published_peak("NVIDIA H100 80GB HBM3", at::kBFloat16) == 989.4e12);
    CHECK(published_peak("NVIDIA H100 PCIe", at::kBFloat16) == 756e12);
    CHECK(published_peak("NVIDIA H200", at::kBFloat16) == 989.4e12);
    CHECK(published_peak("NVIDIA GH200 480GB", at::kBFloat16) == 989.4e12);
    CHECK(published_peak("NVIDIA A100-SXM4-80GB", at::kBFloat16) == 312e12);
    CHECK(published_peak("NVIDIA A100-SXM4-80GB", at::kFloat) == 19.5e12);
    CHECK_FALSE(published_peak("NVIDIA H100 80GB HBM3 MIG 1g.10gb", at::kBFloat16));
    CHECK_FALSE(published_peak("cpu", at::kFloat));
    CHECK_FALSE(published_peak("NVIDIA H100 80GB HBM3", at::kDouble));
    const Peak peak = peak_of(at::kCPU, at::kFloat);
    CHECK(peak.flops_per_second > 1e8);
    CHECK(peak.flops_per_second < 1e14);
    CHECK_THAT(peak.how, Contains("FLOP/s (cpu, float32, measured by a matrix product here)"));
}
