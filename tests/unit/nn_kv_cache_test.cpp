// SPDX-License-Identifier: Apache-2.0
// A model that goes on from a cache against llama_forward over the whole sequence, and against itself.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <catch2/catch.hpp>

#include <limits>

#include <lvr/nn/kv_cache.hpp>
#include <lvr/nn/llama.hpp>

#include "nn_fixture.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

/// Sequences of different lengths: a prompt each, then steps of all at once. Row r begins with prompts[r] ids
/// of its sample and has `steps` more. @return of each row all its hidden states
std::vector<at::Tensor> in_steps(const nn::Llama& model, const at::Tensor& ids_BL,
                                 const std::vector<std::int64_t>& prompts, std::int64_t steps) {
    auto cache = nn::make_kv_cache(model, std::ssize(prompts));
    std::vector<std::vector<at::Tensor>> found(prompts.size());
    std::vector<nn::Extension> each;
    for (std::size_t r = 0; r < prompts.size(); ++r) {
        const auto row = static_cast<std::int64_t>(r);
        nn::reserve(cache, model, prompts[r]);
        const nn::Extension one = {row, prompts[r]};
        const auto prompt = nn::embed(model, ids_BL[row].narrow(0, 0, prompts[r]));
        found[r].push_back(nn::llama_extend(model, prompt, std::span(&one, 1), cache, nn::Wanted::all));
        each.push_back({row, 1});
    }
    for (std::int64_t step = 0; step < steps; ++step) {
        std::vector<at::Tensor> next;
        for (std::size_t r = 0; r < prompts.size(); ++r) {
            nn::reserve(cache, model, prompts[r] + step + 1);
            next.push_back(ids_BL[static_cast<std::int64_t>(r)].narrow(0, prompts[r] + step, 1));
        }
        const auto hidden = nn::llama_extend(model, nn::embed(model, at::cat(next)), each, cache);
        for (std::size_t r = 0; r < prompts.size(); ++r)
            found[r].push_back(hidden.narrow(0, static_cast<std::int64_t>(r), 1));
    }
    std::vector<at::Tensor> whole;
    for (const auto& parts : found) whole.push_back(at::cat(parts));
    return whole;
}

const std::vector<std::int64_t> k_prompts = {7, 1, 4};
constexpr std::int64_t k_steps = 6;

}  // namespace

TEST_CASE("From a cache, step by step, comes what comes of the whole sequence") {
    const at::NoGradGuard nothing_recorded;
    int compared = 0;
    struct Kind {
        at::ScalarType type;
        double most;
    };
    // In double and in bfloat16 by LibTorch, as on a GPU; in float32 by our own kernels.
    for (const auto& [type, most] :
         {Kind{at::kFloat, 2e-6}, Kind{at::kDouble, 1e-6}, Kind{at::kBFloat16, 0.05}}) {
        for (const auto& golden : golden_models()) {
            CAPTURE(golden.name, c10::toString(type));
            const auto model = nn::make_llama(golden.config(), golden.store(type));
            const auto ids = golden.read("ids");
            const auto rows = in_steps(model, ids, k_prompts, k_steps);
            for (std::size_t r = 0; r < rows.size(); ++r) {
                const auto row =
                    ids.narrow(0, static_cast<std::int64_t>(r), 1).narrow(1, 0, k_prompts[r] + k_steps);
                const auto whole = nn::llama_forward(model, nn::embed(model, row))[0];
                CHECK(relative_error(rows[r], whole) <= most);
                ++compared;
            }
        }
    }
    CHECK(compared == 45);
}

TEST_CASE(
    "In float32 it is the same to the last bit: alone or not, at once or step by step, on any threads") {
    const at::NoGradGuard nothing_recorded;
    const int before = at::get_num_threads();
    int compared = 0;
    for (const auto& golden : golden_models()) {
        CAPTURE(golden.name);
        const auto model = golden.model();
        const auto ids = golden.read("ids");
        const auto rows = in_steps(model, ids, k_prompts, k_steps);
        for (const int threads : {1, 2, 3}) {
            at::set_num_threads(threads);
            const auto again = in_steps(model, ids, k_prompts, k_steps);
            for (std::size_t r = 0; r < rows.size(); ++r) {
                CHECK(again[r].equal(rows[r]));
                const auto alone = ids.narrow(0, static_cast<std::int64_t>(r), 1);
                CHECK(in_steps(model, alone, {k_prompts[r]}, k_steps)[0].equal(rows[r]));
                CHECK(in_steps(model, alone, {k_prompts[r] + k_steps}, 0)[0].equal(rows[r]));
                ++compared;
            }
        }
        at::set_num_threads(before);
    }
    CHECK(compared == 45);
}

TEST_CASE("Rows move, are left and begun again, and the cache grows") {
    const at::NoGradGuard nothing_recorded;
    int compared = 0;
    for (const auto type : {at::kFloat, at::kDouble}) {
        const auto golden = golden_model("llama_gqa");
        const auto model = nn::make_llama(golden.config(), golden.store(type));
        const auto ids = golden.read("ids");
        const auto wanted = in_steps(model, ids.narrow(0, 0, 1), {7}, 2)[0].narrow(0, 6, 3);
        const auto neighbour = in_steps(model, ids.narrow(0, 2, 1), {2}, 2)[0];
        auto cache = nn::make_kv_cache(model, 3);
        const auto prompt = [&](std::int64_t sample, std::int64_t row, std::int64_t count) {
            cache.lengths[static_cast<std::size_t>(row)] = 0;
            nn::reserve(cache, model, count);
            const nn::Extension one = {row, count};
            return nn::llama_extend(model, nn::embed(model, ids[sample].narrow(0, 0, count)),
                                    std::span(&one, 1), cache);
        };
        prompt(1, 0, 9);
        prompt(2, 1, 3);
        for (const auto& block : cache.blocks) {  // what a damaged sequence would leave
            block.keys_RKCH.fill_(std::numeric_limits<double>::quiet_NaN());
            block.values_RKCH.fill_(std::numeric_limits<double>::quiet_NaN());
        }
        const auto first = prompt(0, 2, 7);
        nn::move_row(cache, 2, 0);
        CHECK(cache.lengths == std::vector<std::int64_t>{7, 3, 0});
        prompt(2, 1, 2);
        std::vector<at::Tensor> found = {first};
        for (std::int64_t step = 0; step < 2; ++step) {
            nn::reserve(cache, model, 400 * step);  // what is held comes along
            const auto next = at::cat({ids[0].narrow(0, 7 + step, 1), ids[2].narrow(0, 2 + step, 1)});
            const std::vector<nn::Extension> two = {{0, 1}, {1, 1}};
            const auto both = nn::llama_extend(model, nn::embed(model, next), two, cache);
            found.push_back(both.narrow(0, 0, 1));
            CHECK(relative_error(both[1], neighbour[2 + step]) < 1e-6);
        }
        CHECK(cache.capacity() >= 400);
        CHECK(cache.lengths == std::vector<std::int64_t>{9, 4, 0});
        if (type == at::kFloat)
            CHECK(at::cat(found).equal(wanted));
        else
            CHECK(relative_error(at::cat(found), wanted) < 1e-12);
        ++compared;
    }
    CHECK(compared == 2);
}
