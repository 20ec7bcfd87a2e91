// SPDX-License-Identifier: Apache-2.0
// Replays what the fuzzers of tests/fuzz once found, and a few inputs of every kind.
#include "files_fixture.hpp"
#include "fuzz/drive.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

int replay(const std::string& kind, const std::function<void(fuzz::Bytes)>& drive) {
    int count = 0;
    for (const auto& entry :
         fs::directory_iterator(fs::path(LVR_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / kind)) {
        const std::string input = core::read_text(entry.path());
        INFO(entry.path());
        CHECK_NOTHROW(drive(fuzz::as_bytes(input)));
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("The fuzzers' findings stay fixed") {
    CHECK(replay("csv", fuzz::drive_csv) > 0);
    CHECK(replay("results_h5", fuzz::drive_results_h5) > 0);
}
