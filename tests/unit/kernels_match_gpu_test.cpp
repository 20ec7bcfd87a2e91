// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <catch2/catch.hpp>

#include <array>
#include <cmath>

#include <lvr/kernels/best_match.hpp>
#include <lvr/kernels/device.hpp>

#include "a_score_golden.hpp"

using namespace lvr;
using namespace lvr::test;
using kernels::best_match;
using kernels::MatchPrecision;

namespace {

struct Pair {
    at::Tensor x, y;
};

/// Shapes about the edges of the GPU's tiles of 128 tokens and steps of 32 channels; a zero token on each
/// side.
Pair pair_of(std::int64_t n, std::int64_t m, std::int64_t channels) {
    Pair pair{golden_tokens({"", 21, n}, 3, channels), golden_tokens({"", 22, m}, 3, channels)};
    pair.x[n / 2].fill_(0);
    if (m > 1) pair.y[m / 2].fill_(0);
    return pair;
}

at::Tensor on_gpu(const at::Tensor& x, const at::Tensor& y,
                  MatchPrecision precision = MatchPrecision::float64) {
    return best_match(x.to(at::kCUDA), y.to(at::kCUDA), precision).to(at::kCPU);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
    return a.sub(b).abs().max().item<double>();
}

}  // namespace

// What the CPU computes is held to the definition by kernels_match_test.cpp.
TEST_CASE("best_match on a GPU has the same bits as on the CPU", "[kernels][match][cuda]") {
    if (kernels::gpu_count() == 0) {
        WARN("skipped: no GPU");
        return;
    }
    for (const auto& [n, m, channels] : {std::array<std::int64_t, 3>{1, 1, 8},
                                         {127, 129, 32},
                                         {128, 128, 64},
                                         {200, 300, 31},
                                         {576, 256, 513},
                                         {3, 1000, 4096}}) {
        INFO(n << " x " << m << " x " << channels);
        const auto [x, y] = pair_of(n, m, channels);
        const auto expected = best_match(x, y);
        CHECK(at::equal(on_gpu(x, y), expected));
        CHECK(largest_difference(on_gpu(x, y, MatchPrecision::float32), expected) < 5e-3);  // half precision
        for (const auto type : {at::kHalf, at::kBFloat16})
            CHECK(at::equal(on_gpu(x.to(type), y.to(type)), best_match(x.to(type), y.to(type))));
    }
    const auto [x, y] = pair_of(70, 90, 48);
    const auto extreme_x = at::stack({x, x.mul(1e-20)}), extreme_y = at::stack({y, y.mul(1e30)});
    CHECK(at::equal(on_gpu(extreme_x, extreme_y), best_match(extreme_x, extreme_y)));
    const auto same = x.narrow(0, 0, 1).repeat({300, 1});
    CHECK(at::equal(on_gpu(same, same), best_match(same, same)));
    auto x_bad = x.clone();
    x_bad[5][7].fill_(NAN);
    CHECK(at::equal(on_gpu(x_bad, y).isnan(), best_match(x_bad, y).isnan()));
    CHECK(on_gpu(y, x_bad).isnan().all().item<bool>());
}
