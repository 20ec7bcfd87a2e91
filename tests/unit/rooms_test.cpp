// SPDX-License-Identifier: Apache-2.0
// The rooms of the top CMakeLists.txt are held to what their lines say.
#include <catch2/catch.hpp>

#include <algorithm>

#include "room_check.hpp"
#include "source_tree.hpp"

using namespace lvr::test;

namespace {

/// A small house in order: low <- high, with a program.
void write_house(const TemporaryTree& tree) {
    tree.write("CMakeLists.txt",
               "lvr_room(core PATH src/lvr/core)  # lvr_room(ghost PATH src/lvr/ghost)\n"
               "lvr_room(par PATH src/lvr/par USES core\n         LINKS PRIVATE MPI::MPI_C)\n"
               "lvr_room(files PATH src/lvr/files USES core)\n"
               "lvr_room(run PATH src/lvr/run USES par)\n"
               "lvr_room(analysis PATH analysis/law USES run)\n");
    tree.write("src/lvr/core/a.hpp", "#include <string>\n");
    tree.write("src/lvr/par/b.hpp", "#include <lvr/core/a.hpp>\n#include <mpi.h>\n");
    tree.write("src/lvr/files/f.hpp", "#include <hdf5.h>\n");
    tree.write("src/lvr/run/c.cpp", "#include \"c.hpp\"\n#include <lvr/par/b.hpp>\n");
    tree.write("src/lvr/run/c.hpp", "#include <lvr/core/a.hpp>\n");  // through par: transitive
    tree.write("analysis/law/d.cpp", "#include <analysis/law/d.hpp>\n");
    tree.write("analysis/law/d.hpp", "#include <lvr/run/c.hpp>\n#include \"lvr_build.hpp\"\n");
    tree.write("jobs/e.cpp", "#include <analysis/law/d.hpp>\n");
    tree.write("cmake/lvr_build.hpp.in", "");
}

/// The one house with one thing changed. @return what is found
std::vector<std::string> problems_with(const std::string& file, const std::string& text) {
    const TemporaryTree tree;
    write_house(tree);
    tree.write(file, text);
    return check_includes(tree.root()).problems;
}

bool mention(const std::vector<std::string>& problems, const std::string& text) {
    return std::any_of(problems.begin(), problems.end(),
                       [&](const auto& problem) { return problem.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("no file of the house reaches a room that its own room may not see") {
    const auto report = check_includes(LVR_SOURCE_DIR);
    for (const auto& problem : report.problems) UNSCOPED_INFO(problem);
    CHECK(report.problems.empty());
    CHECK(report.files > 80);
    CHECK(report.edges > 200);
}

TEST_CASE("the rooms of the house are those of its design") {
    const auto visible = visible_rooms(read_rooms(LVR_SOURCE_DIR));
    CHECK(visible.at("core") == std::set<std::string>{"core"});
    CHECK(visible.at("par") == std::set<std::string>{"core", "par"});
    CHECK(visible.at("files") == std::set<std::string>{"core", "files"});
    CHECK(visible.at("weights") == std::set<std::string>{"core", "files", "weights"});
    CHECK(visible.at("run") == std::set<std::string>{"core", "par", "files", "run"});
    CHECK(visible.at("analysis") == std::set<std::string>{"core", "par", "files", "run", "analysis"});
    CHECK(visible.contains("jobs"));
}

TEST_CASE("a house in order passes") {
    const TemporaryTree tree;
    write_house(tree);
    const auto report = check_includes(tree.root());
    CHECK(report.problems.empty());
    CHECK(report.files == 8);
    CHECK(report.edges == 7);
    const auto rooms = read_rooms(tree.root());
    REQUIRE(rooms.size() == 6);  // the one in a comment is none
    CHECK(rooms[1].uses == std::vector<std::string>{"core"});
}

TEST_CASE("what breaks the order is found") {
    CHECK(mention(problems_with("src/lvr/core/up.hpp", "#include <lvr/run/c.hpp>\n"),
                  "src/lvr/core/up.hpp (room core) reaches src/lvr/run/c.hpp"));
    CHECK(mention(problems_with("src/lvr/core/up.hpp", "  #  include \"../run/c.hpp\"\n"),
                  "reaches src/lvr/run/c.hpp"));
    CHECK(mention(problems_with("src/lvr/run/side.cpp", "#include <lvr/files/f.hpp>\n"),
                  "(room run) reaches src/lvr/files/f.hpp"));
    CHECK(mention(problems_with("src/lvr/par/b.hpp", "#include <lvr/run/c.hpp>\n"),
                  "room par includes itself through other rooms"));
    CHECK(mention(
        problems_with("src/lvr/core/a.hpp", "#include <lvr/files/f.hpp>\n"),
        "src/lvr/run/c.cpp (room run) reaches src/lvr/files/f.hpp (room files): src/lvr/run/c.cpp -> "));
    CHECK(mention(problems_with("src/lvr/run/x.cpp", "#include <lvr/core/gone.hpp>\n"),
                  "lvr/core/gone.hpp, which is not there"));
    CHECK(mention(problems_with("src/lvr/run/x.cpp", "#include \"gone.hpp\"\n"),
                  "gone.hpp, which is not there"));
    CHECK(mention(problems_with("src/lvr/attic/x.cpp", ""), "src/lvr/attic/x.cpp lies in no room"));
    CHECK(mention(problems_with("src/lvr/run/x.cpp", "#include <mpi.h>\n"),
                  "src/lvr/run/x.cpp includes <mpi.h>"));
    CHECK(mention(problems_with("analysis/law/x.cpp", "#include <hdf5.h>\n"),
                  "analysis/law/x.cpp includes <hdf5.h>"));
    CHECK(mention(problems_with("jobs/x.cpp", "#include <H5Fpublic.h>\n"),
                  "jobs/x.cpp includes <H5Fpublic.h>"));
    CHECK(
        mention(problems_with("CMakeLists.txt",
                              "lvr_room(core PATH src/lvr/core USES par)\nlvr_room(par PATH src/lvr/par)\n"),
                "room core uses par, which is not declared before it"));
}
