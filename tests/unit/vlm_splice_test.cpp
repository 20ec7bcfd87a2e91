// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <ctime>

#include <lvr/core/error.hpp>
#include <lvr/vlm/splice.hpp>

#include "refusal.hpp"

using namespace lvr;
using namespace lvr::vlm;
using test::says;
using Ids = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t I = k_ignore_label, P = k_image_id;

/// V = 8, D = 3: row i is [10 i, 10 i + 1, 10 i + 2].
at::Tensor table() {
    const auto rows = at::arange(8, at::TensorOptions(at::kFloat)).mul(10).unsqueeze(1);
    return rows.add(at::arange(3, at::TensorOptions(at::kFloat)).unsqueeze(0));
}

/// T tokens that begin with `first`.
at::Tensor image(std::int64_t tokens, float first) {
    return at::arange(3 * tokens, at::TensorOptions(at::kFloat)).view({tokens, 3}).mul(0.125).add(first);
}

at::Tensor rows(const at::Tensor& weights, std::initializer_list<std::int64_t> ids) {
    std::vector<at::Tensor> picked;
    for (const std::int64_t id : ids) picked.push_back(weights.narrow(0, id, 1));
    return at::cat(picked);
}

Ids numbers(const at::Tensor& tensor) {
    const auto flat = tensor.to(at::kLong).contiguous();
    return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

/// In front, text only, in the middle and twice.
const std::vector<Tokens> k_batch = {
    {{1, P, 4}, {I, I, 4}}, {{1, 6}, {I, 6}}, {{1, P, P, 5, P}, {I, P, P, 5, P}}};

std::vector<at::Tensor> images() {
    return {image(2, 100), image(2, 200), image(1, 300), image(3, 400), image(2, 500)};
}

std::string refusal(const std::vector<Tokens>& batch, const std::vector<at::Tensor>& given) {
    return test::refusal([&] { splice(batch, given, table()); });
}

}  // namespace

TEST_CASE("images take the places of their placeholders", "[vlm]") {
    const auto weights = table();
    const auto given = images();
    const auto out = splice(k_batch, given, weights);
    CHECK(out.lengths == Ids{4, 2, 8});
    REQUIRE(out.embeddings_BLD.sizes() == at::IntArrayRef({3, 8, 3}));
    const auto nothing = [](std::int64_t count) { return at::zeros({count, 3}); };
    const auto first = at::cat({rows(weights, {1}), given[0], rows(weights, {4}), nothing(4)});
    const auto second = at::cat({rows(weights, {1, 6}), nothing(6)});
    const auto third = at::cat({rows(weights, {1}), given[2], given[3], rows(weights, {5}), given[4]});
    CHECK(at::equal(out.embeddings_BLD.select(0, 0), first));
    CHECK(at::equal(out.embeddings_BLD.select(0, 1), second));
    CHECK(at::equal(out.embeddings_BLD.select(0, 2), third));
    CHECK(numbers(out.labels_BL) ==
          Ids{I, I, I, 4, I, I, I, I, I, 6, I, I, I, I, I, I, I, I, I, I, I, 5, I, I});
    CHECK(numbers(out.sample_BL) ==
          Ids{0, 0, 0, 0, -1, -1, -1, -1, 1, 1, -1, -1, -1, -1, -1, -1, 2, 2, 2, 2, 2, 2, 2, 2});
}

TEST_CASE("gradients flow to the images and to the embeddings", "[vlm]") {
    auto weights = table().requires_grad_();
    auto given = images();
    for (auto& one : given) one.requires_grad_();
    const auto out = splice(k_batch, given, weights);
    // Each position weighs its number, from 1 on, so that a gradient tells where a token went.
    const auto places = at::arange(1, 9, at::TensorOptions(at::kFloat)).view({1, 8, 1});
    out.embeddings_BLD.mul(places).sum().backward();
    const auto gradient = [](const at::Tensor& tensor) { return numbers(tensor.grad().select(1, 2)); };
    CHECK(gradient(weights) == Ids{0, 3, 0, 0, 4, 6, 2, 0});
    CHECK(gradient(given[0]) == Ids{2, 3});
    CHECK(gradient(given[1]) == Ids{0, 0});
    CHECK(gradient(given[2]) == Ids{2});
    CHECK(gradient(given[3]) == Ids{3, 4, 5});
    CHECK(gradient(given[4]) == Ids{7, 8});
}

TEST_CASE("a batch of many samples costs no more for each", "[vlm]") {
    const auto seconds = [](std::int64_t samples) {
        const std::vector<Tokens> batch(static_cast<std::size_t>(samples),
                                        Tokens{Ids(16, 1), Ids(16, 1), false});
        const std::vector<at::Tensor> none(batch.size());
        const auto weights = at::ones({2, 64}).requires_grad_();
        const auto out = splice(batch, none, weights).embeddings_BLD.sum();
        const auto start = std::clock();
        out.backward();
        CHECK(weights.grad()[1][0].item<float>() == static_cast<float>(16 * samples));
        return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    };
    seconds(16);
    const double few = seconds(128), many = seconds(2048);
    INFO(few << " s of CPU time, " << many << " s");
    CHECK(many < 64 * few);  // 16 times as many; were each to fill a gradient of all: 256
}

TEST_CASE("samples may share a row", "[vlm]") {
    const std::vector<Tokens> batch = {{{1, P, 4}, {I, I, 4}}, {{3, 6}, {3, 6}}, {{2}, {2}}};
    const std::vector<at::Tensor> given = {image(2, 100), at::Tensor(), at::Tensor()};
    const auto weights = table();
    const auto out = splice(batch, given, weights, {0, {{2}, {0, 1}}});
    const auto second = at::cat({rows(weights, {1}), given[0], rows(weights, {4, 3, 6})});
    CHECK(out.lengths == Ids{1, 6});
    CHECK(at::equal(out.embeddings_BLD.select(0, 0), at::cat({rows(weights, {2}), at::zeros({5, 3})})));
    CHECK(at::equal(out.embeddings_BLD.select(0, 1), second));
    CHECK(numbers(out.labels_BL) == Ids{2, I, I, I, I, I, I, I, I, 4, I, 6});
    CHECK(numbers(out.sample_BL) == Ids{2, -1, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1});
    CHECK_THROWS_AS(splice(batch, given, weights, {0, {{3}}}), core::Error);
}

TEST_CASE("a spliced batch may be cut", "[vlm]") {
    const auto out = splice(k_batch, images(), table(), {3, {}});
    CHECK(out.lengths == Ids{3, 2, 3});
    CHECK(at::equal(out.embeddings_BLD, splice(k_batch, images(), table()).embeddings_BLD.narrow(1, 0, 3)));
    CHECK(numbers(out.labels_BL) == Ids{I, I, I, I, 6, I, I, I, I});
}

TEST_CASE("a text-only sample needs no image", "[vlm]") {
    const auto out = splice(std::vector<Tokens>{{{2, 3}, {2, I}}}, std::vector<at::Tensor>(1), table());
    CHECK(at::equal(out.embeddings_BLD.select(0, 0), rows(table(), {2, 3})));
    CHECK(numbers(out.labels_BL) == Ids{2, I});
    CHECK(images_wanted({{2, 3}, {}}) == 1);
    CHECK(images_wanted({{P, 3, P}, {}}) == 2);
}

TEST_CASE("what does not fit is refused by name", "[vlm]") {
    auto given = images();
    CHECK(says(refusal(k_batch, {given[0]}), "sample 2 of the batch lacks an image"));
    CHECK(says(refusal({k_batch[0]}, given), "takes 1 images and got 5"));
    CHECK(says(refusal({{{1, 8}, {I, I}}}, {given[0]}), "id 8, beyond the 8"));
    CHECK(says(refusal({{{1, -1}, {I, I}}}, {given[0]}), "id -1"));
    CHECK(says(refusal({{{1, 2}, {I}}}, {given[0]}), "as many labels"));
    CHECK(says(refusal({k_batch[0]}, {at::Tensor()}), "without an image"));
    CHECK(says(refusal({k_batch[0]}, {at::zeros({2, 4})}), "another width"));
    CHECK(says(refusal({k_batch[0]}, {at::zeros({2, 3}, at::TensorOptions(at::kDouble))}), "another type"));
}

TEST_CASE("samples are cut and masked as the recipe collates them", "[vlm]") {
    const Tokens tokens{{1, P, 0, 4, 0, 2}, {I, P, 0, 4, 0, 2}};
    const Tokens published = collated(tokens, {5, 0, MaskRule::published});
    CHECK(published.ids == Ids{1, P, 4});
    CHECK(published.labels == Ids{I, P, 4});
    const Tokens corrected = collated(tokens, {5, 0, MaskRule::corrected});
    CHECK(corrected.ids == Ids{1, P, 0, 4, 0});
    CHECK(corrected.labels == Ids{I, P, 0, 4, 0});
    CHECK(collated(tokens, {100, 7, MaskRule::published}).ids == tokens.ids);
}
