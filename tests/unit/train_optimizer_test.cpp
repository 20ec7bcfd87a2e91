// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/par/together.hpp>
#include <lvr/train/schedule.hpp>
#include <lvr/train/sharded_optimizer.hpp>
#include <lvr/vlm/mllm.hpp>

#include "unit/train_fixture.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::train;
using test::world;

namespace {

struct Way {
    ZeroStage zero;
    std::int64_t bucket;     ///< elements
    std::int64_t backwards;  ///< per update and rank
};

/// The losses of a case's updates: each rank takes its share of every batch, in as many backwards as `way`
/// says.
std::vector<double> losses_of(const std::string& name, const Way& way, std::vector<double>& norms,
                              weights::WeightStore& end) {
    const auto& its = test::adamw_golden().at("cases").at(name);
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    auto laid =
        lay_out(test::network(), test::network_names(), {.parts = comm->size(), .most_elements = way.bucket});
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm,
                               {.adamw = {.weight_decay = its.at("weight_decay").get<double>()},
                                .zero = way.zero,
                                .most_norm = its.at("most_norm").get<double>()});
    const CosineSchedule schedule{test::adamw_golden().at("peak").get<double>(), 20,
                                  test::adamw_golden().at("warmup_share").get<double>()};
    std::vector<double> losses;
    for (std::int64_t update = 0; update < schedule.updates; ++update) {
        const double rate = schedule.rate(update);
        CHECK(rate == Approx(its.at("rates")[static_cast<std::size_t>(update)].get<double>()).margin(1e-12));
        losses.push_back(test::update_network(optimizer, laid.store, *comm, update, way.backwards, rate,
                                              &norms.emplace_back()));
    }
    end = laid.store;
    return losses;
}

}  // namespace

namespace {

void compare(const std::string& name, const Way& way) {
    INFO(name << ", stage " << static_cast<int>(way.zero) << ", buckets of " << way.bucket << ", "
              << way.backwards << " backward(s)");
    const auto& its = test::adamw_golden().at("cases").at(name);
    std::vector<double> norms;
    weights::WeightStore end;
    const auto losses = losses_of(name, way, norms, end);
    REQUIRE(losses.size() == 20);
    for (std::size_t i = 0; i < losses.size(); ++i) {
        CHECK(losses[i] == Approx(its.at("losses")[i].get<double>()).epsilon(1e-5));
        CHECK(norms[i] == Approx(its.at("norms")[i].get<double>()).epsilon(1e-4));
    }
    for (const auto& [parameter, value] : its.at("end").items()) {
        const auto wanted = test::tensor_of(value);
        const auto error = end.all().at(parameter).sub(wanted).norm().item<double>();
        CHECK(error <= 1e-5 * wanted.norm().item<double>());
    }
}

}  // namespace

TEST_CASE("twenty updates as torch.optim.AdamW makes them, whatever ranks share", "[mpi]") {
    int compared = 0;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        for (const std::int64_t backwards : {1, 2}) {
            compare("plain", {zero, backwards == 1 ? 1 : 1000, backwards});
            ++compared;
        }
        compare("clipped", {zero, 40, 1});
    }
    compare("decay", {ZeroStage::gradients, 40, 2});
    CHECK(compared == 6);
}

TEST_CASE("parameters in bfloat16 follow masters in float32, alike whatever ranks share", "[mpi]") {
    std::vector<at::Tensor> ends;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        const auto comm = comm::make_tensor_comm(world(), at::kCPU);
        const auto laid_out = [&](at::ScalarType dtype) {
            return lay_out(test::network(), test::network_names(),
                           {.parts = comm->size(), .most_elements = 1000, .dtype = dtype});
        };
        const auto half = laid_out(at::kBFloat16), full = laid_out(at::kFloat);
        ShardedOptimizer optimizer(half.buckets, *comm, {.zero = zero});
        ShardedOptimizer exact(full.buckets, *comm, {.zero = zero});
        for (int update = 0; update < 10; ++update) {
            const double wanted = test::update_network(exact, full.store, *comm, update, 1, 0.02);
            const double loss = test::update_network(optimizer, half.store, *comm, update, 1, 0.02);
            CHECK(loss == Approx(wanted).epsilon(0.05));
        }
        REQUIRE(half.buckets.size() == 1);
        const auto values = half.buckets[0].values;
        const auto& master = optimizer.shards()[0].master;
        CHECK(master.scalar_type() == at::kFloat);
        const auto own = values.narrow(0, optimizer.shard_begin(0), master.numel());
        CHECK(own.equal(master.to(at::kBFloat16)));
        CHECK_FALSE(own.to(at::kFloat).equal(master));  // which has more digits
        ends.push_back(values.clone());
        comm->broadcast(ends.back(), 0).wait();
        CHECK(ends.back().equal(values));  // on every rank
        CHECK(ends.front().equal(values));
    }
    CHECK(ends.size() == 3);
}

TEST_CASE("ranks share what a stage says they share", "[mpi]") {
    const std::vector<std::string> names = {"first.weight", "second.weight"};
    int looked = 0;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        const auto comm = comm::make_tensor_comm(world(), at::kCPU);
        for (const auto dtype : {at::kFloat, at::kBFloat16}) {
            auto laid =
                lay_out(test::network(), names, {.parts = comm->size(), .most_elements = 1, .dtype = dtype});
            std::int64_t elements = 0;
            for (const auto& bucket : laid.buckets) elements += bucket.length();
            const ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = zero});
            const auto share = zero == ZeroStage::none ? elements : elements / comm->size();
            CHECK(optimizer.state_bytes() == (dtype == at::kFloat ? 2 : 3) * 4 * share);
            ++looked;
        }
    }
    CHECK(looked == 6);
}

TEST_CASE("a gradient that is not finite changes nothing, on any rank", "[mpi]") {
    for (const auto zero : {ZeroStage::none, ZeroStage::gradients}) {
        const auto comm = comm::make_tensor_comm(world(), at::kCPU);
        auto laid = lay_out(test::network(), {"first.weight"}, {.parts = comm->size()});
        const auto weight = laid.store.all().at("first.weight");
        const auto before = weight.detach().clone();
        ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = zero});
        const bool is_bad = comm->rank() == comm->size() - 1;
        optimizer.begin_backward(true);
        weight.mul(is_bad ? std::numeric_limits<double>::infinity() : 1.0).sum().backward();
        optimizer.finish_backward();
        const auto report = optimizer.update(0.1);
        CHECK_FALSE(report.is_finite);
        CHECK(optimizer.updates() == 0);
        CHECK(weight.equal(before));
        optimizer.begin_backward(true);
        weight.sum().backward();
        optimizer.finish_backward();
        CHECK(optimizer.update(0.1).is_finite);
        CHECK_FALSE(weight.equal(before));
    }
}

namespace {

/// A backward in which ranks from `first` on fail: those with an even number before any gradient is there,
/// the others once the second layer's sums have begun. @return what this rank was told
std::string told_of_failure(ZeroStage zero, int first) {
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    auto laid = lay_out(test::network(), test::network_names(), {.parts = comm->size(), .most_elements = 1});
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = zero});
    const auto& all = laid.store.all();
    const auto body = [&] {
        const auto x = test::tensor_of(test::adamw_golden().at("inputs"))[0];
        const auto hidden = at::gelu(at::linear(x, all.at("first.weight"), all.at("first.bias")));
        const auto out = at::linear(hidden, all.at("second.weight"), all.at("second.bias"));
        const auto fail = [&](const at::Tensor& gradient) -> at::Tensor {
            if (comm->rank() < first) return gradient;
            // until the others' word has come in the operations that have begun
            std::this_thread::sleep_for(std::chrono::milliseconds(20 * (comm->rank() % 2)));
            throw core::input_error(fmt::format("rank {} is out of luck", comm->rank()));
        };
        (comm->rank() % 2 == 0 ? out : hidden).register_hook(fail);
        optimizer.begin_backward(true);
        out.square().mean().backward();
        optimizer.finish_backward();
        optimizer.update(0.1);
    };
    try {
        par::together(comm->group(), [&] {
            try {
                body();
            } catch (...) {
                comm->abandon();
                throw;
            }
        });
    } catch (const par::CollectiveError& error) {
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("whichever ranks fail in a backward, all are told and none waits", "[mpi]") {
    int failed = 0;
    for (const auto zero : {ZeroStage::none, ZeroStage::gradients}) {
        for (int first = 0; first < world().size(); ++first, ++failed) {
            const auto told = told_of_failure(zero, first);
            CHECK_THAT(told, Catch::StartsWith(fmt::format("rank {} is out of luck", first)));
        }
    }
    CHECK(failed == 2 * world().size());
}

namespace {

constexpr std::int64_t k_backwards = 3;  // of each rank per update

nn::LlamaConfig small_llm(bool tied) {
    return {.width = 16,
            .mlp_width = 24,
            .layers = 2,
            .heads = 2,
            .kv_heads = 1,
            .head_width = 8,
            .vocabulary = 24,
            .max_positions = 64,
            .eps = 1e-6,
            .tied = tied,
            .qkv_bias = true};
}

/// Numbers between -most and most that look random and are the same on every rank.
at::Tensor scattered(at::IntArrayRef shape, double seed, double most) {
    return at::arange(c10::multiply_integers(shape), at::kDouble)
        .mul(12.9898)
        .add(seed)
        .sin()
        .mul(437.58)
        .sin()
        .mul(most)
        .to(at::kFloat)
        .view(shape);
}

weights::WeightStore small_mllm(const nn::LlamaConfig& config) {
    weights::WeightStore llm;
    for (const auto& [name, shape] : nn::llama_shapes(config))
        llm.put(name, scattered(shape, static_cast<double>(llm.all().size()), 0.3));
    nn::Projector projector;
    for (const std::int64_t inputs : {8, 16})
        projector.layers.push_back({scattered({16, inputs}, 50, 0.3), scattered({16}, 51, 0.3)});
    return vlm::mllm_store(llm, projector);
}

/// The loss of one sample. Every third is a text alone, whose backward does not reach the projector.
at::Tensor loss_of(const vlm::Mllm& model, std::int64_t sample) {
    const bool is_text = sample % 3 == 0;
    std::vector<vlm::Tokens> batch(1);
    for (std::int64_t i = 0; i < 7; ++i) {
        batch[0].ids.push_back(i == 1 && !is_text ? vlm::k_image_id : (5 * sample + 3 * i) % 24);
        batch[0].labels.push_back(i < 3 ? vlm::k_ignore_label : batch[0].ids.back());
    }
    const std::vector<at::Tensor> features = {is_text ? at::Tensor()
                                                      : scattered({4, 8}, static_cast<double>(sample), 1)};
    return vlm::loss(model, batch, features, {.divisor = 30});
}

struct Sharing {
    ZeroStage zero = ZeroStage::none;
    std::int64_t bucket = 1;  ///< elements
    bool is_sorted = false;   ///< parameters by name: buckets do not fill in their order
};

/// Updates of samples that as many ranks as `group` has share, of which the last one's second is left out.
weights::WeightStore trained(const par::Comm& group, const Sharing& sharing, bool tied) {
    const auto samples = world().size() * k_backwards;
    const auto config = small_llm(tied);
    auto store = small_mllm(config);
    const auto comm = comm::make_tensor_comm(group, at::kCPU);
    auto names = vlm::trained_names(config, store, true);
    if (sharing.is_sorted) std::sort(names.begin(), names.end());
    auto laid = lay_out(store, names, {.parts = comm->size(), .most_elements = sharing.bucket});
    const auto model = vlm::make_mllm(config, laid.store);
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm,
                               {.adamw = {.epsilon = 1e-3}, .zero = sharing.zero});
    const auto mine = samples / comm->size();
    for (int update = 0; update < 3; ++update) {
        for (std::int64_t i = 0; i < mine; ++i) {
            const auto sample = comm->rank() * mine + i;
            optimizer.begin_backward(i + 1 == mine);
            if (sample != samples - k_backwards + 1)
                loss_of(model, sample + 7 * update).mul(comm->size()).backward();
            optimizer.finish_backward();
        }
        CHECK(optimizer.update(0.01).is_finite);
    }
    return laid.store;
}

}  // namespace

TEST_CASE("a rank that has no backward sums with those that have one", "[mpi]") {
    int compared = 0;
    for (const bool tied : {false, true}) {
        const auto start = small_mllm(small_llm(tied));
        const auto wanted = trained({}, {}, tied);
        for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
            for (const Sharing& sharing : {Sharing{zero, 1}, Sharing{zero, 1, true}, Sharing{zero, 700}}) {
                const auto found = trained(world(), sharing, tied);
                for (const auto& [name, value] : wanted.all()) {
                    INFO(name << ", stage " << static_cast<int>(zero) << ", buckets of " << sharing.bucket
                              << (sharing.is_sorted ? " by name" : ""));
                    const auto change = value.sub(start.all().at(name)).norm().item<double>();
                    CHECK(change > 0);
                    CHECK(found.all().at(name).sub(value).norm().item<double>() <= 1e-4 * change);
                    ++compared;
                }
            }
        }
    }
    CHECK(compared == 9 * (21 + 20));
}

namespace {

/// Of one rank's backward: bfloat16 numbers between 0.5 and 1.5.
at::Tensor gradient_of(int rank, std::int64_t backward, std::int64_t length) {
    return scattered({length}, 10.0 * rank + static_cast<double>(backward), 0.5).add(1).to(at::kBFloat16);
}

/// The gradient that an optimizer's update took, of this rank's part: from 0, AdamW with epsilon 1 and rate 1
/// goes to -g / (|g| + 1).
at::Tensor gradient_taken(ZeroStage zero, std::int64_t backwards, std::int64_t length) {
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    weights::WeightStore store;
    store.put("weight", at::zeros({length}, at::kFloat));
    auto laid = lay_out(store, {"weight"}, {.parts = comm->size(), .dtype = at::kBFloat16});
    const auto weight = laid.store.all().at("weight");
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.adamw = {.epsilon = 1}, .zero = zero});
    for (std::int64_t i = 0; i < backwards; ++i) {
        optimizer.begin_backward(i + 1 == backwards);
        weight.mul(gradient_of(comm->rank(), i, length)).sum().backward();
        optimizer.finish_backward();
    }
    CHECK(optimizer.update(1).is_finite);
    const auto master = optimizer.shards()[0].master.to(at::kDouble).neg();
    const auto taken = at::zeros({length}, at::kDouble);
    taken.narrow(0, optimizer.shard_begin(0), master.numel()).copy_(master.div(master.neg().add(1)));
    return taken;
}

}  // namespace

TEST_CASE("backwards in bfloat16 are added without rounding each sum, whatever ranks share", "[mpi]") {
    constexpr std::int64_t k_length = 4096;
    const double rounding = std::exp2(-8) * 1.01;  // half of bfloat16's last place, and AdamW in float32
    int compared = 0;
    for (const std::int64_t backwards : {1, 8}) {
        auto wanted = at::zeros({k_length}, at::kDouble);
        for (int rank = 0; rank < world().size(); ++rank)
            for (std::int64_t i = 0; i < backwards; ++i)
                wanted.add_(gradient_of(rank, i, k_length), 1.0 / world().size());
        for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
            INFO("stage " << static_cast<int>(zero) << ", " << backwards << " backward(s)");
            const auto taken = gradient_taken(zero, backwards, k_length);
            const auto own = taken.ne(0);
            CHECK(own.sum().item<std::int64_t>() ==
                  (zero == ZeroStage::none ? k_length : k_length / world().size()));
            const auto error = taken.sub(wanted).abs().div(wanted).mul(own);
            CHECK(error.max().item<double>() <= rounding);
            ++compared;
        }
    }
    CHECK(compared == 6);
}
