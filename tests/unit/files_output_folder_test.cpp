// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/output_folder.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using files::OutputFolder;

TEST_CASE("an output folder holds the files of the last run, and what others put there", "[files]") {
    const fs::path folder = fs::path(LVR_BINARY_DIR) / "tests" / "output_folder";
    fs::remove_all(folder);
    OutputFolder first(folder);
    first.write("law.json", "1");
    first.write("tables/policy.md", "of the first");
    first.finish();
    std::ofstream(folder / "notes.txt") << "mine";

    OutputFolder second(folder);
    second.write("law.json", "2");
    CHECK(fs::exists(folder / "tables/policy.md"));  // nothing is removed before all is written
    second.finish();
    CHECK(core::read_text(folder / "law.json") == "2");
    CHECK_FALSE(fs::exists(folder / "tables/policy.md"));
    CHECK(fs::exists(folder / "notes.txt"));
}

TEST_CASE("a list that names files elsewhere is refused, and nothing is removed", "[files]") {
    const fs::path folder = fs::path(LVR_BINARY_DIR) / "tests" / "output_folder_bad";
    fs::remove_all(folder);
    fs::create_directories(folder / "inside");
    std::ofstream(folder / "precious.txt") << "keep";
    const std::string absolute = (folder / "precious.txt").string();
    for (const std::string& list :
         {std::string("[\"../precious.txt\"]"), "[\"" + absolute + "\"]", std::string("[1]")}) {
        std::ofstream(folder / "inside" / "files.json") << list;
        CHECK_THROWS_AS(OutputFolder(folder / "inside"), core::Error);
        CHECK(fs::exists(folder / "precious.txt"));
    }
}
