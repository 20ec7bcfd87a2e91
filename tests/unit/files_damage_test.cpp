// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include <lvr/core/rng.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/json_tree.hpp>
#include <lvr/files/results_schema.hpp>

#include "files_edit.hpp"
#include "files_fixture.hpp"
#include "fuzz/drive.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::H5File;

namespace {

std::string image() {
    return H5File::image("r", [](const auto& root) { files::fill_results(root, sample_results(), {}); });
}

/// 0 if the damaged file is read, or refused with an Error; in a child, so that a crash is a number too.
int outcome(const std::string& damaged) {
    const pid_t child = fork();
    if (child == 0) {
        try {
            fuzz::drive_raw_hdf5(fuzz::as_bytes(damaged));
            _exit(0);
        } catch (const std::exception& error) {
            fprintf(stderr, "%s\n", error.what());
            _exit(1);
        }
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("A file that was cut off anywhere is refused with its name") {
    const Folder folder("cut");
    const std::string whole = image();
    int refused = 0;
    for (std::size_t part = 0; part < 16; ++part) {
        const fs::path file = folder / "cut.h5";
        files::write_text(file, whole.substr(0, whole.size() * part / 16));
        CHECK_THAT(input_message([&] { files::read_results(file); }), Contains("cut.h5"));
        ++refused;
    }
    CHECK(refused == 16);
    files::write_text(folder / "cut.h5", whole.substr(0, whole.size() - 1));
    CHECK_THAT(input_message([&] { files::read_results(folder / "cut.h5"); }), Contains("truncated"));
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("A file with damaged bytes is read or refused, never a crash") {
    const std::string whole = image();
    int runs = 0;
    for (std::uint64_t i = 0; i < 100; ++i, ++runs) {
        core::KeyedRng random(1, {"damage"}, i);
        std::string damaged = whole;
        for (int change = 0; change < 3; ++change)
            damaged[random.below(damaged.size())] = static_cast<char>(random.next());
        INFO("damage " << i);
        CHECK(outcome(damaged) == 0);
    }
    CHECK(runs == 100);
}

TEST_CASE("Damages that made HDF5 crash in our calls are refused") {
    const fs::path corpus = fs::path(LVR_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / "raw_hdf5";
    int runs = 0;
    for (const auto& entry : fs::directory_iterator(corpus)) {
        INFO(entry.path());
        CHECK(outcome(core::read_text(entry.path())) == 0);
        ++runs;
    }
    CHECK(runs > 0);
}

TEST_CASE("A crash inside HDF5 is blamed on the file, one in our own code is not") {
    const auto ending = [](const std::function<void()>& run, std::string& said) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], STDERR_FILENO);
            for (const int signal : {SIGSEGV, SIGFPE})
                std::signal(signal, SIG_DFL);  // not Catch's own report
            const files::CrashMessage crash("x.h5");
            run();
            _exit(0);
        }
        close(ends[1]);
        char part[4096];
        for (ssize_t size; (size = read(ends[0], part, sizeof part)) > 0;)
            said.append(part, static_cast<std::size_t>(size));
        close(ends[0]);
        int status = -1;
        waitpid(child, &status, 0);
        return status;
    };
    const std::string bytes = core::read_text(fs::path(LVR_SOURCE_DIR) /
                                              "tests/fuzz/corpus/libhdf5_crashes/chunk_dimension_zero.h5");
    std::string theirs, ours, copied;
    int status = ending([&] { files::results_of(H5File::open_image(bytes, "x.h5")); }, theirs);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 3));
    CHECK_THAT(theirs, Contains("x.h5: the HDF5 library crashed"));
    void* const closed = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(closed != MAP_FAILED);
    status = ending([&] { *static_cast<volatile char*>(closed) = 1; }, ours);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    CHECK_THAT(ours, !Contains("HDF5 library crashed"));
    status = ending([&] { std::memset(closed, bytes[0], bytes.size() % 4096); }, copied);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
    CHECK_THAT(copied, !Contains("HDF5 library crashed"));
    munmap(closed, 4096);
}

TEST_CASE("A dataset that claims to be larger than its file is refused before memory is asked for") {
    const std::string large = edited(image(), [](hid_t file) {
        replace_dataset(file, "scores/value", H5T_IEEE_F64LE, {hsize_t{1} << 50});
    });
    const std::string message = input_message([&] { files::results_of(H5File::open_image(large, "x.h5")); });
    CHECK_THAT(message, Contains("x.h5: scores/value: claims to be larger than the file"));
}

TEST_CASE("A tree that holds itself, or the same again and again, is refused") {
    const std::string small =
        H5File::image("x", [](const files::H5Group& root) { root.write_scalar("a", 1.0); });
    const std::string self = edited(small, [](hid_t file) { H5Lcreate_hard(file, ".", file, "b", 0, 0); });
    CHECK_THAT(input_message([&] { files::tree_of(H5File::open_image(self, "x.h5")); }),
               Contains("x.h5: is nested too deeply"));
    const std::string twice = edited(self, [](hid_t file) { H5Lcreate_hard(file, ".", file, "c", 0, 0); });
    CHECK_THAT(input_message([&] { files::tree_of(H5File::open_image(twice, "x.h5")); }), Contains("x.h5: "));
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("HDF5 files whose content was chosen at random are read or refused") {
    std::string input(400, '\0');
    int runs = 0;
    for (std::uint64_t i = 0; i < 200; ++i, ++runs) {
        core::KeyedRng random(2, {"structure"}, i);
        for (char& letter : input) letter = static_cast<char>(random.next());
        CHECK_NOTHROW(fuzz::drive_results_h5(fuzz::as_bytes(input)));
    }
    CHECK(runs == 200);
}
