// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace lvr::kernels {

/// Calls work(begin, end) for pieces of [0, count) of at least `grain`, on as many threads as
/// at::get_num_threads() says (which wait for work as long as the calling thread lives); returns when all are
/// done. The pieces go to whoever is free: no result may depend on who does what. Alone, or within somebody's
/// parallel region, the calling thread does all of it. (at::parallel_for is serial in code that is compiled
/// without OpenMP, as ours is, and its threads sleep between the many small steps of a decoder.)
/// @param work must not throw
void share_out(std::int64_t count, std::int64_t grain,
               const std::function<void(std::int64_t begin, std::int64_t end)>& work);

}  // namespace lvr::kernels
