// SPDX-License-Identifier: Apache-2.0
#include <concepts>

// C++20 in device code: what LvrTorch.cmake must get past CMake 3.25.
template <std::floating_point T>
__global__ void axpy(T scale, const T* x, T* y, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < count) y[i] += scale * x[i];
}

cudaError_t axpy_on_device(float scale, const float* x, float* y, int count) {
    axpy<<<(count + 255) / 256, 256>>>(scale, x, y, count);
    return cudaGetLastError();
}
