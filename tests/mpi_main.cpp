// SPDX-License-Identifier: Apache-2.0
// One main for every test program: serial when started by hand, MPI under a launcher; all ranks return the
// same code.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <iostream>
#include <sstream>

#include <lvr/par/session.hpp>

#include "world.hpp"

namespace {
lvr::par::Comm the_world;
}

const lvr::par::Comm& lvr::test::world() { return the_world; }

int main(int argc, char** argv) {
    Catch::Session catch_session;
    if (const int code = catch_session.applyCommandLine(argc, argv)) return code;
    const lvr::par::Session session;
    the_world = session.world();
    std::ostringstream muted;  // ranks above 0 speak only if something failed there
    std::streambuf* const console = std::cout.rdbuf();
    if (the_world.rank() > 0) std::cout.rdbuf(muted.rdbuf());
    const int failures = catch_session.run();
    std::cout.rdbuf(console);
    if (the_world.rank() > 0 && failures != 0)
        std::cout << "[rank " << the_world.rank() << "]\n" << muted.str();
    const auto worst = static_cast<int>(the_world.max(failures));
    the_world = {};
    return worst;
}
