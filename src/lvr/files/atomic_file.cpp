// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>

#include <lvr/core/error.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

const std::string k_temporary = ".lvr-tmp-";
constexpr auto k_stale_after = std::chrono::hours(24);  // longer than any one file takes to write

std::string remedy_for(int code) {
    switch (code) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return "free some space, or write to another disk";
        case EROFS:
            return "write to another place: this one is mounted read-only";
        case EACCES:
        case EPERM:
            return "check the folder's permissions";
        case ENOTDIR:
            return "a part of the path is a file: choose another folder";
        case ENOENT:
            return "make the folder first";
        case ENAMETOOLONG:
            return "choose a shorter name";
        default:
            return "check the path and the disk";
    }
}

[[noreturn]] void fail(const fs::path& target, int code) {
    throw core::output_error(target.string() + ": cannot be written (" + std::strerror(code) + ")",
                             "whatever was there before is untouched, and nothing half-written is left",
                             remedy_for(code));
}

/// A rename would replace a device such as /dev/stdout by a file.
void refuse_special(const fs::path& target) {
    std::error_code ignored;
    const fs::file_status status = fs::status(target, ignored);
    if (!fs::exists(status) || fs::is_regular_file(status)) return;
    const std::string what = fs::is_directory(status) ? "is a folder" : "is a device, not a file";
    throw core::output_error(target.string() + ": cannot be written: it " + what,
                             "the output is put in place as a whole file", "name a file");
}

/// Where a link leads to, also if nothing is there yet; the temporary must lie in that folder.
fs::path followed(const fs::path& target) {
    constexpr int most_links = 40;
    std::error_code code;
    fs::path path = target;
    for (int i = 0; fs::is_symlink(path, code); ++i) {
        const fs::path next = i < most_links ? fs::read_symlink(path, code) : fs::path();
        if (code || next.empty()) fail(target, code ? code.value() : ELOOP);
        path = path.parent_path() / next;
    }
    return path;
}

/// Short enough for file systems that stop at 255 bytes, whatever the target's name.
fs::path temporary_name(const fs::path& target) {
    constexpr std::size_t most_of_name = 180, most_of_host = 40;
    char host[256] = "host";
    gethostname(host, sizeof host - 1);
    return target.parent_path() /
           (k_temporary + std::string(host).substr(0, most_of_host) + "-" + std::to_string(getpid()) + "-" +
            target.filename().string().substr(0, most_of_name));
}

/// Once per process: listing results.d for each measurement would take longer than writing it.
bool is_first_write(const fs::path& folder) {
    static std::mutex mutex;
    static std::set<fs::path> folders;
    const std::lock_guard lock(mutex);
    return folders.insert(folder).second;
}

/// By age only: whether a process of another host, or of a container on this one, lives cannot be asked.
void remove_stale(const fs::path& folder) {
    std::error_code code;
    const auto oldest = fs::file_time_type::clock::now() - k_stale_after;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (!entry->path().filename().string().starts_with(k_temporary)) continue;
        std::error_code gone;
        const auto changed = entry->last_write_time(gone);
        if (!gone && changed < oldest) fs::remove(entry->path(), gone);
    }
}

/// Syncs a file or a folder to the disk. @return 0 or the error's code
int sync_path(const fs::path& path, int flags) {
    const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int code = fsync(descriptor) == 0 ? 0 : errno;
    if (close(descriptor) != 0 && code == 0) code = errno;
    return code == EINVAL ? 0 : code;  // some file systems cannot sync a folder
}

/// Removes the temporary unless it was renamed.
class Temporary {
  public:
    explicit Temporary(const fs::path& target) : path_(temporary_name(target)) {}
    ~Temporary() {
        std::error_code ignored;
        if (!done_) fs::remove(path_, ignored);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    const fs::path& path() const { return path_; }
    void rename_to(const fs::path& target) {
        if (rename(path_.c_str(), target.c_str()) != 0) fail(target, errno);
        done_ = true;
    }

  private:
    fs::path path_;
    bool done_ = false;
};

void write_all(int descriptor, std::string_view text, const fs::path& target) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int code = errno;
            close(descriptor);
            fail(target, code);
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void write_atomically(const fs::path& target, const std::function<void(const fs::path&)>& write) {
    refuse_special(target);
    const fs::path real = followed(target);
    const fs::path parent = real.has_parent_path() ? real.parent_path() : fs::path(".");
    if (const int code = sync_path(parent, O_RDONLY | O_DIRECTORY)) fail(target, code);
    if (is_first_write(parent)) remove_stale(parent);
    Temporary temporary(real);
    write(temporary.path());
    if (const int code = sync_path(temporary.path(), O_RDONLY)) fail(target, code);
    temporary.rename_to(real);
    if (const int code = sync_path(parent, O_RDONLY | O_DIRECTORY)) fail(target, code);
}

void write_text(const fs::path& target, std::string_view text) {
    write_atomically(target, [&](const fs::path& temporary) {
        const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (descriptor < 0) fail(target, errno);
        write_all(descriptor, text, target);
        if (close(descriptor) != 0) fail(target, errno);
    });
}

int remove_temporaries(const fs::path& folder) {
    std::error_code code;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
        if (entry->path().filename().string().starts_with(k_temporary)) found.push_back(entry->path());
    int removed = 0;
    for (const auto& one : found) removed += fs::remove(one, code) ? 1 : 0;
    return removed;
}

void sync_folder(const fs::path& folder) {
    if (const int code = sync_path(folder, O_RDONLY | O_DIRECTORY)) fail(folder, code);
}

void make_folder(const fs::path& folder) {
    std::error_code code;
    fs::create_directories(folder, code);
    if (!code && !fs::is_directory(folder, code) && !code)
        code = std::make_error_code(std::errc::not_a_directory);
    if (!code) return;
    throw core::output_error(folder.string() + ": cannot be made (" + code.message() + ")",
                             "the results have no place to go", remedy_for(code.value()));
}

}  // namespace lvr::files
