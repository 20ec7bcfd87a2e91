// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_schema.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::parse_csv;

namespace {

const std::string k_small = "representation,C,A_x,score_x\na,1,0.5,60\nb,2,,\n";

std::string complaint(const std::string& csv) {
    const std::string message = input_message([&] { parse_csv(csv, "table.csv"); });
    CHECK_THAT(message, Contains("table.csv"));
    return message;
}

}  // namespace

TEST_CASE("CSV: columns, labels, comments and gaps") {
    const auto r = parse_csv(
        "# one\nrepresentation,family,note,C,A_x,A_loglik,score_x,score_x@seed2,gpu_hours\n\n"
        "a,clip,\"say \"\"hi\"\", you\",1,0.5,-2,60,61.5,3\n# two\nb,,,,,-1e-3,,,\n",
        "t");
    CHECK(r.comments == std::vector<std::string>{" one", " two"});
    REQUIRE(r.representations.size() == 2);
    CHECK(r.representations[0].family == "clip");
    CHECK(r.representations[0].gpu_hours == 3);
    CHECK(std::isnan(r.representations[1].gpu_hours));
    CHECK(r.label_columns == std::vector<std::string>{"note"});
    CHECK(r.representations[0].labels[0] == "say \"hi\", you");
    REQUIRE(r.alignment.size() == 2);
    CHECK(r.alignment[0].definition == "unspecified");
    CHECK(r.alignment[1].definition == "loglik");
    CHECK((r.alignment[0].value[0] == 0.5 && std::isnan(r.alignment[0].value[1]) &&
           r.alignment[1].value[1] == -1e-3));
    CHECK((r.correspondence[0] == 1 && std::isnan(r.correspondence[1])));
    REQUIRE(r.benchmarks.size() == 1);
    REQUIRE(r.scores.size() == 2);
    CHECK((!r.scores[0].seed && r.scores[0].value == 60));
    CHECK((r.scores[1].seed == 2 && r.scores[1].value == 61.5));
}

TEST_CASE("CSV: a byte-order mark, Windows line ends and a missing last line end change nothing") {
    const auto plain = parse_csv(k_small, "t");
    std::string windows;
    for (const char letter : k_small)
        windows += letter == '\n' ? std::string("\r\n") : std::string(1, letter);
    for (const std::string& csv :
         {"\xEF\xBB\xBF" + k_small, windows, "\xEF\xBB\xBF" + windows, k_small.substr(0, k_small.size() - 1),
          windows.substr(0, windows.size() - 1), "\n\n" + k_small + "\r\n\n"}) {
        auto r = parse_csv(csv, "t");
        CHECK(files::to_csv(r) == csv);
        r.origin_csv.clear();
        auto expected = plain;
        expected.origin_csv.clear();
        CHECK(files::to_csv(r) == files::to_csv(expected));
    }
}

TEST_CASE("CSV: what is wrong is named with its place") {
    CHECK_THAT(complaint(""), Contains("the file is empty"));
    CHECK_THAT(complaint("# only a comment\n"), Contains("the file is empty"));
    CHECK_THAT(complaint("representation,C,A_x,score_x\n"), Contains("the table is empty"));
    CHECK_THAT(complaint("name,C,A_x,score_x\na,1,2,3\n"), Contains("no column representation"));
    CHECK_THAT(complaint("representation,A_x,score_x\na,2,3\n"), Contains("no column C"));
    CHECK_THAT(complaint("representation,C,score_x\na,2,3\n"), Contains("no column A_<benchmark>"));
    CHECK_THAT(complaint("representation,C,A_x\na,2,3\n"), Contains("no column score_<benchmark>"));
    CHECK_THAT(complaint("representation,C,A_x,score_x\na,1,2\n"),
               Contains("line 2: has 3 fields, the header has 4"));
    CHECK_THAT(complaint("# c\nrepresentation,C,A_x,score_x\n\na,1,2,3,4\n"),
               Contains("line 4: has 5 fields"));
    CHECK_THAT(complaint(k_small + "a,1,2,3\n"),
               Contains("line 4") && Contains("'a' is there twice (first in line 2)"));
    CHECK_THAT(complaint(k_small + ",1,2,3\n"), Contains("line 4") && Contains("no name"));
    CHECK_THAT(complaint("representation,C,C,A_x,score_x\na,1,2,3,4\n"),
               Contains("line 1: column 'C' is there twice"));
    CHECK_THAT(complaint("representation,C,A_x,,score_x\na,1,2,3,4\n"), Contains("column 4 has no name"));
    CHECK_THAT(complaint("representation,C,A_,score_x\na,1,2,3\n"), Contains("'A_' names nothing"));
    CHECK_THAT(complaint("representation,C,A_x,score_\na,1,2,3\n"), Contains("'score_' names no benchmark"));
    CHECK_THAT(complaint("representation,C,A_x,score_x@seedy\na,1,2,3\n"), Contains("not a whole number"));
    CHECK_THAT(complaint("representation,C,A_x,score_x@seed1,score_x@seed01\na,1,2,3,4\n"),
               Contains("line 1: column 'score_x@seed01' is there twice for one seed"));
}

TEST_CASE("CSV: a cell of a number is one finite number and nothing else") {
    for (const std::string cell : {"nan", "NaN", "inf", "-inf", "1e999", "x", "1,5", "1.5x", " 1.5", "1.5 ",
                                   "+1", "0x10", "--1", "1e", " "}) {
        const std::string message =
            complaint(fmt::format("representation,C,A_x,score_x\na,1,2,3\nb,1,2,\"{}\"\n", cell));
        CHECK_THAT(message, Contains("line 3: column 'score_x': '" + cell + "' is not a finite number"));
    }
    const auto r =
        parse_csv("representation,C,A_x,score_x\na,-.5,1E-5,0.1000000000000000055511151231257827\n", "t");
    CHECK((r.correspondence[0] == -0.5 && r.alignment[0].value[0] == 1e-5 && r.scores[0].value == 0.1));
}

TEST_CASE("CSV: quotes and bytes that cannot be text") {
    CHECK_THAT(complaint(k_small + "\"c,1,2,3\n"), Contains("a quote is never closed"));
    CHECK_THAT(complaint(k_small + "\"c\"d,1,2,3\n"),
               Contains("line 4: there is text behind a closing quote"));
    CHECK_THAT(complaint(k_small + std::string("c\0,1,2,3\n", 9)), Contains("line 4: there is a NUL byte"));
    CHECK_THAT(complaint(k_small + "caf\xe9,1,2,3\n"), Contains("line 4: this is not UTF-8"));
    CHECK_THAT(complaint("\x1b[31m,C\nx\x1b,1,2\n"), !Contains("\x1b"));
}

TEST_CASE("CSV: the line with what columns cannot carry is checked") {
    const auto with = [](const std::string& extras) { return "#!" + extras + "\n" + k_small; };
    CHECK_THAT(complaint(with(" {")), Contains("'#!'"));
    CHECK_THAT(complaint(with(" {\"typo\": 1}")), Contains("key 'typo' is unknown"));
    CHECK_THAT(complaint(with(" {\"alignment\": {\"y\": {}}}")), Contains("no column for 'y'"));
    CHECK_THAT(complaint(with(" {\"alignment\": {\"x\": 5}}")), Contains("'#!'"));
    CHECK_THAT(complaint(with(" {\"alignment\": {\"x\": {\"standard_error\": [1]}}}")),
               Contains("not given as {representation: number}"));
    CHECK_THAT(complaint(with(" {\"correspondence_error\": {\"a\": \"x\"}}")), Contains("'#!'"));
    CHECK_THAT(complaint(with(" {\"correspondence_error\": {\"z\": 1}}")),
               Contains("there is no representation 'z'"));
    CHECK_THAT(complaint(with(" {\"benchmarks\": {\"x\": [\"percent\"]}}")), Contains("'#!'"));
    CHECK_THAT(complaint(with(" {\"scores\": [[\"b\", \"x\", null, 1, 1, 1]]}")),
               Contains("there is no score"));
    CHECK_THAT(complaint(with(" {\"scores\": [[\"z\", \"x\", null, 1, 1, 1]]}")),
               Contains("there is no representation 'z'"));
    CHECK_THAT(complaint(with(" {\"scores\": [[\"a\", \"y\", null, 1, 1, 1]]}")),
               Contains("there is no benchmark 'y'"));
    CHECK_THAT(complaint(with(" {\"scores\": [[0, \"x\", null, 1, 1, 1]]}")), Contains("'#!'"));
    CHECK_THAT(complaint(with(" {\"scores\": [[\"a\", \"x\", 0.5, 1, 1, 1]]}")),
               Contains("not a whole number"));
    CHECK_THAT(complaint("#! {}\n" + with(" {}")), Contains("line 2: there are two lines"));
    CHECK(parse_csv(with(" {\"benchmarks\": {\"x\": [\"points\", 2000]}}"), "t").benchmarks[0].scale == 2000);
}

TEST_CASE("CSV: 10,000 rows") {
    std::string csv = "representation,C,A_x,score_x,score_y\n";
    for (int i = 0; i < 10000; ++i) csv += fmt::format("r{},{},{},{},{}\n", i, i * 0.01, i * 0.5, 60 + i, i);
    const auto r = parse_csv(csv, "t");
    CHECK(r.representations.size() == 10000);
    CHECK(r.scores.size() == 20000);
    CHECK(files::to_csv(r) == csv);
}

TEST_CASE("CSV: the paper's tables go to HDF5 and back without the change of a byte") {
    const Folder folder("paper");
    for (const std::string name : {"v1", "v3"}) {
        const fs::path csv = fs::path(LVR_SOURCE_DIR) / "data" / "paper" / (name + ".csv");
        files::write_results(folder / "x.h5", files::read_results(csv));
        CHECK(files::H5File::is_image(core::read_text(folder / "x.h5")));
        files::write_results(folder / "x.csv", files::read_results(folder / "x.h5"));
        CHECK(core::read_text(folder / "x.csv") == core::read_text(csv));
    }
}

TEST_CASE("CSV: standard errors stay with their representations when rows and columns move") {
    const std::string extras =
        "#! {\"alignment\": {\"x\": {\"standard_error\": {\"a\": 0.1}}}, \"correspondence_error\": {\"b\": "
        "0.2}, "
        "\"scores\": [[\"b\", \"x\", null, 0.3, 50, null]]}\n";
    const auto r = parse_csv(
        extras + "representation,C,score_y,A_x,score_x\nnew,9,9,9,9\nb,2,4,,70\na,1,,0.5,60\n", "t");
    CHECK((r.alignment[0].standard_error[2] == 0.1 && std::isnan(r.alignment[0].standard_error[0])));
    CHECK((r.correspondence_error[1] == 0.2 && std::isnan(r.correspondence_error[0])));
    const auto b =
        std::find_if(r.scores.begin(), r.scores.end(), [](const auto& s) { return s.value == 70; });
    CHECK((b->standard_error == 0.3 && b->samples == 50));
    for (const auto& other : r.scores) CHECK((other.value == 70) == (other.samples == 50));
    CHECK_THAT(complaint(extras + "representation,C,A_x,score_x\na,1,0.5,60\n"),
               Contains("there is no representation 'b'"));
}

TEST_CASE("CSV: a line #! without a brace behind it is a comment") {
    for (const std::string line : {"#!/usr/bin/env reader", "#! see below", "#!", "#!  3"}) {
        const auto r = parse_csv(line + "\n" + k_small, "t");
        CHECK(r.comments == std::vector<std::string>{line.substr(1)});
        CHECK(files::canonical_csv(r).starts_with(line + "\n"));
        CHECK(files::to_csv(r) == line + "\n" + k_small);
    }
    CHECK(parse_csv("#!\t{\"correspondence_definition\": \"d\"}\n" + k_small, "t").comments.empty());
}

TEST_CASE("CSV: JSON that is nested too deeply is refused by name") {
    const auto nested = [](std::size_t depth) {
        return "#! {\"provenance\": " + std::string(depth, '[') + std::string(depth, ']') + "}\n" + k_small;
    };
    CHECK_THAT(complaint(nested(80'000)), Contains("'#!' is nested more than 64 levels deep"));
    CHECK_THAT(complaint(nested(64)), Contains("nested more than 64"));
    const Folder folder("deep");
    files::write_results(folder / "x.h5", parse_csv(nested(63), "t"));  // the deepest goes everywhere
    CHECK(files::to_csv(files::read_results(folder / "x.h5")) == nested(63));
}
