// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import.hpp>

#include <lvr/core/error.hpp>

namespace lvr::score {

int import(run::Job&, const ImportConfig&) { throw core::usage_error("not there yet"); }

}  // namespace lvr::score
