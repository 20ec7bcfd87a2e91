// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/train/metrics.hpp>

#include "unit/files_fixture.hpp"

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;
using test::Folder;
using test::message_of;
namespace fs = std::filesystem;

namespace {

const double k_nan = std::numeric_limits<double>::quiet_NaN();

UpdateRecord record(std::int64_t update) {
    const auto x = static_cast<double>(update);
    return {update, 3 / x, 1e-3 / x, 0.1 + x, 32, 20'000 + update, 900, update % 2};
}

void fill(MetricsLog& log, std::int64_t from, std::int64_t to) {
    for (auto update = from; update <= to; ++update) {
        log.add(record(update));
        log.add(TimingRecord{update, 0.5, 4e4, k_nan, 0.25});
    }
}

std::string bytes(const fs::path& file) { return core::read_text(file); }

}  // namespace

TEST_CASE("metrics are read as they were written, to the bit") {
    const Folder folder("metrics");
    {
        MetricsLog log(folder / "new/align", 0);
        fill(log, 1, 3);
        auto bad = record(4);
        bad.loss = k_nan, bad.gradient_norm = std::numeric_limits<double>::infinity();
        log.add(bad);
        CHECK(log.updates().size() == 4);
    }
    const auto metrics = read_metrics(folder / "new/align");
    REQUIRE(metrics.updates.size() == 4);
    REQUIRE(metrics.timing.size() == 3);
    for (std::int64_t i = 1; i <= 3; ++i) {
        const auto& read = metrics.updates[static_cast<std::size_t>(i - 1)];
        const auto wanted = record(i);
        CHECK(read.update == i);
        CHECK(read.loss == wanted.loss);
        CHECK(read.learning_rate == wanted.learning_rate);
        CHECK(read.gradient_norm == wanted.gradient_norm);
        CHECK(read.samples == 32);
        CHECK(read.tokens == wanted.tokens);
        CHECK(read.labels == 900);
        CHECK(read.bad == wanted.bad);
    }
    CHECK(std::isnan(metrics.updates[3].loss));
    CHECK(std::isnan(metrics.updates[3].gradient_norm));
    CHECK(std::isnan(metrics.timing[1].mfu));
    CHECK(metrics.timing[1].data_stall == 0.25);
    CHECK_THAT(bytes(folder / "new/align/metrics.jsonl"),
               Contains(R"({"update":3,"loss":1.0,"learning_rate":0.0003333333333333333,)") &&
                   Contains(R"({"update":4,"loss":null,)"));
    CHECK(read_metrics(folder / "nowhere").updates.empty());
}

TEST_CASE("metrics go on behind the update that a checkpoint has, bit for bit") {
    const Folder folder("metrics_resume");
    {
        MetricsLog whole(folder / "whole", 0), killed(folder / "killed", 0);
        fill(whole, 1, 9);
        fill(killed, 1, 7);
    }
    std::ofstream(folder / "killed/metrics.jsonl", std::ios::app) << R"({"update":8,"loss":0.3)";
    std::ofstream(folder / "killed/timing.jsonl", std::ios::app) << "\n\0garbage\n";
    CHECK(read_metrics(folder / "whole").updates.size() == 9);
    {
        MetricsLog log(folder / "killed", 5);
        REQUIRE(log.updates().size() == 5);
        CHECK(log.updates().back().loss == record(5).loss);
        CHECK(read_metrics(folder / "killed").updates.size() == 5);
        fill(log, 6, 9);
    }
    for (const auto* name : {"metrics.jsonl", "timing.jsonl"})
        CHECK(bytes(folder / "killed" / name) == bytes(folder / "whole" / name));
    CHECK(MetricsLog(folder / "killed", 0).updates().empty());
    CHECK(bytes(folder / "killed/metrics.jsonl").empty());
}

TEST_CASE("what was cut off is not read, and what was lost does not stop a training") {
    const Folder folder("metrics_lost");
    {
        MetricsLog log(folder / "a", 0);
        fill(log, 1, 3);
    }
    std::ofstream(folder / "a/metrics.jsonl", std::ios::app) << R"({"update":4)";
    CHECK(read_metrics(folder / "a").updates.size() == 3);
    fs::remove(folder / "a/timing.jsonl");
    MetricsLog log(folder / "a", 5);
    CHECK(log.updates().size() == 3);
    fill(log, 6, 6);
    const auto metrics = read_metrics(folder / "a");
    REQUIRE(metrics.updates.size() == 4);
    CHECK(metrics.updates.back().update == 6);
    CHECK(metrics.timing.size() == 1);
}

TEST_CASE("a damaged line of metrics is named") {
    const Folder folder("metrics_bad");
    {
        MetricsLog log(folder.path(), 0);
        fill(log, 1, 4);
    }
    const auto file = folder / "metrics.jsonl";
    const std::string good = bytes(file);
    const auto second = good.find('\n') + 1, third = good.find('\n', second) + 1;
    const std::string line = good.substr(second, third - second);
    int refused = 0;
    for (const std::string& bad :
         {std::string("{\"update\":2,\n"), std::string("[2]\n"), std::string("\n"), good.substr(0, second),
          std::string("{\"update\":2}\n"), std::string("{\"update\":-2,") + line.substr(12),
          std::string("{\"update\":18446744073709551615,") + line.substr(12),
          std::string("{\"update\":2.5,") + line.substr(12), std::string(100, '[') + "\n",
          std::string("\xff\xfe\n")}) {
        files::write_text(file, good.substr(0, second) + bad + good.substr(third));
        CAPTURE(bad);
        CHECK_THAT(message_of(core::ErrorKind::input, [&] { MetricsLog(folder.path(), 4); }),
                   Contains(file.string() + ", line 2 "));
        CHECK(MetricsLog(folder.path(), 1).updates().size() == 1);  // what lies behind is dropped unseen
        ++refused;
    }
    CHECK(refused == 10);
}

TEST_CASE("a full disk stops what writes metrics") {
    const Folder folder("metrics_full");
    fs::create_symlink("/dev/full", folder / "metrics.jsonl");
    MetricsLog log(folder.path(), 0);
    CHECK_THAT(message_of(core::ErrorKind::output, [&] { log.add(record(1)); }),
               Contains("metrics.jsonl: cannot be written (No space left on device)"));
}

TEST_CASE("metrics.h5 has a column for each value, and equal bytes for equal runs") {
    const Folder folder("metrics_h5");
    const auto provenance = files::make_provenance({{"batch", 32}}, {{"data.json", "12ab"}}, 7);
    std::string before;
    for (const auto* name : {"a", "b"}) {
        MetricsLog log(folder / name, 0);
        fill(log, 1, 5);
        log.finish(provenance);
        const auto image = bytes(folder / name / "metrics.h5");
        CHECK((before.empty() || before == image));
        before = image;
    }
    const auto root = files::H5File::open(folder / "a/metrics.h5");
    CHECK(root.text_attribute("schema") == "lvr.metrics");
    CHECK(root.integer_attribute("version") == 1);
    CHECK(files::read_provenance(root) == provenance);
    CHECK(root.integers("update") == std::vector<std::int64_t>{1, 2, 3, 4, 5});
    CHECK(root.doubles("loss")[2] == 1);
    CHECK(root.doubles("learning_rate")[4] == 1e-3 / 5);
    CHECK(root.doubles("gradient_norm")[0] == 1.1);
    CHECK(root.integers("samples")[3] == 32);
    CHECK(root.integers("tokens")[3] == 20'004);
    CHECK(root.integers("labels")[3] == 900);
    CHECK(root.integers("bad") == std::vector<std::int64_t>{1, 0, 1, 0, 1});
}
