// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace lvr::eval {

/// run::share_out where tensors' loops of each thread stay on its core: neither does the number of threads
/// change how a picture's features are rounded, nor do threads start threads of their own.
void on_single_cores(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work);

}  // namespace lvr::eval
