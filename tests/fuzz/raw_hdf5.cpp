// SPDX-License-Identifier: Apache-2.0
// Feeds damaged HDF5 files to the library, each in a child process, and lists where it died. What crashes
// below our own frames is HDF5's: it is listed, not fixed here.
//   raw_hdf5 SECONDS SEED FOLDER     FOLDER gets one input per place of death
#include <execinfo.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>

#include <lvr/core/rng.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_schema.hpp>

#include "drive.hpp"

namespace {

using lvr::core::KeyedRng;

constexpr rlim_t k_most_memory = rlim_t{2} << 30;  // bytes
constexpr unsigned k_most_seconds = 5;
constexpr int k_wrong_answer = 3;
int death_note = -1;

/// Which functions were running, innermost first, one a line.
void note_death(int number) {
    void* frames[40];
    backtrace_symbols_fd(frames, backtrace(frames, 40), death_note);
    signal(number, SIG_DFL);
    raise(number);
}

[[noreturn]] void run_child(const std::string& image) {
    const rlimit memory{k_most_memory, k_most_memory};
    setrlimit(RLIMIT_AS, &memory);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM}) signal(number, note_death);
    alarm(k_most_seconds);
    try {
        lvr::fuzz::drive_raw_hdf5(lvr::fuzz::as_bytes(image));
    } catch (const std::exception& error) {
        dprintf(death_note, "%s\n", error.what());
        _exit(k_wrong_answer);
    }
    _exit(0);
}

std::string all_of(int descriptor) {
    std::string text;
    char part[4096];
    for (ssize_t size; (size = read(descriptor, part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(size));
    return text;
}

/// The innermost frame in libhdf5, or what else is known.
std::string place_of(const std::string& note) {
    std::size_t at = note.find("libhdf5");
    if (at == std::string::npos) return note.substr(0, note.find('\n'));
    at = note.find('(', at) + 1;
    return note.substr(at, note.find_first_of("+)", at) - at);
}

/// "" if all went well.
std::string outcome(const std::string& image) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
        death_note = ends[1];
        run_child(image);
    }
    close(ends[1]);
    const std::string note = all_of(ends[0]);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return fmt::format("{} in {}", strsignal(WTERMSIG(status)), place_of(note));
    return WEXITSTATUS(status) == 0 ? "" : "wrong answer: " + note;
}

std::string seed_image() {
    const auto results = lvr::files::parse_csv(
        "# "
        "c\nrepresentation,family,note,C,A_x,A_y,score_a,score_b@seed1\nr1,f,n,1,2,3,4,5\nr2,g,,1.5,2.5,,4.5,"
        "\n",
        "seed");
    return lvr::files::H5File::image("seed",
                                     [&](const auto& root) { lvr::files::fill_results(root, results, {}); });
}

/// Structure lies at both ends of the file and in small numbers: bits, bytes, and words that mean something.
std::string damaged(std::string image, KeyedRng& random) {
    for (auto changes = 1 + random.below(4); changes > 0; --changes) {
        const auto at = random.below(image.size());
        switch (random.below(5)) {
            case 0:
                image[at] = static_cast<char>(image[at] ^ (1 << random.below(8)));
                break;
            case 1:
                image[at] = static_cast<char>(random.next());
                break;
            case 2:
                image[at] = '\xff';
                break;
            case 3:
                image.replace(at, std::min<std::size_t>(8, image.size() - at),
                              std::min<std::size_t>(8, image.size() - at), '\xff');
                break;
            default:
                image.replace(at, std::min<std::size_t>(8, image.size() - at), image,
                              random.below(image.size() - 8), 8);
        }
    }
    return image;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return fmt::print(stderr, "usage: raw_hdf5 SECONDS SEED FOLDER\n"), 2;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::stoi(argv[1]));
    const std::string image = seed_image();
    lvr::files::make_folder(argv[3]);
    std::map<std::string, int> deaths;
    std::uint64_t runs = 0;
    for (; std::chrono::steady_clock::now() < end; ++runs) {
        KeyedRng random(std::stoull(argv[2]), {"raw_hdf5"}, runs);
        const std::string input = damaged(image, random);
        const std::string how = outcome(input);
        if (how.empty() || deaths[how]++ > 0) continue;
        lvr::files::write_text(fmt::format("{}/{}.h5", argv[3], deaths.size()), input);
    }
    fmt::print("{} inputs\n", runs);
    for (const auto& [how, count] : deaths) fmt::print("{:6}  {}\n", count, how);
    return 0;
}
