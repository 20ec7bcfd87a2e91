// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <functional>

#include <lvr/core/error.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/run/shard_folder.hpp>

#include "run_folder.hpp"
#include "world.hpp"

using namespace lvr;
using Catch::Contains;
using test::RunFolder;
using test::world;
namespace fs = std::filesystem;

namespace {

std::int64_t shards_for(std::int64_t items, std::int64_t size) { return (items + size - 1) / size; }

run::ShardFolderSpec spec_of(const RunFolder& folder, std::int64_t items) {
    run::ShardFolderSpec spec;
    spec.folder = folder / "out";
    spec.identity = {{"config", {{"tap", -2}, {"parts", {"a", "b"}}}}, {"inputs", {{"list", "abc"}}}};
    spec.items = items;
    spec.bytes_per_item = 1000;
    return spec;
}

/// The same Error on every rank.
std::string refusal(core::ErrorKind kind, const run::ShardFolderSpec& spec) {
    std::string said;
    try {
        const run::ShardFolder folder(world(), spec);
    } catch (const core::Error& error) {
        CHECK(error.kind() == kind);
        said = error.what();
        said = said.substr(0, said.find("\n  ranks:"));
    }
    for (const auto& other : world().all_gather(said)) CHECK(other == said);
    return said;
}

void on_root(const std::function<void()>& run) {
    if (world().rank() == 0) run();
    world().barrier();
}

}  // namespace

TEST_CASE("a shard is small enough to write and there are enough to share") {
    constexpr std::int64_t mebibyte = 1 << 20, part = 256 * mebibyte;
    CHECK(run::choose_shard_size(0, 1000) == 8);
    CHECK(run::choose_shard_size(1, 0) == 8);
    CHECK(run::choose_shard_size(511, 1) == 8);
    CHECK(run::choose_shard_size(512, 1) == 8);
    CHECK(run::choose_shard_size(6400, 1) == 100);
    CHECK(run::choose_shard_size(1'000'000, mebibyte) == 256);
    CHECK(run::choose_shard_size(1'000'000, part) == 1);
    CHECK(run::choose_shard_size(1'000'000, 100 * part) == 1);
    CHECK(run::choose_shard_size(10, part / 3) == 3);
    CHECK_THROWS(run::choose_shard_size(-1, 1));
    CHECK_THROWS(run::choose_shard_size(1, -1));
    int seen = 0;
    for (std::int64_t items = 1; items < 3'000'000; items = items * 3 + 1) {
        for (std::int64_t bytes = 1; bytes < 10 * part; bytes *= 7) {
            const std::int64_t size = run::choose_shard_size(items, bytes);
            CHECK(size >= 1);
            CHECK((size == 1 || size * bytes <= part));
            if (items >= 64 * 8) CHECK(shards_for(items, size) >= 64);
            ++seen;
        }
    }
    CHECK(seen > 100);
}

TEST_CASE("a shard folder is begun, and resumed with what is missing", "[mpi]") {
    const RunFolder place("shards");
    const auto spec = spec_of(place, 20);
    {
        const run::ShardFolder folder(world(), spec);
        CHECK((folder.shard_size() == 8 && folder.shards() == 3));
        CHECK((folder.range(0) == par::Range{0, 8} && folder.range(2) == par::Range{16, 20}));
        CHECK(folder.part(2) == place / "out" / "part-000002.h5");
        CHECK(folder.missing() == std::vector<std::int64_t>{0, 1, 2});
        CHECK(!folder.has(0));
        CHECK_THROWS(folder.range(3));
        folder.expect_held();
        CHECK(fs::exists(place / "out" / "lease.json"));
        on_root([&] {
            files::write_text(folder.part(1), "x");
            files::write_text(place / "out" / "part-000009.h5", "x");
            files::write_text(place / "out" / ".lvr-tmp-host-1-part-000002.h5", "x");
        });
    }
    world().barrier();
    CHECK(!fs::exists(place / "out" / "lease.json"));
    const run::ShardFolder again(world(), spec);
    CHECK(again.missing() == std::vector<std::int64_t>{0, 2});
    CHECK(again.items_missing() == 12);
    CHECK((again.has(1) && !again.has(2) && !again.has(9)));
    CHECK(!fs::exists(place / "out" / ".lvr-tmp-host-1-part-000002.h5"));
    CHECK(fs::exists(place / "out" / "part-000009.h5"));
    world().barrier();
}

TEST_CASE("a shard folder of another configuration is refused with what differs", "[mpi]") {
    const RunFolder place("shards");
    auto spec = spec_of(place, 20);
    CHECK(refusal(core::ErrorKind::usage, spec).empty());
    auto other = spec;
    other.identity["config"]["tap"] = -1;
    other.identity["config"]["parts"] = {"a"};
    other.identity["config"]["store"] = "float32";
    other.items = 21;
    other.shard_size = 4;
    const std::string said = refusal(core::ErrorKind::usage, other);
    CHECK_THAT(said, Contains("config.tap: was -2, is -1 now"));
    CHECK_THAT(said, Contains("config.parts.1: was \"b\", is absent now"));
    CHECK_THAT(said, Contains("config.store: was absent, is \"float32\" now"));
    CHECK_THAT(said, Contains("items: was 20, is 21 now") && Contains("shard size: was 8, is 4 now"));
    CHECK_THAT(said, !Contains("inputs") && Contains("remedy: choose another folder"));
    spec.shard_size = 8;
    CHECK(refusal(core::ErrorKind::usage, spec).empty());
    spec.shard_size = 0;
    spec.bytes_per_item = 1 << 30;  // the folder's own size stays
    CHECK(refusal(core::ErrorKind::usage, spec).empty());
    for (int i = 0; i < 40; ++i) other.identity["config"]["k" + std::to_string(i)] = i;
    CHECK_THAT(refusal(core::ErrorKind::usage, other), Contains("and 33 more"));
}

TEST_CASE("a shard folder whose manifest cannot be used is refused", "[mpi]") {
    const RunFolder place("shards");
    const auto spec = spec_of(place, 20);
    CHECK(refusal(core::ErrorKind::usage, spec).empty());
    on_root([&] { files::write_text(place / "out" / "manifest.json", "{"); });
    CHECK_THAT(refusal(core::ErrorKind::input, spec),
               Contains("manifest.json: is damaged") && Contains("remedy:"));
    on_root([&] {
        fs::remove(place / "out" / "manifest.json");
        files::write_text(place / "out" / "part-000000.h5", "x");
    });
    CHECK_THAT(refusal(core::ErrorKind::usage, spec), Contains("has parts, but no manifest.json"));
    auto in_file = spec;
    on_root([&] { files::write_text(place / "file", "x"); });
    in_file.folder = place / "file";
    CHECK_THAT(refusal(core::ErrorKind::output, in_file), Contains("cannot be made"));
}

TEST_CASE("several shard folders may be open at once, but not one twice", "[mpi]") {
    const RunFolder place("shards");
    auto spec = spec_of(place, 20), second = spec;
    second.folder = place / "second";
    const run::ShardFolder one(world(), spec), two(world(), second);
    CHECK(two.missing().size() == 3);
    CHECK_THAT(refusal(core::ErrorKind::output, spec), Contains("another job is filling this folder"));
    world().barrier();
}
