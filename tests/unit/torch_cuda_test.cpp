// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <cuda_runtime_api.h>
#include <catch2/catch.hpp>

cudaError_t axpy_on_device(float scale, const float* x, float* y, int count);

// Without a GPU the runtime must say so (not crash, not hang); with one a kernel of ours and LibTorch's must
// agree.
TEST_CASE("CUDA code of ours and LibTorch's share one runtime", "[torch][cuda]") {
    int devices = 0;
    const cudaError_t found = cudaGetDeviceCount(&devices);
    if (found == cudaErrorNoDevice || found == cudaErrorInsufficientDriver) {
        CHECK(devices == 0);
        CHECK_THROWS(at::ones({1}, at::device(at::kCUDA)));
        return;
    }
    REQUIRE(found == cudaSuccess);
    const auto x = at::arange(1000, at::device(at::kCUDA).dtype(at::kFloat));
    auto y = at::ones({1000}, at::device(at::kCUDA));
    const auto expected = y.add(x, 2);
    REQUIRE(axpy_on_device(2, x.data_ptr<float>(), y.data_ptr<float>(), 1000) == cudaSuccess);
    CHECK(at::equal(y, expected));
}
