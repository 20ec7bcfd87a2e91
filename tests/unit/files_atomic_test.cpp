// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include <lvr/core/rng.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;

namespace {

/// A disk of 64 KiB, if we may mount one.
class SmallDisk {
  public:
    explicit SmallDisk(fs::path where, const char* options = "size=64k") : where_(std::move(where)) {
        fs::create_directories(where_);
        mounted_ = mount("none", where_.c_str(), "tmpfs", 0, options) == 0;
    }
    ~SmallDisk() {
        if (mounted_) umount2(where_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool mounted() const { return mounted_; }
    void make_read_only() const {
        REQUIRE(mount("none", where_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    }

  private:
    fs::path where_;
    bool mounted_ = false;
};

/// How a child ended that ran this.
int status_of_child(const std::function<void()>& run) {
    const pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

/// Runs in a child that may write files of 16 KiB only: a full disk for those who may not mount one.
int code_in_limited_child(const std::function<int()>& run) {
    const int status = status_of_child([&] {
        const rlimit limit{16 * 1024, 16 * 1024};
        std::signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) == 0 ? run() : 99);
    });
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/// 0 if writing says so in an Error of kind output, and leaves nothing.
int fails_cleanly(const fs::path& target, const std::function<void()>& write) {
    try {
        write();
        return 1;
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::output) return 2;
        if (std::string(error.what()).find(target.string()) == std::string::npos) return 3;
        if (std::string(error.what()).find("free some space") == std::string::npos) return 4;
    }
    if (fs::exists(target)) return 5;
    return fs::is_empty(target.parent_path()) ? 0 : 6;
}

void write_h5(const fs::path& file, std::size_t size) {
    files::H5File::write(
        file, [&](const files::H5Group& root) { root.write("x", std::vector<double>(size, 1.5)); });
}

}  // namespace

TEST_CASE("A text is written whole, over what was there, and nothing else is left") {
    const Folder folder("atomic");
    files::write_text(folder / "a.txt", "one");
    files::write_text(folder / "a.txt", std::string_view("two\0", 4));
    CHECK(core::read_text(folder / "a.txt") == std::string("two\0", 4));
    CHECK(folder.entries() == 1);
}

TEST_CASE("A name at the file system's limit can be written") {
    const Folder folder("long_name");
    const std::string name(255, 'n');
    files::write_text(folder / name, "x");
    CHECK(core::read_text(folder / name) == "x");
}

TEST_CASE("A link is followed, not replaced") {
    const Folder folder("link");
    fs::create_directory(folder / "disk");
    fs::create_symlink(folder / "disk" / "real.txt", folder / "link.txt");
    files::write_text(folder / "link.txt", "x");
    CHECK(fs::is_symlink(folder / "link.txt"));
    CHECK(core::read_text(folder / "disk" / "real.txt") == "x");
}

TEST_CASE("When writing throws, the old file stays and the temporary goes") {
    const Folder folder("throws");
    files::write_text(folder / "a.txt", "old");
    const auto half = [](const fs::path& temporary) {
        files::write_text(temporary, "half");
        throw std::runtime_error("stop");
    };
    CHECK_THROWS_AS(files::write_atomically(folder / "a.txt", half), std::runtime_error);
    CHECK(core::read_text(folder / "a.txt") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("What a killed writer left is ignored, and removed by another one a day later") {
    const Folder folder("killed");
    const auto write = [&](const char* name) {
        return status_of_child([&] { files::write_text(folder / name, "whole"); });
    };
    REQUIRE((write("a.txt") == 0 && write(".hidden") == 0));
    const int status = status_of_child([&] {
        files::write_atomically(folder / "a.txt", [](const fs::path& temporary) {
            std::ofstream(temporary) << "half";
            raise(SIGKILL);
        });
    });
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    CHECK(core::read_text(folder / "a.txt") == "whole");
    REQUIRE(folder.entries() == 3);
    CHECK(write("b.txt") == 0);
    CHECK(folder.entries() == 4);  // the half one stays: it might still be written
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(25));
    }
    CHECK(write("b.txt") == 0);
    CHECK(folder.entries() == 3);
    CHECK((fs::exists(folder / "a.txt") && fs::exists(folder / "b.txt") && fs::exists(folder / ".hidden")));
}

TEST_CASE("A writer killed at any time leaves a whole file") {
    const Folder folder("any_time");
    const fs::path file = folder / "a.txt";
    const std::string one(300'000, '1'), two(500'000, '2');
    files::write_text(file, one);
    int killed = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        core::KeyedRng random(3, {"kill"}, i);
        const pid_t child = fork();
        if (child == 0) {
            for (;;) {
                files::write_text(file, two);
                files::write_text(file, one);
            }
        }
        usleep(static_cast<useconds_t>(random.below(8000)));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) ++killed;
        const std::string text = core::read_text(file);
        CHECK((text == one || text == two));
    }
    CHECK(killed == 40);
}

TEST_CASE("What cannot be written is named with the reason and the remedy") {
    const Folder folder("unwritable");
    files::write_text(folder / "file", "x");
    const auto below_file = output_message([&] { files::write_text(folder / "file" / "a.txt", "x"); });
    CHECK_THAT(below_file,
               Contains("file/a.txt") && Contains("Not a directory") && Contains("choose another folder"));
    CHECK_THAT(output_message([&] { files::write_text(folder / "none" / "a.txt", "x"); }),
               Contains("make the folder first"));
    CHECK_THAT(output_message([&] { files::write_text(folder.path(), "x"); }), Contains("is a folder"));
    CHECK_THAT(output_message([&] { files::write_text("/dev/full", "x"); }), Contains("is a device"));
    CHECK_THAT(output_message([&] { files::make_folder(folder / "file" / "sub"); }),
               Contains("Not a directory"));
    CHECK_THAT(output_message([&] { files::make_folder(folder / "file"); }), Contains("cannot be made"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("A folder is made with those above it, twice without harm") {
    const Folder folder("make");
    files::make_folder(folder / "a" / "b");
    files::make_folder(folder / "a" / "b");
    CHECK(fs::is_directory(folder / "a" / "b"));
}

TEST_CASE("A full disk is noticed: files limited to 16 KiB") {
    const Folder folder("limit");
    const fs::path text = folder / "big.txt", h5 = folder / "big.h5";
    const std::string big(64 * 1024, 'x');
    CHECK(code_in_limited_child([&] { return fails_cleanly(text, [&] { files::write_text(text, big); }); }) ==
          0);
    CHECK(code_in_limited_child([&] { return fails_cleanly(h5, [&] { write_h5(h5, 10000); }); }) == 0);
}

TEST_CASE("A full and a read-only disk are noticed: tmpfs of 64 KiB") {
    const Folder folder("disk");
    const SmallDisk disk(folder / "small");
    if (!disk.mounted()) {
        WARN("mounting is refused here; the test with a limited file size stands in for this one");
        CHECK(errno != 0);
        return;
    }
    const fs::path text = folder / "small" / "big.txt", h5 = folder / "small" / "big.h5";
    CHECK(fails_cleanly(text, [&] { files::write_text(text, std::string(200 * 1024, 'x')); }) == 0);
    CHECK(fails_cleanly(h5, [&] { write_h5(h5, 30000); }) == 0);
    files::write_text(text, "small");
    disk.make_read_only();
    CHECK_THAT(output_message([&] { files::write_text(text, "x"); }), Contains("mounted read-only"));
    CHECK_THAT(output_message([&] { files::make_folder(folder / "small" / "sub"); }),
               Contains("mounted read-only"));
    CHECK_THAT(output_message([&] { write_h5(h5, 1); }), Contains("mounted read-only"));
    CHECK(core::read_text(text) == "small");
    CHECK(files::H5File::open_objects() == 0);
}
