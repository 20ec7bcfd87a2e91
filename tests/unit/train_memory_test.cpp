// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/randn.h>
#include <c10/core/CPUAllocator.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include <lvr/train/memory_plan.hpp>
#include <lvr/vlm/mllm.hpp>

#include "world.hpp"

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;
using test::world;

namespace {

/// Counts the bytes of all tensors that are made while it lives, and how many there were at most.
class CountingAllocator : public at::Allocator {
  public:
    CountingAllocator() : base_(*c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 20); }
    ~CountingAllocator() override { c10::SetCPUAllocator(&base_, 20); }

    void forget_most() { most_ = live_.load(); }
    std::int64_t most() const { return most_; }

    at::DataPtr allocate(std::size_t bytes) override {
        const std::size_t whole = k_front + (bytes + k_front - 1) / k_front * k_front;
        auto* const memory = static_cast<std::byte*>(std::aligned_alloc(k_front, whole));
        if (memory == nullptr) throw std::bad_alloc();
        const auto size = static_cast<std::int64_t>(bytes);
        std::memcpy(memory, &size, sizeof size);
        const auto live = live_ += size;
        for (auto most = most_.load(); most < live && !most_.compare_exchange_weak(most, live);) {
        }
        return {memory + k_front, memory + k_front, &release, at::kCPU};
    }
    at::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        default_copy_data(to, from, bytes);
    }

  private:
    static constexpr std::size_t k_front = 64;  // bytes before a tensor's: its size

    static void release(void* tensor) {
        auto* const memory = static_cast<std::byte*>(tensor) - k_front;
        std::int64_t size = 0;
        std::memcpy(&size, memory, sizeof size);
        live_ -= size;
        std::free(memory);
    }

    at::Allocator& base_;
    static inline std::atomic<std::int64_t> live_ = 0, most_ = 0;
};

MemoryQuestion question() {
    return {.llm = {.width = 96,
                    .mlp_width = 256,
                    .layers = 4,
                    .heads = 4,
                    .kv_heads = 4,
                    .head_width = 24,
                    .vocabulary = 500,
                    .max_positions = 512,
                    .eps = 1e-6},
            .projector = {48, 96, 96},
            .layout = {.parts = world().size(), .most_elements = 150'000},
            .micro_batch = 2,
            .positions = 96,
            .labels = 60,
            .images = 2,
            .image_tokens = 20,
            .keeps_freed = false};
}

LaidOut random_model(const MemoryQuestion& q) {
    const auto random = [&](const std::vector<std::int64_t>& shape) {
        return at::randn(shape, at::kFloat).mul_(0.02).to(q.layout.dtype);
    };
    weights::WeightStore llm;
    for (const auto& [name, shape] : nn::llama_shapes(q.llm)) llm.put(name, random(shape));
    nn::Projector projector;
    for (std::size_t i = 0; i + 1 < q.projector.size(); ++i)
        projector.layers.push_back(
            {random({q.projector[i + 1], q.projector[i]}), random({q.projector[i + 1]})});
    auto store = vlm::mllm_store(llm, projector);
    const auto names = vlm::trained_names(q.llm, store, q.trains_llm);
    return lay_out(std::move(store), names, q.layout);
}

std::vector<vlm::Tokens> random_batch(const MemoryQuestion& q) {
    std::vector<vlm::Tokens> batch(static_cast<std::size_t>(q.micro_batch));
    const auto length = q.positions - q.image_tokens + 1;
    for (auto& tokens : batch)
        for (std::int64_t i = 0; i < length; ++i) {
            tokens.ids.push_back(i == 0 ? vlm::k_image_id : i % q.llm.vocabulary);
            tokens.labels.push_back(i < length - q.labels / q.micro_batch ? vlm::k_ignore_label
                                                                          : tokens.ids.back());
        }
    return batch;
}

/// Bytes of tensors at most, in the second of two updates, of the rank that had most.
double counted(const MemoryQuestion& q) {
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    CountingAllocator memory;
    auto laid = random_model(q);
    const auto model = vlm::make_mllm(q.llm, laid.store);
    ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {.zero = q.zero});
    const auto batch = random_batch(q);
    const vlm::ForwardOptions how{.activations =
                                      q.recomputes ? nn::Activations::recomputed : nn::Activations::kept};
    for (int update = 0; update < 2; ++update) {
        memory.forget_most();
        for (std::int64_t i = 0; i < q.backwards; ++i) {
            std::vector<at::Tensor> features;
            for (std::int64_t image = 0; image < q.images; ++image)
                features.push_back(at::randn({q.image_tokens, q.projector.front()}).to(q.layout.dtype));
            const auto [hidden, labels] = vlm::forward(model, batch, features, how);
            const auto loss = nn::causal_lm_loss(hidden, model.llm.head_VD, labels);
            optimizer.begin_backward(i + 1 == q.backwards);
            loss.backward();
            optimizer.finish_backward();
        }
        CHECK(optimizer.update(1e-3).is_finite);
    }
    return static_cast<double>(world().max(memory.most()));
}

/// What a plan says of tensors alone.
double planned(const MemoryQuestion& q) {
    constexpr double k_mpi = 3 * (8 << 20);  // not tensors
    return plan_memory(q).total() - (q.layout.parts > 1 ? k_mpi : 0);
}

}  // namespace

TEST_CASE("a plan has the memory that tensors take, on any number of ranks", "[mpi]") {
    int compared = 0;
    const auto compare = [&](const char* what, const MemoryQuestion& q) {
        const double plan = planned(q), count = counted(q);
        INFO(what << ": planned " << plan << ", counted " << count);
        CHECK(plan == Approx(count).epsilon(0.06));
        ++compared;
    };
    auto q = question();
    compare("stage 2", q);
    q.backwards = 2;
    compare("two backwards", q);
    q.zero = ZeroStage::optimizer;
    compare("two backwards, ZeRO 1", q);
    q.zero = ZeroStage::none;
    compare("two backwards, ZeRO 0", q);
    q = question();
    q.recomputes = true;
    compare("recomputed", q);
    q.trains_llm = false;
    compare("stage 1, recomputed", q);
    q.recomputes = false;
    compare("stage 1", q);
    q = question();
    q.layout.dtype = at::kBFloat16;
    compare("bfloat16", q);
    q.backwards = 2;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        q.zero = zero;
        compare("two backwards, bfloat16", q);
    }
    q = question();
    q.llm.kv_heads = 2;
    compare("fewer key heads", q);
    q = question();
    q.llm.tied = true;
    compare("tied", q);
    CHECK(compared == 13);
}

TEST_CASE("what a plan's parts are, and how they are said") {
    auto q = question();
    q.layout.parts = 4;
    q.process_bytes = 150'000'000;
    q.keeps_freed = true;
    q.waiting = 3;
    const auto plan = plan_memory(q);
    std::int64_t elements = 0;
    for (const auto& [name, shape] : nn::llama_shapes(q.llm)) {
        std::int64_t product = 1;
        for (const auto size : shape) product *= size;
        elements += product;
    }
    elements += 48 * 96 + 96 * 96 + 2 * 96;
    CHECK(plan.of(MemoryPart::weights) == Approx(4.0 * static_cast<double>(elements)).epsilon(1e-4));
    CHECK(plan.of(MemoryPart::optimizer) == Approx(2.0 * static_cast<double>(elements)).epsilon(1e-4));
    CHECK(plan.of(MemoryPart::process) == 150e6);
    CHECK(plan.of(MemoryPart::data) == 3 * 2 * 20 * 48 * 4);
    CHECK(plan.of(MemoryPart::freed) > 0);
    CHECK_THAT(to_text(plan), Contains("  process                 150.0 MB\n") && Contains("  per rank   "));
    q.layout.dtype = at::kBFloat16;
    CHECK(plan_memory(q).of(MemoryPart::optimizer) ==
          Approx(3.0 * static_cast<double>(elements)).epsilon(1e-4));
    q.layout.device = at::Device(at::kCUDA, 0);
    CHECK(plan_memory(q).of(MemoryPart::process) == 0);
    CHECK(plan_memory(q).of(MemoryPart::freed) == 0);
    CHECK(resident_bytes() > 1'000'000);
    CHECK(most_resident_bytes() >= resident_bytes());
}
