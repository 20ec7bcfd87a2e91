// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lvr::core {

/// Bytes as people read them, in powers of 1000: "512 B", "1.2 GB".
std::string bytes_text(double bytes);

/// Seconds as people read them: "12 s", "3 min 05 s", "2 h 10 min"; "very long" beyond a thousand hours.
std::string duration_text(double seconds);

}  // namespace lvr::core
