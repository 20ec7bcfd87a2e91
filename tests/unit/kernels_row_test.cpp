// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <lvr/kernels/row_arithmetic.hpp>

#include "a_score_golden.hpp"

using namespace lvr;

namespace {

std::vector<float> row(std::int64_t number, std::int64_t length) {
    const auto values = test::golden_tokens({"", number, 1}, 1, length);
    return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + length};
}

}  // namespace

TEST_CASE("Loops over rows: the same bits in every instruction set, and what they should be",
          "[kernels][match]") {
    const auto all = kernels::row_loops();
    REQUIRE(!all.empty());
    std::vector<std::int64_t> lengths = {0, 127, 128, 129, 513, 4096};
    for (std::int64_t length = 1; length < 70; ++length) lengths.push_back(length);
    for (const auto length : lengths) {
        INFO("length " << length);
        const auto a = row(31, length), b = row(32, length);
        double dot = 0, rounded = 0;
        float largest = -std::numeric_limits<float>::infinity();
        std::vector<float> products;
        for (std::size_t i = 0; i < a.size(); ++i) {
            dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
            products.push_back(a[i] * b[i]);
            largest = std::max(largest, products.back());
            rounded += static_cast<double>(kernels::rounded_to_bfloat16(products.back()));
        }
        CHECK(kernels::dot(a.data(), b.data(), length) == Approx(dot).epsilon(1e-13).margin(1e-14));
        CHECK(std::abs(static_cast<double>(kernels::dot_of_rounded(a.data(), b.data(), length)) - rounded) <=
              1e-3);
        std::vector<std::uint16_t> again(a.size() + 1, 7);
        double squares = 0;
        const double said = static_cast<double>(kernels::round_row(a.data(), again.data(), length));
        for (std::size_t i = 0; i < a.size(); ++i) {
            const float near = kernels::rounded_to_bfloat16(a[i]);
            CHECK(std::bit_cast<float>(static_cast<std::uint32_t>(again[i]) << 16) == near);
            squares += static_cast<double>(a[i] - near) * static_cast<double>(a[i] - near);
        }
        CHECK(again.back() == 7);
        CHECK(said == Approx(squares).epsilon(1e-5));
        for (const auto& loops : all) {
            CHECK(loops.dot(a.data(), b.data(), length) == kernels::dot(a.data(), b.data(), length));
            CHECK(loops.dot_of_rounded(a.data(), b.data(), length) ==
                  kernels::dot_of_rounded(a.data(), b.data(), length));
            auto scaled = a;
            CHECK(loops.scale_row(scaled.data(), b.data(), length) == largest);
            CHECK(scaled == products);
            std::vector<std::uint16_t> halves(a.size() + 1, 7);
            CHECK(loops.round_row(a.data(), halves.data(), length) ==
                  kernels::round_row(a.data(), again.data(), length));
            CHECK(halves == again);
        }
    }
}

TEST_CASE("Rounding to bfloat16: to nearest, ties to even", "[kernels][match]") {
    CHECK(kernels::rounded_to_bfloat16(1) == 1);
    CHECK(kernels::rounded_to_bfloat16(1 + 0x1p-8F) == 1);                    // a tie, down to even
    CHECK(kernels::rounded_to_bfloat16(1 + 3 * 0x1p-8F) == 1 + 4 * 0x1p-8F);  // a tie, up to even
    CHECK(kernels::rounded_to_bfloat16(-1 - 0x1.2p-8F) == -1 - 0x1p-7F);
    CHECK(kernels::rounded_to_bfloat16(0x1p-133F) == 0x1p-133F);  // the least there is
    CHECK(std::isinf(kernels::rounded_to_bfloat16(std::numeric_limits<float>::max())));
}
