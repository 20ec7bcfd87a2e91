// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;

TEST_CASE("a manifest comes back, and a damaged one is refused", "[manifest]") {
    const Folder folder("features");
    files::write_manifest(folder.path(), {{{"b", {1, 2}}, {"a", "é"}}, 100, 8});
    const auto back = files::read_manifest(folder.path());
    CHECK((back.items == 100 && back.shard_size == 8 && back.shards() == 13));
    CHECK(back.identity == core::Json{{"b", {1, 2}}, {"a", "é"}});
    const fs::path file = files::manifest_file(folder.path());
    const auto said = [&](const std::string& text) {
        files::write_text(file, text);
        return input_message([&] { files::read_manifest(folder.path()); });
    };
    const std::string good = R"({"schema": "lvr.shards", "version": 1, "identity": {}, )";
    files::write_text(file, good + R"("items": 3, "shard_size": 2})");
    CHECK(files::read_manifest(folder.path()).items == 3);
    CHECK_THAT(said(""), Contains("manifest.json: is damaged"));
    CHECK_THAT(said("[1]"), Contains("is not the manifest"));
    CHECK_THAT(said(R"({"schema": "other"})"), Contains("is not the manifest"));
    CHECK_THAT(said(R"({"schema": "lvr.shards", "version": 2})"), Contains("is of version 2"));
    CHECK_THAT(said(R"({"schema": "lvr.shards", "version": 1})"), Contains("identity: is missing"));
    CHECK_THAT(said(good + R"("items": 3, "shard_size": 0})"), Contains("shard_size: is not"));
    CHECK_THAT(said(good + R"("items": -3, "shard_size": 1})"), Contains("items: is not"));
    CHECK_THAT(said(good + R"("items": 18446744073709551615, "shard_size": 1})"), Contains("items: is not"));
    CHECK(files::shard_of("part-000123.h5") == 123);
    CHECK(files::part_name(1234567) == "part-1234567.h5");
    for (const char* name :
         {"part-123.h5", "part-.h5", "part-0001234567.h5", "part-00012x.h5", "index.h5", "part-h5"})
        CHECK(files::shard_of(name) == -1);
}
