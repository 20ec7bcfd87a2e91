// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/train/schedule.hpp>
#include <lvr/train/sharded_optimizer.hpp>

#include "world.hpp"

using namespace lvr;
using namespace lvr::train;
using test::world;

namespace {

const core::Json& golden() {
    static const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/adamw_steps.json";
    static const core::Json json = core::parse_json(core::read_text(file), file);
    return json;
}

void flatten(const core::Json& json, std::vector<float>& values) {
    if (json.is_number()) values.push_back(json.get<float>());
    if (json.is_array())
        for (const auto& one : json) flatten(one, values);
}

at::Tensor tensor(const core::Json& json) {
    std::vector<std::int64_t> shape;
    for (const core::Json* level = &json; level->is_array(); level = &level->at(0))
        shape.push_back(static_cast<std::int64_t>(level->size()));
    std::vector<float> values;
    flatten(json, values);
    return at::from_blob(values.data(), shape, at::kFloat).clone();
}

weights::WeightStore start() {
    weights::WeightStore store;
    for (const auto& [name, value] : golden().at("start").items()) store.put(name, tensor(value));
    return store;
}

at::Tensor loss_of(const weights::WeightStore& store, const at::Tensor& x, const at::Tensor& y) {
    const auto& all = store.all();
    const auto hidden = at::gelu(at::linear(x, all.at("first.weight"), all.at("first.bias")));
    return at::linear(hidden, all.at("second.weight"), all.at("second.bias")).sub(y).square().mean();
}

struct Way {
    ZeroStage zero;
    std::int64_t bucket;     ///< elements
    std::int64_t backwards;  ///< per update and rank
};

/// The losses of a case's updates: each rank takes its share of every batch, in as many backwards as `way`
/// says.
std::vector<double> losses_of(const std::string& name, const Way& way, std::vector<double>& norms,
                              weights::WeightStore* end = nullptr) {
    const auto& its = golden().at("cases").at(name);
    const std::vector<std::string> names = {"first.weight", "first.bias", "second.weight", "second.bias",
                                            "unused.weight"};
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    auto laid = lay_out(start(), names, {.parts = comm->size(), .most_elements = way.bucket});
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm,
                               {.adamw = {.weight_decay = its.at("weight_decay").get<double>()},
                                .zero = way.zero,
                                .most_norm = its.at("most_norm").get<double>()});
    const auto inputs = tensor(golden().at("inputs")), targets = tensor(golden().at("targets"));
    const CosineSchedule schedule{golden().at("peak").get<double>(), inputs.size(0),
                                  golden().at("warmup_share").get<double>()};
    std::vector<double> losses;
    for (std::int64_t update = 0; update < inputs.size(0); ++update) {
        CHECK(schedule.rate(update) == Approx(its.at("rates")[update].get<double>()).margin(1e-12));
        double loss = 0;
        const auto parts = comm->size() * way.backwards, length = inputs.size(1) / parts;
        for (std::int64_t i = 0; i < way.backwards; ++i) {
            const auto from = (comm->rank() * way.backwards + i) * length;
            const auto part = loss_of(laid.store, inputs[update].narrow(0, from, length),
                                      targets[update].narrow(0, from, length));
            optimizer.begin_backward(i + 1 == way.backwards);
            part.div(way.backwards).backward();
            optimizer.finish_backward();
            loss += part.item<double>() / static_cast<double>(parts);
        }
        world().sum(std::span(&loss, 1));
        losses.push_back(loss);
        norms.push_back(optimizer.update(schedule.rate(update)).gradient_norm);
    }
    if (end != nullptr) *end = laid.store;
    return losses;
}

}  // namespace

namespace {

void compare(const std::string& name, const Way& way) {
    INFO(name << ", stage " << static_cast<int>(way.zero) << ", buckets of " << way.bucket << ", "
              << way.backwards << " backward(s)");
    const auto& its = golden().at("cases").at(name);
    std::vector<double> norms;
    weights::WeightStore end;
    const auto losses = losses_of(name, way, norms, &end);
    REQUIRE(losses.size() == 20);
    for (std::size_t i = 0; i < losses.size(); ++i) {
        CHECK(losses[i] == Approx(its.at("losses")[i].get<double>()).epsilon(1e-5));
        CHECK(norms[i] == Approx(its.at("norms")[i].get<double>()).epsilon(1e-4));
    }
    for (const auto& [parameter, value] : its.at("end").items()) {
        const auto wanted = tensor(value);
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

TEST_CASE("ranks share what a stage says they share", "[mpi]") {
    const std::vector<std::string> names = {"first.weight", "second.weight"};
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        const auto comm = comm::make_tensor_comm(world(), at::kCPU);
        auto laid = lay_out(start(), names, {.parts = comm->size(), .most_elements = 1});
        std::int64_t elements = 0;
        for (const auto& bucket : laid.buckets) elements += bucket.length();
        const ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = zero});
        const auto share = zero == ZeroStage::none ? elements : elements / comm->size();
        CHECK(optimizer.state_bytes() == 3 * 4 * share);
    }
}

TEST_CASE("a gradient that is not finite changes nothing, on any rank", "[mpi]") {
    for (const auto zero : {ZeroStage::none, ZeroStage::gradients}) {
        const auto comm = comm::make_tensor_comm(world(), at::kCPU);
        auto laid = lay_out(start(), {"first.weight"}, {.parts = comm->size()});
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
