// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <lvr/train/schedule.hpp>
#include <lvr/train/sharded_optimizer.hpp>

#include "unit/llava_fixture.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::train;
using test::world;

namespace {

struct Stage {
    const char* name;
    bool with_llm;
    double peak;
    std::int64_t updates = 20;
    vlm::ForwardOptions how = {};
};

/// Updates of two samples, one after the other on as many ranks as take part in it.
std::vector<double> run(const test::TinyLlava& tiny, const Stage& stage, ZeroStage zero,
                        const par::Comm& group, weights::WeightStore& store) {
    const auto comm = comm::make_tensor_comm(group, at::kCPU);
    auto laid = lay_out(store, vlm::trained_names(tiny.config, store, stage.with_llm),
                        {.parts = comm->size(), .most_elements = 3000});
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = zero});
    const auto model = vlm::make_mllm(tiny.config, laid.store);
    const CosineSchedule schedule{stage.peak, 20, 0.05};
    std::vector<double> losses;
    for (std::int64_t step = 0; step < stage.updates; ++step) {
        const auto samples = tiny.samples("steps.", step);
        const auto features = tiny.features("steps.", step);
        std::int64_t labels = 0;
        for (const auto& sample : samples)
            labels +=
                std::ranges::count_if(sample.labels, [](auto label) { return label != vlm::k_ignore_label; });
        const auto mine = 2 / comm->size(), first = comm->rank() * mine;
        optimizer.begin_backward(true);
        // The mean over the labels of the whole batch; the optimizer divides by the ranks.
        const auto loss = vlm::loss(model, std::span(samples).subspan(first, mine),
                                    std::span(features).subspan(first, mine),
                                    {.divisor = static_cast<double>(labels)}, stage.how);
        loss.mul(comm->size()).backward();
        optimizer.finish_backward();
        double sum = loss.item<double>();
        comm->group().sum(std::span(&sum, 1));
        losses.push_back(sum);
        CHECK(optimizer.update(schedule.rate(step)).is_finite);
    }
    store = laid.store;
    return losses;
}

}  // namespace

TEST_CASE("twenty updates of either stage follow transformers' losses, on one rank and on two", "[mpi]") {
    const int ranks = world().size() > 1 ? 2 : 1;
    const auto group = world().split(world().rank() / ranks, world().rank());
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        for (const auto zero : {ZeroStage::none, ZeroStage::gradients}) {
            auto store = tiny.store;
            for (const Stage& stage : {Stage{"align", false, 5e-3}, Stage{"finetune", true, 1e-3}}) {
                INFO(name << " " << stage.name << ", stage " << static_cast<int>(zero));
                const auto losses = run(tiny, stage, zero, group, store);
                const auto wanted = tiny.expected(std::string("steps.") + stage.name);
                for (std::int64_t i = 0; i < 20; ++i) {
                    CHECK(losses[static_cast<std::size_t>(i)] ==
                          Approx(wanted[i].item<double>()).epsilon(1e-4));
                    ++compared;
                }
            }
        }
    }
    CHECK(compared == 2 * 2 * 2 * 20);
}

TEST_CASE("updates with blocks computed again are the same to the bit, whatever ranks share", "[mpi]") {
    const int ranks = world().size() > 1 ? 2 : 1;
    const auto group = world().split(world().rank() / ranks, world().rank());
    const vlm::ForwardOptions again = {.activations = nn::Activations::recomputed};
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
            for (const Stage& stage : {Stage{"align", false, 5e-3, 5}, Stage{"finetune", true, 1e-3, 5}}) {
                INFO(name << " " << stage.name << ", stage " << static_cast<int>(zero));
                auto store = tiny.store, other = tiny.store;
                Stage recomputing = stage;
                recomputing.how = again;
                const auto losses = run(tiny, stage, zero, group, store);
                CHECK(run(tiny, recomputing, zero, group, other) == losses);
                for (const auto& [parameter, tensor] : store.all())
                    CHECK(other.all().at(parameter).equal(tensor));
                compared += static_cast<int>(losses.size());
            }
        }
    }
    CHECK(compared == 2 * 3 * 2 * 5);
}
