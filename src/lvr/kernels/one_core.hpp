// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lvr::kernels {

/// While it lives, matrix products of this thread are computed as for one core. MKL rounds otherwise where it
/// could use several, also inside a parallel region, where it does not use them.
class OneCore {
  public:
    OneCore();
    ~OneCore();
    OneCore(const OneCore&) = delete;
    OneCore& operator=(const OneCore&) = delete;

  private:
    int before_ = 0;
};

}  // namespace lvr::kernels
