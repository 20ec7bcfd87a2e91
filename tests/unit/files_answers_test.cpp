// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/text_file.hpp>
#include <lvr/files/answers.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::Answers;

namespace {

std::string part(const Folder& folder, int shard) { return (folder / files::part_name(shard)).string(); }

Answers first() {
    Answers answers{.provenance = {{"task", "mme"}}};
    answers.records.push_back({0, "Yes", true, 612, {4874}, "0123456789abcdef", ""});
    answers.records.push_back({2, std::string("a\0b", 3), false, 40, {97, 0, 98}, "", ""});
    return answers;
}

Answers last() {
    Answers answers;
    answers.records.push_back({7, "", false, 0, {}, "", "c.jpg: is truncated"});
    return answers;
}

void write(const Folder& folder, std::int64_t items = 3) {
    files::write_manifest(folder.path(), {{{"task", "mme"}}, items, 2});
    files::write_answers_part(part(folder, 0), first());
    files::write_answers_part(part(folder, 1), last());
}

/// A part as another program might write it.
struct Raw {
    std::string schema = "lvr.answers";
    std::vector<std::int64_t> rows = {0, 1}, ended = {1, 1}, prompts = {3, 3}, counts = {1, 2},
                              ids = {5, 6, 7};
    std::vector<std::string> answers = {"a", "b"};
};

std::string refusal_of(const Folder& folder, const Raw& raw) {
    const auto file = folder / "raw.h5";
    files::H5File::write(file, [&](const files::H5Group& root) {
        root.write_attribute("schema", raw.schema);
        root.write_attribute("version", std::int64_t{1});
        root.write("row", raw.rows);
        root.write("answer", raw.answers);
        root.write("ended", raw.ended);
        root.write("prompt_tokens", raw.prompts);
        root.write("token_count", raw.counts);
        root.write("token_id", raw.ids);
        root.write("image", std::vector<std::string>{"", ""});
        root.write("problem", std::vector<std::string>{"", ""});
    });
    const auto message = input_message([&] { files::read_answers_part(file); });
    CHECK_THAT(message, Contains("raw.h5") && Contains("remedy:"));
    return message;
}

}  // namespace

TEST_CASE("Answers come back as they were written", "[files][answers]") {
    const Folder folder("answers");
    write(folder);
    const auto all = files::read_answers(folder.path());
    REQUIRE(all.records.size() == 3);
    CHECK(all.provenance == first().provenance);
    const auto& one = all.records[0];
    CHECK((one.row == 0 && one.answer == "Yes" && one.ended && one.prompt_tokens == 612));
    CHECK(one.ids == std::vector<std::int64_t>{4874});
    CHECK(one.image == "0123456789abcdef");
    CHECK(all.records[1].answer ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(all.records[1].ids == std::vector<std::int64_t>{97, 0, 98});
    CHECK((all.records[2].row == 7 && all.records[2].problem == "c.jpg: is truncated"));
    CHECK(all.records[2].ids.empty());
}

TEST_CASE("Equal answers are equal bytes", "[files][answers]") {
    const Folder folder("answers_bytes");
    files::write_answers_part(folder / "a.h5", first());
    files::write_answers_part(folder / "b.h5", first());
    CHECK(core::read_text(folder / "a.h5") == core::read_text(folder / "b.h5"));
}

TEST_CASE("A folder of answers that is not whole is refused", "[files][answers]") {
    const Folder folder("answers_parts");
    write(folder, 4);
    CHECK_THAT(input_message([&] { files::read_answers(folder.path()); }),
               Contains("part-000001.h5: holds 1 items, not 2"));
    std::filesystem::remove(part(folder, 0));
    CHECK_THAT(input_message([&] { files::read_answers(folder.path()); }),
               Contains("part-000000.h5: is missing"));
}

TEST_CASE("Parts that hold what no part may are refused", "[files][answers]") {
    const Folder folder("answers_damaged");
    CHECK_THAT(refusal_of(folder, {.schema = "lvr.features"}), Contains("not a lvr.answers file"));
    CHECK_THAT(refusal_of(folder, {.rows = {0}}), Contains("differ in length"));
    CHECK_THAT(refusal_of(folder, {.rows = {0, -1}}), Contains("negative"));
    CHECK_THAT(refusal_of(folder, {.counts = {1, 3}}), Contains("token_count"));
    CHECK_THAT(refusal_of(folder, {.counts = {4, -1}}), Contains("token_count"));
    CHECK_THAT(refusal_of(folder, {.counts = {std::int64_t{1} << 62, std::int64_t{1} << 62}}),
               Contains("token_count"));
}
