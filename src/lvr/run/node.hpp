// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/par/comm.hpp>

namespace lvr::run {

/// A rank's place on its node.
struct NodePlace {
    int rank = 0;   ///< among the ranks of this node, in order
    int ranks = 1;  ///< on this node
    int threads =
        1;  ///< its share of the cores it may use: all of them, if no other rank may use the same ones
};

/// Collective.
NodePlace place_on_node(const par::Comm& comm);

}  // namespace lvr::run
