// SPDX-License-Identifier: Apache-2.0
#include "drive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    lvr::fuzz::drive_results_h5({data, size});
    return 0;
}
