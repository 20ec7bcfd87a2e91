// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <cmath>

#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/provenance.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::H5File;
using files::H5Group;

namespace {

void fill(const H5Group& root) {
    root.write_attribute("text", "é");
    root.write_attribute("whole", std::int64_t{-5});
    root.write_attribute("real", 0.1);
    root.write_attribute("long", std::string(200 * 1024, 'x'));
    root.write("z/reals", {1, -0.0, NAN, 1e-310, 5, 6}, {2, 3});
    root.write("a/wholes", std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX});
    root.write("texts", std::vector<std::string>{"", "é", "long text"});
    root.write("none", std::vector<std::string>{});
    root.write("no_reals", std::vector<double>{});
    root.write_scalar("real", 2.5);
    root.write_scalar("whole", std::int64_t{3});
    root.write_scalar("text", std::string());
    root.write_flag("yes", true);
    root.write_null("null");
}

}  // namespace

TEST_CASE("HDF5: what is written is read back, in order, and no handle stays open") {
    const Folder folder("h5");
    H5File::write(folder / "a.h5", fill);
    {
        const H5Group root = H5File::open(folder / "a.h5");
        CHECK(root.text_attribute("text") == "é");
        CHECK(root.integer_attribute("whole") == -5);
        CHECK(root.real_attribute("real") == 0.1);
        CHECK(root.text_attribute("long") == std::string(200 * 1024, 'x'));
        const auto reals = root.doubles("z/reals");
        REQUIRE(reals.size() == 6);
        CHECK((std::signbit(reals[1]) && std::isnan(reals[2]) && reals[3] == 1e-310));
        CHECK(root.shape("z/reals") == H5Group::Shape{2, 3});
        CHECK(root.integers("a/wholes") == std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX});
        CHECK(root.texts("texts") == std::vector<std::string>{"", "é", "long text"});
        CHECK(root.texts("none").empty());
        CHECK(root.doubles("no_reals").empty());
        CHECK(root.doubles("real") == std::vector<double>{2.5});
        CHECK(root.shape("real").empty());
        CHECK(root.texts("text") == std::vector<std::string>{""});
        CHECK(root.flag("yes"));
        CHECK(root.kind("null") == H5Group::Kind::none);
        const std::vector<std::string> order = {"z",    "a",     "texts", "none", "no_reals",
                                                "real", "whole", "text",  "yes",  "null"};
        CHECK(root.names() == order);
        CHECK(root.attribute_names() == std::vector<std::string>{"text", "whole", "real", "long"});
        CHECK(H5File::open_objects() > 0);
    }
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("HDF5: equal content is equal bytes") {
    const std::string first = H5File::image("a", fill);
    const auto start = std::time(nullptr);  // HDF5 would note times to the second
    while (std::time(nullptr) == start) usleep(10'000);
    CHECK(first == H5File::image("b", fill));
    CHECK(first.size() > 200 * 1024);
    const auto nan = [](double value) {
        return H5File::image("n", [=](const H5Group& root) { root.write("x", std::vector<double>{value}); });
    };
    CHECK(nan(NAN) == nan(-NAN));
}

TEST_CASE("HDF5: errors name the file, the object and the reason") {
    const Folder folder("h5_errors");
    const fs::path file = folder / "a.h5";
    H5File::write(file, fill);
    {
        const H5Group root = H5File::open(file);
        CHECK_THAT(input_message([&] { root.doubles("z/none"); }),
                   Contains("a.h5: z/none: dataset is missing"));
        CHECK_THAT(input_message([&] { root.doubles("texts"); }),
                   Contains("a.h5: texts: does not hold real numbers"));
        CHECK_THAT(input_message([&] { root.doubles("z"); }), Contains("a.h5: z: is not a dataset ("));
        CHECK_THAT(input_message([&] { root.integers("real"); }), Contains("whole numbers"));
        CHECK_THAT(input_message([&] { root.texts("real"); }), Contains("texts"));
        CHECK_THAT(input_message([&] { root.flag("real"); }), Contains("truth"));
        CHECK_THAT(input_message([&] { root.group("real"); }), Contains("is not a group"));
        CHECK_THAT(input_message([&] { root.group("x"); }), Contains("group is missing"));
        CHECK_THAT(input_message([&] { root.text_attribute("none"); }),
                   Contains("none: attribute is missing"));
        CHECK_THAT(input_message([&] { root.text_attribute("whole"); }), Contains("another type"));
    }
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("HDF5: what it refuses to write is an output error, and no file appears") {
    const Folder folder("h5_refused");
    const fs::path file = folder / "a.h5";
    const auto twice = [](const H5Group& root) {
        root.write_scalar("x", 1.0);
        root.write_scalar("x", 2.0);
    };
    CHECK_THAT(output_message([&] { H5File::write(file, twice); }),
               Contains("a.h5: x: cannot be written (") && Contains("exists"));
    const auto nul = [](const H5Group& root) { root.write_scalar("x", std::string("a\0b", 3)); };
    CHECK_THAT(output_message([&] { H5File::write(file, nul); }), Contains("NUL"));
    const auto latin = [](const H5Group& root) { root.write("x", std::vector<std::string>{"\xe9"}); };
    CHECK_THAT(output_message([&] { H5File::write(file, latin); }), Contains("UTF-8"));
    CHECK(folder.entries() == 0);
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("HDF5: a file that is missing, a folder or something else is told apart") {
    const Folder folder("h5_missing");
    files::write_text(folder / "a.txt", "representation");
    CHECK_FALSE(H5File::is_image(core::read_text(folder / "a.txt")));
    CHECK_THAT(input_message([&] { H5File::open(folder / "none.h5"); }), Contains("none.h5: no such file"));
    CHECK_THAT(input_message([&] { H5File::open(folder.path()); }), Contains("is a folder"));
    CHECK_THAT(input_message([&] { H5File::open(folder / "a.txt"); }), Contains("is not an HDF5 file"));
}

TEST_CASE("Provenance: five attributes, in order, read back as they were") {
    const auto provenance = files::make_provenance({{"input", "x.csv"}, {"n", 3}}, {{"x.csv", "ab12"}}, 7);
    const std::string image =
        H5File::image("p", [&](const H5Group& root) { files::write_provenance(root, provenance); });
    const H5Group root = H5File::open_image(image, "p");
    CHECK(root.attribute_names() ==
          std::vector<std::string>{"lvr_version", "commit", "config", "inputs", "seed"});
    CHECK(files::read_provenance(root) == provenance);
    CHECK(root.integer_attribute("seed") == 7);
    CHECK(core::Json::parse(root.text_attribute("inputs"))["x.csv"] == "ab12");
}

TEST_CASE("Provenance: whatever it is, it comes back") {
    const std::vector<core::Json> all = {
        nullptr,
        core::Json::object(),
        3,
        "text",
        {{"version", "1"}},
        {{"", 1}},
        {{"provenance", 2}},
        {{"commit", "123456789012"}, {"t", "true"}, {"u", UINT64_MAX}, {"n", nullptr}, {"d", 1.0}}};
    for (const auto& provenance : all) {
        const std::string image =
            H5File::image("p", [&](const H5Group& root) { files::write_provenance(root, provenance); });
        CHECK(files::read_provenance(H5File::open_image(image, "p")).dump() == provenance.dump());
    }
}
