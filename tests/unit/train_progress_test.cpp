// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <limits>

#include <lvr/core/log.hpp>
#include <lvr/train/progress.hpp>

#include "unit/run_capture.hpp"

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;

TEST_CASE("what a line of progress says") {
    TrainingView view{.name = "clip-l-336 finetune",
                      .update = 1300,
                      .updates = 5197,
                      .loss = 0.91237,
                      .learning_rate = 1.87e-5,
                      .tokens_per_second = 41'234,
                      .mfu = 0.5211,
                      .data_stall = 0.004,
                      .seconds_per_update = 2};
    CHECK(training_line(view) ==
          "clip-l-336 finetune: update 1300 of 5197 (25 %), loss 0.9124, lr 1.87e-05, 41.2k tokens/s, "
          "MFU 52.1 %, waiting for data 0 %, 2 h 09 min left");
    view.name.clear(), view.mfu = std::numeric_limits<double>::quiet_NaN(), view.update = view.updates;
    view.tokens_per_second = 812.2;
    CHECK(training_line(view) ==
          "update 5197 of 5197 (100 %), loss 0.9124, lr 1.87e-05, 812 tokens/s, waiting for data 0 %");
}

TEST_CASE("a mean that forgets") {
    DecayingMean mean(0.5);
    CHECK(mean.value() == 0);
    mean.add(4);
    CHECK(mean.value() == 4);
    mean.add(1);
    CHECK(mean.value() == Approx((0.5 * 4 + 1) / 1.5));
}

TEST_CASE("the first update and the last are said, and between them one line in a while") {
    TrainingProgress progress({.name = "a", .updates = 50, .line_every = std::chrono::hours(1)});
    const test::Capture err(STDERR_FILENO);
    int lines = 0;
    for (std::int64_t update = 1; update <= 50; ++update) {
        const double seconds = update == 50 ? 3 : 1;
        lines += progress.add(
                     {.update = update, .loss = 2, .learning_rate = 1e-3, .labels = 5},
                     {update, seconds, 100.0 * static_cast<double>(update), 0.5, update == 50 ? 1.0 : 0.0})
                     ? 1
                     : 0;
        if (update == 1 || update == 49) CHECK(lines == 1);
    }
    CHECK(lines == 2);
    // Updates 2 to 49 in a second each, the last in three: (100 (2 + ... + 49) + 3 5000) / 51.
    CHECK_THAT(err.text(),
               Contains("a: update 1 of 50 (2 %), loss 2.0000, lr 0.001, 100 tokens/s") &&
                   Contains("update 50 of 50 (100 %), loss 2.0000, lr 0.001, 2.7k tokens/s, MFU 50.0 "
                            "%, waiting for data 6 %"));
    TrainingProgress often({.updates = 3, .line_every = std::chrono::milliseconds(1)});
    CHECK(often.add({.update = 1}, {1, 1, 1, 1, 0}));
    while (!often.add({.update = 2}, {2, 1, 1, 1, 0})) {
    }
}
