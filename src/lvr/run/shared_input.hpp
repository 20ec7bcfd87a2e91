// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/files/results_dir.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::run {

/// `files::read_input` on rank 0, the same on every rank: files may change between two readings, and need not
/// be there on every node. Collective. @throws Error (input) on every rank
files::Input shared_input(const par::Comm& comm, const std::string& file);

}  // namespace lvr::run
