// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/par/comm.hpp>

namespace lvr::test {

/// The ranks that run this test program: serial unless a launcher started it.
const par::Comm& world();

}  // namespace lvr::test
