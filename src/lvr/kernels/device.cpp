// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/device.hpp>

#include <fmt/format.h>
#ifdef LVR_HAS_CUDA
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>
#endif

#include <charconv>

#include <lvr/core/error.hpp>

namespace lvr::kernels {

int gpu_count() {
#ifdef LVR_HAS_CUDA
    return c10::cuda::device_count();
#else
    return 0;
#endif
}

namespace {

at::Device gpu(int index) {
    const int count = gpu_count();
    if (index < count) return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
#ifdef LVR_HAS_CUDA
    const char* const why = "CUDA_VISIBLE_DEVICES, the driver or the job's allocation leaves no more";
#else
    const char* const why = "this build has no CUDA";
#endif
    throw core::Error(core::ErrorKind::resource,
                      fmt::format("GPU {} was asked for, but this process sees {}", index, count), why,
                      "use --device cpu, or ask the scheduler for GPUs");
}

}  // namespace

at::Device choose_device(const std::string& wanted, int local_rank) {
    const std::string k_gpu = "cuda";
    if (wanted == "cpu" || (wanted == "auto" && gpu_count() == 0)) return at::kCPU;
    if (wanted == "auto" || wanted == k_gpu) return gpu(gpu_count() == 0 ? 0 : local_rank % gpu_count());
    int index = -1;
    if (wanted.starts_with(k_gpu + ":")) {
        const char* const first = wanted.data() + k_gpu.size() + 1;
        const char* const last = wanted.data() + wanted.size();
        const auto [end, code] = std::from_chars(first, last, index);
        if (code != std::errc() || end != last) index = -1;
    }
    if (index < 0)
        throw core::usage_error("unknown device '" + wanted + "'", "", "use auto, cpu, cuda or cuda:0");
    return gpu(index);
}

std::string device_name(const at::Device& device) {
#ifdef LVR_HAS_CUDA
    cudaDeviceProp properties;
    if (device.is_cuda() && cudaGetDeviceProperties(&properties, device.index()) == cudaSuccess)
        return properties.name;
#endif
    return device.str();
}

}  // namespace lvr::kernels
