// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/kernels/best_match.hpp>
#include <lvr/kernels/best_match_rule.hpp>
#include <lvr/kernels/bfloat16_product.hpp>
#include <lvr/kernels/match_tokens.hpp>

#include "a_score_golden.hpp"

using namespace lvr;
using namespace lvr::test;
using kernels::best_match;
using kernels::MatchPrecision;

namespace {

double mean(const at::Tensor& values) { return values.mean().item<double>(); }

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
    return a.sub(b).abs().max().item<double>();
}

at::Tensor tokens(std::int64_t number, std::int64_t count, std::int64_t channels) {
    return golden_tokens({"", number, count}, 7, channels);
}

/// Mean over the golden images, and the largest distance of an image's score from `of_image`, if that is
/// given.
template <class Score>
double over_images(const GoldenTokens& x, const GoldenTokens& y, Score score) {
    double sum = 0;
    for (std::int64_t image = 1; image <= k_golden_images; ++image)
        sum += score(golden_tokens(x, image), golden_tokens(y, image), image);
    return sum / k_golden_images;
}

}  // namespace

TEST_CASE("The golden's generator", "[kernels][match]") {
    const auto check = golden_json("a_score_golden.json").at("a_score_golden").at("check_values");
    const auto first = golden_tokens(k_golden_representations[0], 1),
               last = golden_tokens(k_golden_representations[3], 100);
    for (std::int64_t c = 0; c < 4; ++c) {
        CHECK(first[0][c].item<double>() ==
              check.at("clip336_image1_token0_first4")[static_cast<std::size_t>(c)]);
        CHECK(last[24][60 + c].item<double>() ==
              check.at("sd2_1_image100_token24_last4")[static_cast<std::size_t>(c)]);
    }
}

TEST_CASE("The published A scores of the golden images, in double, single and bfloat16", "[kernels][match]") {
    const auto golden = golden_json("a_score_golden.json").at("a_score_golden");
    const auto torch = golden_json("a_score.json").at("golden");
    int unequal = 0, images = 0;
    for (const auto& x : k_golden_representations) {
        for (std::size_t r = 0; r < k_golden_references; ++r) {
            const auto& y = k_golden_representations[r];
            INFO(x.name << " against " << y.name << "; tolerances 1e-12, 1e-6, 1e-3 and (torch 1.13) 3e-3");
            const auto in = [&](MatchPrecision precision) {
                return over_images(x, y, [=](const auto& a, const auto& b, auto) {
                    return mean(best_match(a, b, precision));
                });
            };
            CHECK(
                std::abs(in(MatchPrecision::float64)-golden.at("f64").at(x.name)[r].template get<double>()) <
                1e-12);
            CHECK(
                std::abs(in(MatchPrecision::float32)-golden.at("f32").at(x.name)[r].template get<double>()) <
                1e-6);
            const double rounded = over_images(x, y, [&](const auto& a, const auto& b, std::int64_t image) {
                const double score = kernels::published_alignment(a, b);
                const double theirs =
                    torch.at("bf16_images").at(x.name).at(y.name)[static_cast<std::size_t>(image - 1)];
                unequal += score == theirs ? 0 : 1;
                ++images;
                return score;
            });
            CHECK(std::abs(rounded - torch.at("bf16").at(x.name)[r].template get<double>()) < 1e-3);
            CHECK(std::abs(rounded - golden.at("bf16_cpu").at(x.name)[r].template get<double>()) < 3e-3);
        }
    }
    CHECK(images == 800);
    CHECK(unequal == 0);  // all sums are near enough to round to the same number
}

TEST_CASE("Small cases, token by token", "[kernels][match]") {
    const auto golden = golden_json("a_score.json").at("cases");
    REQUIRE(golden.size() == 12);
    for (const auto& [name, expected] : golden.items()) {
        INFO(name);
        const auto x = matrix(expected.at("x")), y = matrix(expected.at("y"));
        const auto exact = best_match(x, y), quick = best_match(x, y, MatchPrecision::float32);
        CHECK(largest_difference(exact, kernels::best_match_twin(x, y)) < 1e-14);
        for (std::int64_t i = 0; i < x.size(0); ++i) {
            const auto at = static_cast<std::size_t>(i);
            CHECK(std::abs(exact[i].item<double>() - expected.at("f64")[at].get<double>()) < 1e-14);
            CHECK(std::abs(quick[i].item<double>() - expected.at("f64")[at].get<double>()) < 1e-6);
            CHECK(exact[i].item<double>() <= 1);
            CHECK(quick[i].item<double>() <= 1);
        }
        CHECK(kernels::published_alignment(x, y) == expected.at("bf16").get<double>());
    }
}

TEST_CASE("What half-precision tokens hold is taken exactly, and pairs may come in batches",
          "[kernels][match]") {
    const auto x = tokens(5, 33, 40), y = tokens(6, 21, 40);
    for (const auto type : {at::kHalf, at::kBFloat16}) {
        const auto x_half = x.to(type), y_half = y.to(type);
        const auto best = best_match(x_half, y_half);
        CHECK(at::equal(best, best_match(x_half.to(at::kFloat), y_half.to(at::kFloat))));
        CHECK(best.scalar_type() == at::kDouble);
        CHECK(kernels::published_alignment(x_half, y_half) ==
              kernels::published_alignment(x_half.to(at::kFloat), y_half.to(at::kFloat)));
    }
    const auto other_x = tokens(7, 33, 40), other_y = tokens(8, 21, 40);
    const auto both = best_match(at::stack({x, other_x}), at::stack({y, other_y}));
    CHECK(at::equal(both, at::stack({best_match(x, y), best_match(other_x, other_y)})));
    // A view of other tokens is as good as a copy.
    const auto wide = at::cat({other_x, x}, 1);
    CHECK(at::equal(best_match(wide.narrow(1, 40, 40), y), best_match(x, y)));
}

TEST_CASE("More tokens than a tile holds: as the best of the parts", "[kernels][match]") {
    const auto x = tokens(9, 1100, 24), y = tokens(10, 2500, 24);
    const auto best = best_match(x, y);
    const auto parts =
        at::maximum(best_match(x, y.narrow(0, 0, 1500)), best_match(x, y.narrow(0, 1500, 1000)));
    CHECK(at::equal(best, parts));
    CHECK(at::equal(best.narrow(0, 1050, 50), best_match(x.narrow(0, 1050, 50), y)));
    CHECK(at::equal(best, best_match(x, y.flip({0}))));
    CHECK(largest_difference(best.narrow(0, 1090, 2), kernels::best_match_twin(x.narrow(0, 1090, 2), y)) <
          1e-14);
}

TEST_CASE("Matches that single precision cannot tell apart are told apart", "[kernels][match]") {
    // Every token of y is one token, changed in the last bits: the product is noise among them.
    const auto x = tokens(11, 3, 512);
    const auto y = x.narrow(0, 0, 1).repeat({40, 1}).mul(tokens(12, 40, 512).mul(2e-7).add(1).to(at::kFloat));
    const auto twin = kernels::best_match_twin(x, y);
    CHECK(largest_difference(best_match(x, y), twin) < 1e-15);
    CHECK(largest_difference(best_match(x, y, MatchPrecision::float32), twin) > 1e-12);
}

TEST_CASE("Candidates from a product in bfloat16 or in single: the same result", "[kernels][match]") {
    const auto in_single = [](const at::Tensor& x, const at::Tensor& y) {
        return kernels::best_match_on_cpu(x, y, {.may_round = false});
    };
    for (const auto& [n, m, channels] :
         {std::array<std::int64_t, 3>{1, 1, 1}, {5, 7, 33}, {130, 95, 31}, {70, 1030, 64}, {1100, 3, 100}}) {
        INFO(n << " x " << m << " x " << channels);
        auto x = tokens(17, n, channels), y = tokens(18, m, channels);
        x[n / 2].fill_(0);
        CHECK(at::equal(best_match(x, y), in_single(x, y)));
        CHECK(at::equal(best_match(x.mul(1e-20), y.mul(1e25)), in_single(x.mul(1e-20), y.mul(1e25))));
    }
    // So many near matches that the quick product is given up on the way.
    const auto x = tokens(19, 300, 64);
    const auto y =
        x.narrow(0, 0, 1).repeat({200, 1}).mul(tokens(20, 200, 64).mul(1e-4).add(1).to(at::kFloat));
    CHECK(at::equal(best_match(x, y), in_single(x, y)));
}

TEST_CASE("A product in bfloat16, and how far it can be from the truth", "[kernels][match]") {
    if (!kernels::has_fast_bfloat16()) {
        WARN("skipped: this processor has no quick bfloat16");
        return;
    }
    for (const auto& [n, m, channels] :
         {std::array<std::int64_t, 3>{1, 1, 1}, {4, 6, 32}, {9, 13, 100}, {67, 50, 1000}}) {
        INFO(n << " x " << m << " x " << channels);
        const kernels::MatchTokens x(tokens(21, n, channels)), y(tokens(22, m, channels));
        const auto x_near = kernels::rounded_rows(x.scaled, x.scaled_norms),
                   y_near = kernels::rounded_rows(y.scaled, y.scaled_norms);
        auto product = at::zeros({n, m});
        kernels::multiply({x_near, 0, n}, {y_near, 0, m}, product.mutable_data_ptr<float>());
        const auto x_double = x_near.values.narrow(1, 0, channels).to(at::kDouble),
                   y_double = y_near.values.narrow(1, 0, channels).to(at::kDouble);
        CHECK(largest_difference(product, at::mm(x_double, y_double.t())) <
              1e-6 * static_cast<double>(channels));
        for (std::int64_t i = 0; i < n; ++i) {
            const auto row = static_cast<std::size_t>(i);
            const double distance =
                x_double[i].sub(x.values[i].to(at::kDouble)).norm().item<double>() / x.scaled_norms[row];
            CHECK(x_near.distances[row] >= distance);
            CHECK(x_near.distances[row] <= distance * 1.002 + 1e-12);
        }
        if (n > 2) {  // a part of the rows
            auto part = at::zeros({2, m - 1});
            kernels::multiply({x_near, n - 2, 2}, {y_near, 1, m - 1}, part.mutable_data_ptr<float>());
            CHECK(at::equal(part, product.narrow(0, n - 2, 2).narrow(1, 1, m - 1)));
        }
    }
}

TEST_CASE("Tokens of extreme size", "[kernels][match]") {
    const auto x = tokens(13, 6, 32), y = tokens(14, 5, 32);
    const auto expected = best_match(x, y);
    const std::vector<double> sizes = {0x1p-50, 0x1p-40, 0x1p-20, 0x1p40, 0x1p100, 0x1p126};
    for (std::int64_t i = 0; i < 6; ++i) {
        const auto row = x.narrow(0, i, 1).mul(sizes[static_cast<std::size_t>(i)]);
        CHECK(largest_difference(best_match(row, y), expected.narrow(0, i, 1)) < 1e-15);
        CHECK(largest_difference(best_match(row, y, MatchPrecision::float32), expected.narrow(0, i, 1)) <
              1e-6);
    }
    CHECK(largest_difference(best_match(x.mul(0x1p126), y.mul(0x1p126)), expected) < 1e-15);
    CHECK(best_match(at::zeros({2, 32}), y).eq(0).all().item<bool>());
}

TEST_CASE("Values that are not finite are not hidden", "[kernels][match]") {
    const auto x = tokens(15, 4, 32), y = tokens(16, 5, 32);
    for (const double bad : {double{NAN}, double{INFINITY}}) {
        auto x_bad = x.clone(), y_bad = y.clone();
        x_bad[2][31].fill_(bad);
        y_bad[4][0].fill_(bad);
        for (const auto precision : {MatchPrecision::float64, MatchPrecision::float32}) {
            const auto best = best_match(x_bad, y, precision);
            CHECK(best.isnan().sum().item<int>() == 1);
            CHECK(std::isnan(best[2].item<double>()));
            CHECK(best_match(x, y_bad, precision).isnan().all().item<bool>());
        }
        CHECK(std::isnan(kernels::published_alignment(x_bad, y)));
        CHECK(std::isnan(kernels::published_alignment(x, y_bad)));
    }
    CHECK(std::isnan(kernels::published_alignment(x.mul(3e38), y)));  // bfloat16 rounds the norm to infinity
}

TEST_CASE("Shapes that make no pair are refused", "[kernels][match]") {
    CHECK_THROWS_AS(best_match(tokens(1, 2, 8), tokens(1, 2, 9)), core::Error);
    CHECK_THROWS_AS(best_match(tokens(1, 2, 8), tokens(1, 2, 8).narrow(0, 0, 0)), core::Error);
    CHECK_THROWS_AS(best_match(tokens(1, 2, 8), tokens(1, 2, 8).to(at::kInt)), core::Error);
    CHECK_THROWS_AS(best_match(tokens(1, 2, 8)[0], tokens(1, 2, 8)[0]), core::Error);
}
