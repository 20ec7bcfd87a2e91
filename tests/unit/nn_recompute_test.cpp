// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/CPUAllocator.h>
#include <catch2/catch.hpp>

#include <utility>

#include <lvr/nn/recompute.hpp>

#include "nn_fixture.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

/// Counts the bytes of all tensors that live while it does.
class CountingAllocator : public at::Allocator {
  public:
    CountingAllocator() : base_(*c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 10); }
    ~CountingAllocator() override { c10::SetCPUAllocator(&base_, 10); }

    std::int64_t live() const { return live_; }

    at::DataPtr allocate(std::size_t bytes) override {
        auto* const piece = new Piece{base_.allocate(bytes), static_cast<std::int64_t>(bytes), *this};
        live_ += piece->bytes;
        return {piece->memory.get(), piece, &release, at::kCPU};
    }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        default_copy_data(to, from, bytes);
    }

  private:
    struct Piece {
        at::DataPtr memory;
        std::int64_t bytes;
        CountingAllocator& owner;
    };
    static void release(void* context) {
        auto* const piece = static_cast<Piece*>(context);
        piece->owner.live_ -= piece->bytes;
        delete piece;
    }

    at::Allocator& base_;
    std::int64_t live_ = 0;
};

using Gradients = std::map<std::string, at::Tensor>;

/// Of a sum over the output, for the model's parameters and, as "", its input.
Gradients gradients(const GoldenModel& golden, nn::Activations activations, bool with_weights,
                    at::Tensor& hidden) {
    const auto store = golden.store();
    for (const auto& [name, tensor] : store.all()) tensor.requires_grad_(with_weights);
    const auto model = nn::make_llama(golden.config(), store);
    const auto input = nn::embed(model, golden.read("ids")).detach().requires_grad_(true);
    hidden = nn::llama_forward(model, input, {}, activations);
    hidden.square().mul(hidden).sum().backward();
    Gradients found = {{"", input.grad()}};
    for (const auto& [name, tensor] : store.all())
        if (tensor.grad().defined()) found[name] = tensor.grad();
    return found;
}

nn::LlamaConfig small_config() {
    nn::LlamaConfig config{.width = 64, .mlp_width = 160, .layers = 6, .heads = 4, .kv_heads = 4};
    config.head_width = 16;
    config.vocabulary = 50;
    config.max_positions = 128;
    config.eps = 1e-6;
    return config;
}

}  // namespace

TEST_CASE("values and gradients are the same to the bit if blocks are computed again") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        for (const bool with_weights : {true, false}) {
            INFO(golden.name << ", trained: " << with_weights);
            at::Tensor once, again;
            const auto kept = gradients(golden, nn::Activations::kept, with_weights, once);
            const auto recomputed = gradients(golden, nn::Activations::recomputed, with_weights, again);
            CHECK(again.equal(once));
            REQUIRE(recomputed.size() == kept.size());
            CHECK((kept.size() > 10) == with_weights);
            for (const auto& [name, gradient] : kept) {
                INFO(name);
                REQUIRE(recomputed.contains(name));
                CHECK(recomputed.at(name).equal(gradient));
                ++compared;
            }
        }
    }
    CHECK(compared > 80);
}

TEST_CASE("of a block that is computed again only its input is kept") {
    const auto config = small_config();
    weights::WeightStore store;
    for (const auto& [name, shape] : nn::llama_shapes(config))
        store.put(name, at::randn(shape).mul(0.1).requires_grad_(true));
    const auto model = nn::make_llama(config, store);
    const auto ids = at::randint(50, {2, 128}, at::kLong);
    const auto input = nn::embed(model, ids).detach().requires_grad_(true);
    const auto piece = static_cast<std::int64_t>(input.nbytes());
    CountingAllocator memory;
    const auto kept_by = [&](nn::Activations activations) {
        const auto before = memory.live();
        const auto output = nn::llama_forward(model, input, {}, activations);
        return memory.live() - before;
    };
    const auto all = kept_by(nn::Activations::kept), inputs = kept_by(nn::Activations::recomputed);
    INFO(all << " and " << inputs << " bytes");
    CHECK(all > 6 * 10 * piece);
    // Each block's output is the next one's input; then the norm's, the result, and the rotations.
    CHECK(inputs <= (6 + 5) * piece);
    CHECK(memory.live() == 0);
}

TEST_CASE("where nothing is recorded, a function is called and no more") {
    int calls = 0;
    const auto weight = at::randn({3}).requires_grad_(true);
    const auto f = [&](const at::Tensor& x) {
        ++calls;
        return x.mul(weight);
    };
    const auto x = at::randn({3});
    nn::recomputed(f, x).sum().backward();  // of the weight alone, as without
    CHECK(calls == 1);
    CHECK(weight.grad().equal(x));
    {
        const at::NoGradGuard none;
        CHECK_FALSE(nn::recomputed(f, x.clone().requires_grad_(true)).requires_grad());
    }
    CHECK(calls == 2);
    nn::recomputed(f, x.clone().requires_grad_(true)).sum().backward();
    CHECK(calls == 4);
    CHECK(weight.grad().equal(x.mul(2)));
}
