// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/json_tree.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/files/results_schema.hpp>

#include "files_edit.hpp"
#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::H5File;
using files::Results;

namespace {

std::string image_of(const Results& results) {
    return H5File::image("r", [&](const auto& root) { files::fill_results(root, results, {}); });
}

/// What results.h5 would be called for, were it written as it is.
std::string complaint(const Results& results) {
    const std::string message =
        input_message([&] { files::results_of(H5File::open_image(image_of(results), "r.h5")); });
    CHECK_THAT(message, Contains("r.h5"));
    return message;
}

template <class Change>
std::string complaint_about(Change change) {
    Results results = sample_results();
    change(results);
    return complaint(results);
}

}  // namespace

TEST_CASE("Results go through HDF5 without loss") {
    const Folder folder("results");
    files::write_results_h5(folder / "r.h5", sample_results(), {{"a.h5", "00"}});
    std::vector<files::SourceFile> sources;
    const Results r = files::read_results_h5(folder / "r.h5", &sources);
    CHECK(sources == std::vector<files::SourceFile>{{"a.h5", "00"}});
    CHECK(image_of(r) == image_of(sample_results()));
    CHECK(r.provenance == sample_results().provenance);
    CHECK(r.representations[1].labels[1] == "x\ny");
    CHECK(r.scores[3].seed == -7);
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("Results go through CSV without loss, and the CSV is the same each time") {
    const std::string csv = files::to_csv(sample_results());
    const Results r = files::parse_csv(csv, "t");
    CHECK(files::to_csv(r) == csv);
    CHECK(image_of(r) == image_of(sample_results()));
}

TEST_CASE("HDF5 to CSV and back is the same file, and so is CSV to HDF5 and back") {
    const Folder folder("convert");
    const std::string csv =
        "\xEF\xBB\xBFscore_x@seed2,C,note,A_x,representation\r\n# c\r\n1.50,.5,\"a\",2,\"r\"\r\n";
    files::write_results(folder / "a.h5", sample_results());
    files::write_text(folder / "b.csv", csv);
    for (const auto& [from, to] : {std::pair("a.h5", "a.csv"), std::pair("b.csv", "b.h5")}) {
        files::write_results(folder / to, files::read_results(folder / from));
        const std::string name = "back_" + std::string(from);
        files::write_results(folder / name, files::read_results(folder / to));
        CHECK(core::read_text(folder / name) == core::read_text(folder / from));
    }
}

TEST_CASE("Results that have no A or no score yet go through CSV") {
    Results r = sample_results();
    r.alignment.clear();
    r.scores.clear();
    r.benchmarks.clear();
    const Results back = files::parse_csv(files::to_csv(r), "t");
    CHECK(image_of(back) == image_of(r));
}

TEST_CASE("Equal results are equal bytes, whatever the order of scores") {
    const Folder folder("same");
    Results r = sample_results();
    files::write_results(folder / "a.h5", r);
    std::swap(r.scores.front(), r.scores.back());
    files::write_results(folder / "b.h5", files::read_results(folder / "a.h5"));
    CHECK(core::read_text(folder / "a.h5") == core::read_text(folder / "b.h5"));
    const Results sorted = files::results_of(H5File::open_image(image_of(r), "r"));
    CHECK(image_of(sorted) == image_of(sample_results()));
}

TEST_CASE("An origin that no longer says the same is written anew") {
    Results r = files::parse_csv("representation,C,A_x,score_x\na,1.0,2,3\n", "t");
    r.scores[0].value = 4;
    CHECK(files::to_csv(r) == "representation,family,gpu_hours,C,A_x,score_x\na,,,1,2,4\n");
    r.origin_csv = "not a table";
    CHECK_THAT(files::to_csv(r), Contains("a,,,1,2,4"));
}

TEST_CASE("HDF5 or CSV is told by content, not by name") {
    const Folder folder("content");
    files::write_text(folder / "a.h5", "representation,C,A_x,score_x\na,1,2,3\n");
    files::write_results_h5(folder / "b.csv", sample_results());
    CHECK(files::read_results(folder / "a.h5").representations.size() == 1);
    CHECK(files::read_results(folder / "b.csv").representations.size() == 2);
    CHECK_THAT(input_message([&] { files::read_results(folder / "none"); }), Contains("none: no such file"));
    CHECK_THAT(input_message([&] { files::read_results(folder.path()); }), Contains("is a folder"));
}

TEST_CASE("What breaks the schema is named") {
    CHECK_THAT(complaint_about([](Results& r) { r.representations[1].name = "CLIP@336"; }),
               Contains("'CLIP@336' is there twice"));
    CHECK_THAT(complaint_about([](Results& r) { r.representations[1].name = ""; }), Contains("no name"));
    CHECK_THAT(complaint_about([](Results& r) { r.representations[1].name = "a\nb"; }), Contains("line end"));
    CHECK_THAT(complaint_about([](Results& r) { r.benchmarks[1].name = "mme"; }),
               Contains("benchmark 'mme' is there twice"));
    CHECK_THAT(complaint_about([](Results& r) { r.benchmarks[1].name = "x@seed1"; }), Contains("@seed"));
    CHECK_THAT(complaint_about([](Results& r) { r.label_columns[1] = "A_x"; }),
               Contains("means something else"));
    CHECK_THAT(complaint_about([](Results& r) { r.comments[0] = "! {x"; }), Contains("comment"));
    CHECK_THAT(complaint_about([](Results& r) { r.correspondence[0] = INFINITY; }),
               Contains("C is infinite"));
    CHECK_THAT(complaint_about([](Results& r) { r.scores[0].value = NAN; }),
               Contains("'CLIP@336' on 'mme' is not a finite number"));
    CHECK_THAT(complaint_about([](Results& r) { r.scores[0].representation = 2; }),
               Contains("belongs to no representation"));
    CHECK_THAT(complaint_about([](Results& r) { r.scores[0].benchmark = -1; }), Contains("belongs to no"));
    CHECK_THAT(complaint_about([](Results& r) { r.scores[0].samples = -1; }), Contains("negative"));
    CHECK_THAT(complaint_about([](Results& r) { r.scores[1] = r.scores[0]; }),
               Contains("twice for one seed"));
    CHECK_THAT(complaint_about([](Results& r) { r.correspondence.push_back(1); }),
               Contains("correspondence/value has 3 entries, not 2"));
    CHECK_THAT(complaint_about([](Results& r) { std::swap(r, *std::make_unique<Results>()); }),
               Contains("the table is empty"));
}

TEST_CASE("A file of another schema, or with an object that is missing or of another type, is named") {
    const auto message = [](const std::function<void(const files::H5Group&)>& fill) {
        return input_message(
            [&] { files::results_of(H5File::open_image(H5File::image("x", fill), "x.h5")); });
    };
    CHECK_THAT(message([](const auto&) {}), Contains("x.h5: is not a results file"));
    const auto version = [](const auto& root) {
        root.write_attribute("schema", "lvr-results");
        root.write_attribute("version", std::int64_t{99});
    };
    CHECK_THAT(message(version), Contains("schema version 99"));
    const auto head = [](const auto& root) {
        root.write_attribute("schema", "lvr-results");
        root.write_attribute("version", std::int64_t{1});
    };
    CHECK_THAT(message(head), Contains("representations/name: dataset is missing"));
    const auto typed = [&](const auto& root) {
        head(root);
        root.write("representations/name", std::vector<double>{1});
    };
    CHECK_THAT(message(typed), Contains("x.h5: representations/name: does not hold texts"));
}

TEST_CASE("A dataset of another type or shape is an error though its size agrees, and one too many is none") {
    const auto message = [](const char* path, hid_t type, std::initializer_list<hsize_t> extents) {
        const std::string image = edited(image_of(sample_results()),
                                         [&](hid_t file) { replace_dataset(file, path, type, extents); });
        return input_message([&] { files::results_of(H5File::open_image(image, "x.h5")); });
    };
    CHECK_THAT(message("alignment/value", H5T_IEEE_F64LE, {4, 1}),
               Contains("x.h5: alignment/value has another shape than [2, 2]"));
    CHECK_THAT(message("alignment/value", H5T_IEEE_F64LE, {4}), Contains("another shape"));
    CHECK_THAT(message("scores/seed", H5T_IEEE_F64LE, {4}),
               Contains("scores/seed: does not hold whole numbers"));
    CHECK_THAT(message("scores/value", H5T_STD_I64LE, {4}),
               Contains("scores/value: does not hold real numbers"));
    CHECK_THAT(message("benchmarks/unit", H5T_STD_REF_OBJ, {2}), Contains("a type that we do not write"));
    CHECK_THAT(message("benchmarks/scale", H5T_IEEE_F64LE, {3}),
               Contains("benchmarks/scale has 3 entries, not 2"));
    const std::string more = edited(image_of(sample_results()), [](hid_t file) {
        replace_dataset(file, "extra", H5T_IEEE_F64LE, {4, 1});
    });
    CHECK_NOTHROW(files::results_of(H5File::open_image(more, "x.h5")));
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("Writes a file of each schema into the working directory, for programs of others", "[.samples]") {
    files::write_results_h5("results.h5", sample_results(), {{"m.h5", std::string(64, '0')}});
    files::Measurement m{"score", "CLIP", "mme", ""};
    m.value = 60.5;
    m.samples = 50;
    m.labels = {{"note", "é"}};
    files::write_measurement("results_of_one.d", m);
    fs::rename(fs::path("results_of_one.d") / files::file_name_of(m), "measurement.h5");
    const core::Json fits = {{"curve", {1, 2, nullptr}}, {"flagged", true}, {"nothing", nullptr}};
    files::write_tree("tree.h5", {{"fits", fits}, {"names", {"a", "é"}}}, {{"seed", 1}});
}
