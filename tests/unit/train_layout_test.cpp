// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <catch2/catch.hpp>

#include <lvr/train/parameter_buckets.hpp>
#include <lvr/train/schedule.hpp>

using namespace lvr;
using namespace lvr::train;

namespace {

weights::WeightStore store() {
    weights::WeightStore all;
    all.put("a", at::arange(6, at::kFloat).view({2, 3}));
    all.put("b", at::full({4}, 2.0, at::kFloat));
    all.put("c", at::full({5}, 3.0, at::kFloat));
    all.put("frozen", at::full({2}, 1.0, at::kFloat));
    return all;
}

}  // namespace

TEST_CASE("buckets hold parameters in reverse order, are padded, and share their memory") {
    auto laid = lay_out(store(), {"a", "b", "c"}, {.parts = 4, .most_elements = 9});
    REQUIRE(laid.buckets.size() == 2);
    REQUIRE(laid.buckets[0].slots.size() == 2);
    CHECK(laid.buckets[0].slots[0].name == "c");
    CHECK(laid.buckets[0].slots[1].name == "b");
    CHECK(laid.buckets[0].slots[1].offset == 5);
    CHECK(laid.buckets[0].length() == 12);
    CHECK(laid.buckets[1].length() == 8);
    CHECK(laid.buckets[1].values.sum().item<float>() == 15);
    const auto a = laid.store.all().at("a");
    CHECK(a.requires_grad());
    CHECK(a.is_leaf());
    CHECK_FALSE(laid.store.all().at("frozen").requires_grad());
    laid.buckets[1].values.fill_(7);
    CHECK(a[1][2].item<float>() == 7);
}

TEST_CASE("weights that are moved into buckets are not held twice") {
    auto from = store();
    const auto kept = from.all().at("a");
    CHECK(kept.use_count() == 2);
    const auto laid = lay_out(std::move(from), {"a", "b", "c"}, {});
    CHECK(kept.use_count() == 1);
    CHECK(laid.store.all().size() == 4);
    auto two = store();
    CHECK(two.take("b").size(0) == 4);
    CHECK_FALSE(two.has("b"));
    CHECK_THROWS(two.take("b"));
}

TEST_CASE("a parameter above the limit has a bucket of its own") {
    const auto laid = lay_out(store(), {"a", "b", "c"}, {.most_elements = 1});
    REQUIRE(laid.buckets.size() == 3);
    CHECK(laid.buckets[2].slots[0].name == "a");
    const auto half = lay_out(store(), {"b"}, {.dtype = at::kBFloat16});
    CHECK(half.buckets[0].values.scalar_type() == at::kBFloat16);
    CHECK(half.store.all().at("a").scalar_type() == at::kBFloat16);
}

TEST_CASE("the schedule of stage 1: 2181 updates, of which 66 warm up") {
    const CosineSchedule schedule{1e-3, 2181, 0.03};
    CHECK(schedule.warmup() == 66);
    CHECK(schedule.rate(0) == 0);
    CHECK(schedule.rate(33) == Approx(5e-4));
    CHECK(schedule.rate(66) == 1e-3);
    CHECK(schedule.rate(2181) == Approx(0).margin(1e-12));
    const CosineSchedule none{1, 10, 0};
    CHECK(none.rate(0) == 1);
    CHECK(none.rate(5) == Approx(0.5));
}
