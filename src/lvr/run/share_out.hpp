// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace lvr::run {

/// Calls `work` once for each of the numbers [0, count), on up to `threads` threads, of which the caller's is
/// one; each takes the next number when it is done. Fewer threads do the same work where the system gives no
/// more.
/// @param begin called once on every thread before its first number
/// @throws what `work` threw first, once all threads have ended; Error (interrupted) if a signal came
void share_out(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work,
               const std::function<void()>& begin = {});

}  // namespace lvr::run
