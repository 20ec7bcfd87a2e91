// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include <lvr/core/rng.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/files/results_schema.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::Measurement;

namespace {

Measurement score(const std::string& representation, const std::string& benchmark, double value) {
    Measurement m;
    m.kind = "score";
    m.representation = representation;
    m.name = benchmark;
    m.value = value;
    m.unit = "percent";
    m.scale = 100;
    m.samples = 50;
    m.labels = {{"resolution", "336"}};
    m.provenance = {{"seed", 1}};
    return m;
}

Measurement other(const std::string& kind, const std::string& representation, const std::string& name,
                  double value) {
    Measurement m;
    m.kind = kind;
    m.representation = representation;
    m.name = name;
    m.value = value;
    m.family = "clip";
    return m;
}

std::vector<Measurement> all_of(const std::string& representation) {
    auto seeded = score(representation, "mme", 61);
    seeded.seed = 3;
    return {other("alignment", representation, "loglik", -2),
            other("correspondence", representation, "", 15.5), score(representation, "mme", 60), seeded,
            score(representation, "a/b", 0.1)};
}

void write_all(const fs::path& folder, const std::vector<std::string>& representations) {
    for (const auto& representation : representations) {
        for (const auto& m : all_of(representation)) files::write_measurement(folder, m);
    }
}

/// `read_input`, with the note where the test wants it.
files::Results read(const fs::path& file, std::string* note = nullptr) {
    auto input = files::read_input(file);
    if (note != nullptr && !input.note.empty()) *note = input.note;
    return std::move(input.results);
}

pid_t in_child(const std::function<void()>& run) {
    const pid_t child = fork();
    if (child != 0) return child;
    try {
        run();
        _exit(0);
    } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
        _exit(1);
    }
}

int status_of(pid_t child) {
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

void measure_and_rebuild(const fs::path& results_h5, const std::string& name, int times) {
    for (int i = 0; i < times; ++i) {
        write_all(results_h5.parent_path() / "results.d", {name + std::to_string(i)});
        files::rebuild(results_h5);
    }
}

}  // namespace

TEST_CASE("A measurement comes back from its file, whatever that is called") {
    const Folder folder("measurement");
    Measurement m = score("hub/name.v1 é~x", "mme", 60.5);
    m.seed = -4;
    m.standard_error = 0.25;
    m.gpu_hours = 2;
    m.training_gpu_hours = 3;
    m.definition = "d";
    m.family = "f";
    files::write_measurement(folder.path(), m);
    const fs::path file = folder / "hub%2Fname.v1%20%C3%A9%7Ex~score~mme~-4.h5";
    REQUIRE(fs::exists(file));
    fs::rename(file, folder / "other.h5");
    const Measurement back = files::read_measurement(folder / "other.h5");
    CHECK((back.kind == "score" && back.representation == m.representation && back.name == "mme" &&
           back.seed == -4));
    CHECK((back.value == 60.5 && back.standard_error == 0.25 && back.gpu_hours == 2 &&
           back.training_gpu_hours == 3));
    CHECK((back.samples == 50 && back.unit == "percent" && back.scale == 100 && back.definition == "d" &&
           back.family == "f"));
    CHECK((back.labels == m.labels && back.provenance == m.provenance));
    CHECK(files::H5File::open_objects() == 0);
}

TEST_CASE("File names: long ones end in their hash, hidden ones do not exist") {
    const std::string longest(300, 'x');
    const auto name = files::file_name_of(score(longest + "1", "mme", 1));
    CHECK(name.size() < 200);
    CHECK(name != files::file_name_of(score(longest + "2", "mme", 1)));
    const Folder folder("long");
    for (const std::string repeated : {"x", "é", "/"}) {
        std::string text;
        while (text.size() < 300) text += repeated;
        files::write_measurement(folder.path(), score(text, text, 1));
    }
    CHECK(files::read_measurements(folder.path()).size() == 3);
    CHECK(files::file_name_of(score(".x", "mme", 1)) == "%2Ex~score~mme~.h5");
    CHECK(files::file_name_of(score("A", "mme", 1)) != files::file_name_of(score("A~score", "mme", 1)));
}

TEST_CASE("What is no measurement is refused") {
    const Folder folder("refused");
    CHECK_THAT(input_message([&] { files::write_measurement(folder.path(), score("a", "mme", NAN)); }),
               Contains("not a finite number"));
    CHECK_THAT(input_message([&] { files::write_measurement(folder.path(), score("", "mme", 1)); }),
               Contains("no representation"));
    CHECK_THAT(input_message([&] { files::write_measurement(folder.path(), other("x", "a", "b", 1)); }),
               Contains("kind 'x'"));
    const auto refusal = [&](const Measurement& m) {
        return input_message([&] { files::write_measurement(folder.path(), m); });
    };
    CHECK_THAT(refusal(score("a\nb", "mme", 1)), Contains("line end"));
    CHECK_THAT(refusal(score("a", "mme@seed1", 1)), Contains("@seed"));
    auto labelled = score("a", "mme", 1);
    labelled.labels = {{"score_x", "1"}};
    CHECK_THAT(refusal(labelled), Contains("label column 'score_x' has a name that means something else"));
    CHECK(folder.entries() == 0);
    files::write_text(folder / "x.h5", "no");
    CHECK_THAT(input_message([&] { files::read_measurements(folder.path()); }),
               Contains("x.h5: is not an HDF5 file"));
    files::write_results_h5(folder / "x.h5", sample_results());
    CHECK_THAT(input_message([&] { files::read_measurements(folder.path()); }),
               Contains("x.h5: is not a measurement"));
}

TEST_CASE("Measurements make a table in an order of their own") {
    std::vector<Measurement> forwards, backwards;
    for (const std::string name : {"z", "a"}) {
        for (const auto& m : all_of(name)) forwards.push_back(m);
    }
    backwards.assign(forwards.rbegin(), forwards.rend());
    const auto r = files::assemble(forwards, "results.d");
    CHECK(files::to_csv(r) == files::to_csv(files::assemble(backwards, "results.d")));
    REQUIRE(r.representations.size() == 2);
    CHECK((r.representations[0].name == "a" && r.representations[0].family == "clip"));
    CHECK((r.alignment[0].definition == "loglik" && r.alignment[0].value[0] == -2));
    CHECK(r.correspondence[1] == 15.5);
    CHECK(
        (r.benchmarks[0].name == "a/b" && r.benchmarks[1].unit == "percent" && r.benchmarks[1].scale == 100));
    REQUIRE(r.scores.size() == 6);
    CHECK((r.scores[1].value == 60 && r.scores[2].seed == 3 && r.scores[2].samples == 50));
    CHECK(r.representations[0].labels == std::vector<std::string>{"336"});
}

TEST_CASE("Two files that disagree are both named") {
    const Folder folder("conflict");
    files::write_measurement(folder.path(), score("a", "mme", 1));
    fs::rename(folder / "a~score~mme~.h5", folder / "first.h5");
    files::write_measurement(folder.path(), score("a", "mme", 1));
    CHECK_NOTHROW(files::assemble(files::read_measurements(folder.path()), "d"));  // the same said twice
    files::write_measurement(folder.path(), score("a", "mme", 2));
    const auto message =
        input_message([&] { files::assemble(files::read_measurements(folder.path()), "d"); });
    CHECK_THAT(message, Contains("first.h5") && Contains("a~score~mme~.h5") &&
                            Contains("the score of 'a' on 'mme': 2 and 1"));
}

TEST_CASE("results.h5 is rebuilt with the same bytes, and knows when results.d has gone on") {
    const Folder folder("rebuild");
    const fs::path file = folder / "results.h5", measurements = folder / "results.d";
    write_all(measurements, {"b", "a"});
    std::string note;
    CHECK(read(file, &note).representations.size() == 2);
    CHECK_THAT(note, Contains("reading") && Contains("results.d itself"));
    files::rebuild(file);
    const std::string bytes = core::read_text(file);
    files::rebuild(file);
    CHECK(core::read_text(file) == bytes);
    note.clear();
    CHECK(read(file, &note).representations.size() == 2);
    CHECK(note.empty());
    auto again = score("a", "mme", 60);
    again.value = 59;
    files::write_measurement(measurements, again);
    CHECK(read(file, &note).scores[1].value == 59);
    CHECK_THAT(note, Contains("results.d itself"));
    note.clear();
    write_all(measurements, {"c"});
    files::write_text(measurements / ".lvr-tmp-x-1-half.h5", "half");
    CHECK(read(file, &note).representations.size() == 3);
    CHECK_THAT(note, Contains("results.d"));
}

TEST_CASE("Four processes that measure and rebuild at once leave everything, with the same bytes") {
    const Folder folder("race");
    const fs::path file = folder / "results.h5";
    std::vector<pid_t> children;
    for (const std::string name : {"a", "b", "c", "d"}) {
        children.push_back(in_child([&] { measure_and_rebuild(file, name, 4); }));
    }
    for (const pid_t child : children) CHECK(status_of(child) == 0);
    std::string note;
    CHECK(read(file, &note).representations.size() == 16);
    CHECK(note.empty());
    const std::string bytes = core::read_text(file);
    fs::remove(file);
    files::rebuild(file);
    CHECK(core::read_text(file) == bytes);
    CHECK(folder.entries() == 2);
}

TEST_CASE(
    "A process that is killed as it measures and rebuilds leaves whole files, and the next one goes on") {
    const Folder folder("killed_rebuild");
    const fs::path file = folder / "results.h5", measurements = folder / "results.d";
    write_all(measurements, {"first"});
    files::rebuild(file);
    for (std::uint64_t i = 0; i < 15; ++i) {
        core::KeyedRng random(4, {"kill"}, i);
        const std::size_t before = entries(measurements);
        const pid_t child = in_child([&] { measure_and_rebuild(file, std::to_string(i) + "_", 1000); });
        while (entries(measurements) < before + 2) usleep(100);
        usleep(static_cast<useconds_t>(random.below(20000)));
        kill(child, SIGKILL);
        CHECK(WIFSIGNALED(status_of(child)));
        CHECK(files::read_results_h5(file).representations.size() >= 1);
        const auto complete = files::assemble(files::read_measurements(measurements), "d");
        CHECK(files::to_csv(read(file)) == files::to_csv(complete));
    }
    files::rebuild(file);
    std::string note;
    CHECK(read(file, &note).representations.size() > 15);
    CHECK(note.empty());
}

TEST_CASE("What is measured while results.h5 is being rebuilt is in it all the same") {
    const Folder folder("meanwhile");
    const fs::path measurements = folder / "results.d", last = measurements / "z~score~mme~.h5";
    write_all(measurements, {"a"});
    files::write_measurement(folder.path(), score("z", "mme", 1));
    REQUIRE(mkfifo(last.c_str(), 0600) == 0);
    const pid_t child = in_child([&] { files::rebuild(folder / "results.h5"); });
    const int descriptor = open(last.c_str(), O_WRONLY);  // waits until it is read, so all have been listed
    write_all(measurements, {"b"});
    fs::rename(folder / last.filename().string(), last);  // for whoever opens it next
    const std::string bytes = core::read_text(last);
    REQUIRE(write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    close(descriptor);
    CHECK(status_of(child) == 0);
    CHECK(files::read_results_h5(folder / "results.h5").representations.size() == 3);
}

TEST_CASE("A measurement or a rebuild that has no place to go is an output error") {
    const Folder folder("no_place");
    files::write_text(folder / "results.d", "a file");
    CHECK_THAT(output_message([&] { files::write_measurement(folder / "results.d", score("a", "mme", 1)); }),
               Contains("results.d: cannot be made"));
    write_all(folder / "x.d", {"a"});
    fs::create_directory(folder / "x.h5");
    CHECK_THAT(output_message([&] { files::rebuild(folder / "x.h5"); }),
               Contains("x.h5") && Contains("folder"));
    CHECK_THAT(input_message([&] { files::rebuild(folder / "none.h5"); }),
               Contains("none.d: cannot be listed"));
    CHECK(files::H5File::open_objects() == 0);
}

TEST_CASE("A CSV, or an HDF5 file without a results.d, is read as it is") {
    const Folder folder("plain");
    files::write_results(folder / "x.h5", sample_results());
    std::string note;
    CHECK(read(folder / "x.h5", &note).representations.size() == 2);
    files::write_results(folder / "y.csv", sample_results());
    write_all(folder / "y.d", {"a"});
    CHECK(read(folder / "y.csv", &note).representations.size() == 2);
    CHECK(note.empty());
    CHECK_THAT(input_message([&] { read(folder / "none.h5", &note); }), Contains("no such file"));
}

TEST_CASE("What was read is named with its hash, and survives the trip to other ranks") {
    const Folder folder("sources");
    const fs::path file = folder / "results.h5", one = folder / "results.d" / "a~score~mme~.h5";
    files::write_measurement(folder / "results.d", score("a", "mme", 60));
    const auto only_folder = files::read_input(file);
    CHECK(only_folder.sources == std::vector<files::SourceFile>{{one.string(), core::sha256_of_file(one)}});
    files::rebuild(file);
    const auto fresh = files::read_input(file);
    CHECK(fresh.sources == std::vector<files::SourceFile>{{file.string(), core::sha256_of_file(file)}});
    files::write_measurement(folder / "results.d", score("a", "mme", 61));
    const auto stale = files::read_input(file);
    CHECK(stale.sources == std::vector<files::SourceFile>{{one.string(), core::sha256_of_file(one)}});
    CHECK(stale.results.scores[0].value == 61);
    files::write_results(folder / "full.h5", sample_results());
    for (const auto& input : {only_folder, fresh, stale, files::read_input(folder / "full.h5")}) {
        const auto back = files::unpacked(files::packed(input));
        CHECK(back.sources == input.sources);
        CHECK(back.note == input.note);
        CHECK(files::to_csv(back.results) == files::to_csv(input.results));
    }
}

TEST_CASE("Writes results.d, its results.h5, a stale one and a damaged file into the working directory",
          "[.folder]") {
    fs::remove_all("results.d");
    const std::vector<std::string> names = {"a", "b", "c", "d"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const double x = static_cast<double>(i);
        files::write_measurement("results.d", other("alignment", names[i], "mme", x * (3 - x)));
        files::write_measurement("results.d", other("correspondence", names[i], "", 10 + x));
        files::write_measurement("results.d", score(names[i], "mme", i == 2 ? 90 : 50));
        if (i == 2) files::rebuild("results.h5");
    }
    fs::rename("results.h5", "stale.h5");
    files::rebuild("results.h5");
    const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
    files::H5File::write("deep.h5", [&](const files::H5Group& root) {
        auto results = sample_results();
        results.provenance = nullptr;
        files::fill_results(root, results, {});
        root.write_attribute("config", deep);
    });
}
