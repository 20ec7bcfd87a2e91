// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <lvr/score/align_loglik.hpp>

#include "files_fixture.hpp"

using namespace lvr;

TEST_CASE("Log-likelihood per token: over pairs, and over tokens", "[score][align]") {
    const files::CaptionLoglik pairs = {{"a", "b", "c"}, {-2, -9, -4}, {1, 3, 4}, {}};
    const auto by_pair = score::loglik_report(pairs, false, "here");
    CHECK(by_pair.a == -2);  // of -2, -3 and -1
    CHECK(by_pair.standard_error == Approx(1 / std::sqrt(3)).epsilon(1e-15));
    CHECK(by_pair.n == 3);
    CHECK(by_pair.details.at("average") == "pair");
    CHECK(by_pair.references.empty());
    const auto by_token = score::loglik_report(pairs, true, "here");
    CHECK(by_token.a == -15.0 / 8);
    // Residuals -0.125, -3.375 and 3.5; 8/3 tokens a pair.
    CHECK(by_token.standard_error == Approx(std::sqrt(23.65625 / 2 / 3) / (8.0 / 3)).epsilon(1e-15));
    CHECK(by_token.details.at("tokens") == 8);
    CHECK(std::isnan(score::loglik_report({{"a"}, {-2}, {1}, {}}, true, "here").standard_error));
    CHECK_THAT(test::input_message([] { score::loglik_report({}, false, "some/folder"); }),
               Catch::Contains("some/folder: holds no pairs"));
}

TEST_CASE("Captions of one length: both averages and their errors agree", "[score][align]") {
    files::CaptionLoglik pairs;
    for (int i = 0; i < 50; ++i) {
        pairs.image_ids.push_back(std::to_string(i));
        pairs.log_likelihood.push_back(-std::abs(std::sin(i)) * 20);
        pairs.tokens.push_back(12);
    }
    const auto by_pair = score::loglik_report(pairs, false, ""),
               by_token = score::loglik_report(pairs, true, "");
    CHECK(by_pair.a == Approx(by_token.a).epsilon(1e-14));
    CHECK(by_pair.standard_error == Approx(by_token.standard_error).epsilon(1e-12));
}
