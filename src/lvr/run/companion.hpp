// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lvr::run {

/// Runs another of our programs, the one that lies beside this one, and waits for it. Its stdout goes to
/// stderr: what it says is talk.
/// @return its exit status; 128 + signal if a signal ended it
/// @throws Error (input) if it is not there; (resource) if it cannot be started
int run_companion(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace lvr::run
