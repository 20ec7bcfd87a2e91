// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/one_core.hpp>

/// LibTorch brings MKL along, without its headers; on other processors it has none. 0: as for all threads.
/// @return what it was for this thread
extern "C" [[gnu::weak]] int MKL_Set_Num_Threads_Local(int threads);

namespace lvr::kernels {

OneCore::OneCore() {
    if (MKL_Set_Num_Threads_Local != nullptr) before_ = MKL_Set_Num_Threads_Local(1);
}

OneCore::~OneCore() {
    if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(before_);
}

}  // namespace lvr::kernels
