// SPDX-License-Identifier: Apache-2.0
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include <lvr/kernels/decoder_loops.hpp>
#include <lvr/kernels/decoder_rows.hpp>
#include <lvr/kernels/team.hpp>

using namespace lvr;
using namespace lvr::kernels;

namespace {

at::Tensor normal(at::IntArrayRef sizes) {
    static at::Generator draw = at::detail::createCPUGenerator(17);
    return at::randn(sizes, draw);
}

double distance(const at::Tensor& ours, const at::Tensor& wanted) {
    REQUIRE(ours.sizes() == wanted.sizes());
    const auto reference = wanted.to(at::kDouble);
    return ours.to(at::kDouble).sub(reference).abs().max().item<double>() /
           (reference.abs().max().item<double>() + 1e-30);
}

/// While it lives this thread's work is shared by so many.
class Threads {
  public:
    explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
    ~Threads() { at::set_num_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

  private:
    int before_;
};

struct Sizes {
    std::int64_t rows, inputs, outputs;
};

const std::vector<Sizes> k_products = {{1, 1, 1},   {1, 15, 3},    {2, 16, 4},    {3, 17, 5},   {4, 31, 9},
                                       {5, 32, 33}, {6, 33, 2},    {7, 40, 7},    {13, 100, 6}, {61, 129, 10},
                                       {1, 640, 8}, {16, 257, 64}, {250, 513, 21}};

/// Heads as a model has them: [rows, heads width] in one matrix of q, k, v.
struct Attention {
    std::int64_t heads, kv_heads, width, capacity;
};

/// The formula, by LibTorch in double. @param length of the sequence, of which the queries are the last
at::Tensor attended(const at::Tensor& q_MNH, const at::Tensor& k_KLH, const at::Tensor& v_KLH) {
    const auto groups = q_MNH.size(1) / k_KLH.size(0), length = k_KLH.size(1), rows = q_MNH.size(0);
    const auto wide = [&](const at::Tensor& x) {
        return x.repeat_interleave(groups, 0).unsqueeze(0).to(at::kDouble);
    };
    const auto mask = at::full({rows, length}, 1, at::kBool).tril(length - rows);
    return at::scaled_dot_product_attention(q_MNH.transpose(0, 1).unsqueeze(0).to(at::kDouble), wide(k_KLH),
                                            wide(v_KLH), mask)[0]
        .transpose(0, 1)
        .reshape({rows, -1});
}

}  // namespace

TEST_CASE(
    "Rows times a matrix: right, and the same bits in every instruction set and for any rows beside them",
    "[kernels]") {
    const auto all = all_decoder_loops();
    int compared = 0;
    for (const auto& [rows, inputs, outputs] : k_products) {
        CAPTURE(rows, inputs, outputs);
        const auto x = normal({rows, inputs}), w = normal({outputs, inputs}), bias = normal({outputs});
        const auto y = multiply_rows(x, w, bias);
        CHECK(distance(y, at::linear(x.to(at::kDouble), w.to(at::kDouble), bias.to(at::kDouble))) < 2e-6);
        const auto sum = y.clone();
        add_product(sum, x, w, bias);
        CHECK(sum.equal(y.add(y)));
        CHECK(multiply_rows(x, w, {}).add(bias).equal(y));
        for (const auto& loops : all) {
            auto again = at::zeros({rows, outputs});
            const RowProduct product = {x.const_data_ptr<float>(),
                                        inputs,
                                        rows,
                                        w.const_data_ptr<float>(),
                                        inputs,
                                        inputs,
                                        bias.const_data_ptr<float>(),
                                        again.mutable_data_ptr<float>(),
                                        outputs,
                                        false};
            loops.multiply(product, 0, outputs / 2);
            loops.multiply(product, outputs / 2, outputs);
            CHECK(again.equal(y));
            ++compared;
        }
        for (std::int64_t i = 0; i < rows; i += 5)
            CHECK(multiply_rows(x.narrow(0, i, 1), w, bias).equal(y.narrow(0, i, 1)));
    }
    CHECK(compared == std::ssize(all) * std::ssize(k_products));
}

TEST_CASE(
    "Attention over the cache: LibTorch's formula, in every instruction set the same bits, one by one or at "
    "once",
    "[kernels]") {
    int compared = 0;
    for (const auto& [heads, kv_heads, width, capacity] :
         {Attention{4, 2, 8, 64}, Attention{3, 1, 64, 80}, Attention{2, 2, 72, 64},
          Attention{4, 4, 130, 50}}) {
        CAPTURE(heads, kv_heads, width);
        const std::vector<RowSpan> spans = {{1, 0, 33}, {0, 0, 1}};
        CacheBlock cache = {at::zeros({3, kv_heads, capacity, width}),
                            at::zeros({3, kv_heads, capacity, width})};
        const auto cosine = normal({capacity, width / 2}), sine = normal({capacity, width / 2});
        const auto given = normal({34, (heads + 2 * kv_heads) * width});
        const auto qkv = given.clone();
        store_in_cache(qkv, cosine, sine, spans, cache);
        const auto mixed = attend_cache(qkv, spans, cache, false);
        const auto parts = given.view({34, -1, width}).split_with_sizes({heads, kv_heads, kv_heads}, 1);
        const auto turned = [&](const at::Tensor& x) {  // of the first span
            const auto halves = x.narrow(0, 0, 33).chunk(2, -1);
            const auto c = cosine.narrow(0, 0, 33).unsqueeze(1), s = sine.narrow(0, 0, 33).unsqueeze(1);
            auto result = at::empty({33, x.size(1), width});
            auto to = result.chunk(2, -1);
            to[0].copy_(halves[0].mul(c).sub(halves[1].mul(s)));
            to[1].copy_(halves[1].mul(c).add(halves[0].mul(s)));
            return result;
        };
        const auto wanted = attended(turned(parts[0]), turned(parts[1]).transpose(0, 1),
                                     parts[2].narrow(0, 0, 33).transpose(0, 1));
        CHECK(distance(mixed.narrow(0, 0, 33), wanted) < 3e-6);
        CHECK(cache.values_RKCH[1].narrow(1, 0, 33).equal(parts[2].narrow(0, 0, 33).transpose(0, 1)));
        CHECK(distance(mixed[33], parts[2][33].repeat_interleave(heads / kv_heads, 0).flatten()) < 1e-6);
        CHECK(attend_cache(qkv, spans, cache, true).equal(mixed.narrow(0, 32, 2)));

        CacheBlock other = {at::full({1, kv_heads, 40, width}, 7.0), at::full({1, kv_heads, 40, width}, 7.0)};
        for (std::int64_t i = 0; i < 33; ++i) {  // elsewhere, one position after another
            const std::vector<RowSpan> one = {{0, i, 1}};
            const auto row = given.narrow(0, i, 1).clone();
            store_in_cache(row, cosine, sine, one, other);
            CHECK(attend_cache(row, one, other, false).equal(mixed.narrow(0, i, 1)));
        }
        for (const auto& loops : all_decoder_loops()) {
            auto again = at::zeros({33, heads * width});
            std::vector<float> scores(static_cast<std::size_t>(33 * score_stride(33)));
            for (std::int64_t head = 0; head < heads; ++head) {
                const auto k = cache.keys_RKCH[1][head / (heads / kv_heads)].narrow(0, 0, 33),
                           v = cache.values_RKCH[1][head / (heads / kv_heads)].narrow(0, 0, 33);
                loops.attend({qkv.const_data_ptr<float>() + head * width, qkv.stride(0), 33,
                              k.const_data_ptr<float>(), v.const_data_ptr<float>(), width, 1,
                              1 / std::sqrt(static_cast<float>(width)),
                              again.mutable_data_ptr<float>() + head * width, heads * width, scores.data()});
            }
            CHECK(again.equal(mixed.narrow(0, 0, 33)));
            ++compared;
        }
    }
    CHECK(compared == 4 * std::ssize(all_decoder_loops()));
}

TEST_CASE("Attention's weights where scores are far apart", "[kernels]") {
    for (const float size : {0.0F, 1.0F, 30.0F, 1e4F}) {
        const auto q = normal({1, 16}).mul_(size), k = normal({50, 16}), v = normal({50, 16});
        const auto wanted = attended(q.view({1, 1, 16}), k.unsqueeze(0), v.unsqueeze(0));
        for (const auto& loops : all_decoder_loops()) {
            auto out = at::zeros({1, 16});
            std::vector<float> scores(64);
            loops.attend({q.const_data_ptr<float>(), 16, 1, k.const_data_ptr<float>(),
                          v.const_data_ptr<float>(), 16, 50, 0.25F, out.mutable_data_ptr<float>(), 16,
                          scores.data()});
            CHECK(distance(out, wanted) < 1e-6 * (10 + static_cast<double>(size) * 10));
        }
    }
}

TEST_CASE("Norms, gates and GELU of rows", "[kernels]") {
    int compared = 0;
    for (const std::int64_t length : {1, 15, 16, 17, 40, 64, 1000}) {
        CAPTURE(length);
        auto x = normal({7, 2 * length}).mul_(4);
        x[1].fill_(-100);
        x[2].fill_(100);
        x[3].fill_(0);
        const auto weight = normal({2 * length});
        const auto wide = x.to(at::kDouble);
        const auto norm =
            wide.square().mean(-1, true).add(1e-5).rsqrt().mul(wide).mul(weight.to(at::kDouble));
        const auto halves = wide.chunk(2, -1);
        const auto gated = at::silu(halves[0]).mul(halves[1]);
        CHECK(distance(rms_norm_rows(x, weight, 1e-5), norm) < 1e-6);
        CHECK(distance(gate_rows(x), gated) < 1e-6);
        auto gelu = x.clone();
        gelu_rows(gelu);
        CHECK(distance(gelu, at::gelu(wide, "none")) < 1e-6);
        for (const auto& loops : all_decoder_loops())
            for (std::int64_t i = 0; i < 7; ++i) {
                auto normed = at::zeros({2 * length}), product = at::zeros({length});
                loops.rms_norm(x[i].const_data_ptr<float>(), weight.const_data_ptr<float>(), 1e-5F,
                               2 * length, normed.mutable_data_ptr<float>());
                loops.gate(x[i].const_data_ptr<float>(), length, product.mutable_data_ptr<float>());
                CHECK(normed.equal(rms_norm_rows(x, weight, 1e-5)[i]));
                CHECK(product.equal(gate_rows(x)[i]));
                ++compared;
            }
    }
    CHECK(compared == 49 * std::ssize(all_decoder_loops()));
}

TEST_CASE("The largest of a row: the first of equal ones, and none beside what is no number", "[kernels]") {
    constexpr float k_nan = std::numeric_limits<float>::quiet_NaN(),
                    k_low = -std::numeric_limits<float>::infinity();
    const std::vector<std::vector<float>> rows = {
        {1, 3, 3, 2},     {-0.0F, 0.0F, -1, -2},        {5, 1, 1, k_nan},
        {k_nan, 1, 2, 3}, {k_low, k_low, k_low, k_low}, {1, 2, 3, 4}};
    auto x = at::zeros({6, 4});
    for (std::size_t i = 0; i < rows.size(); ++i)
        std::copy(rows[i].begin(), rows[i].end(), x.mutable_data_ptr<float>() + 4 * i);
    std::vector<std::int64_t> found(6);
    argmax_rows(x, found);
    CHECK(found == std::vector<std::int64_t>{1, 0, -1, -1, 0, 3});
}

TEST_CASE("Work that is shared out is done once, and its results are the same on any number of threads",
          "[kernels]") {
    const auto x = normal({37, 333}), w = normal({211, 333});
    const auto alone = [&] {
        const Threads one(1);
        return multiply_rows(x, w, {});
    }();
    for (const int threads : {1, 2, 3, 5}) {
        const Threads some(threads);
        for (const std::int64_t count : {0, 1, 2, 100, 1001}) {
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
            std::atomic<int> nested = 0;
            share_out(count, 3, [&](std::int64_t begin, std::int64_t end) {
                for (auto i = begin; i < end; ++i) ++done[static_cast<std::size_t>(i)];
                share_out(2, 1,
                          [&](std::int64_t from, std::int64_t to) { nested += static_cast<int>(to - from); });
            });
            std::int64_t once = 0;
            for (const auto& one : done) once += one == 1 ? 1 : 0;
            CHECK(once == count);
            CHECK((count == 0 || (nested >= 2 && nested % 2 == 0)));
        }
        for (int again = 0; again < 20; ++again) CHECK(multiply_rows(x, w, {}).equal(alone));
    }
}
