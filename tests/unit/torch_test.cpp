// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <torch/version.h>
#include <catch2/catch.hpp>

#include <string>

TEST_CASE("LibTorch multiplies matrices in double precision", "[torch]") {
    const auto left = at::arange(6, at::kDouble).reshape({2, 3});   // 0 1 2; 3 4 5
    const auto right = at::arange(6, at::kDouble).reshape({3, 2});  // 0 1; 2 3; 4 5
    const auto product = at::matmul(left, right);
    REQUIRE(product.sizes() == at::IntArrayRef({2, 2}));
    CHECK(product[0][0].item<double>() == 10);
    CHECK(product[0][1].item<double>() == 13);
    CHECK(product[1][0].item<double>() == 28);
    CHECK(product[1][1].item<double>() == 40);
}

TEST_CASE("the headers and the libraries are of one LibTorch that we know to work", "[torch]") {
    CHECK(std::string(TORCH_VERSION).starts_with("2."));
    CHECK(TORCH_VERSION_MINOR >= 11);
}
