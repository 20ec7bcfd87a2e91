// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/atomic_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <lvr/core/error.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

std::string remedy_for(int code) {
    switch (code) {
        case ENOSPC:
        case EDQUOT: return "free some space or write to another disk";
        case EROFS: return "write to another place: this one is mounted read-only";
        case EACCES:
        case EPERM: return "check the folder's permissions";
        case ENOTDIR: return "a part of the path is a file: choose another folder";
        default: return "check the path and the disk";
    }
}

[[noreturn]] void fail(const fs::path& target, int code) {
    throw core::output_error(target.string() + ": cannot be written (" + std::strerror(code) + ")",
                             "nothing was left under that name", remedy_for(code));
}

fs::path temporary_name(const fs::path& target) {
    char host[256] = "host";
    gethostname(host, sizeof host - 1);
    return target.parent_path() / ("." + target.filename().string() + ".tmp-" + host + "-" + std::to_string(getpid()));
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
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    const int probe = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (probe < 0) fail(target, errno);
    close(probe);
    Temporary temporary(target);
    write(temporary.path());
    if (const int code = sync_path(temporary.path(), O_RDONLY)) fail(target, code);
    temporary.rename_to(target);
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

void make_folder(const fs::path& folder) {
    std::error_code code;
    fs::create_directories(folder, code);
    if (!code && fs::is_directory(folder)) return;
    throw core::output_error(folder.string() + ": cannot be made (" + (code ? code.message() : "it is a file") + ")",
                             "the results have no place to go", remedy_for(code.value()));
}

}  // namespace lvr::files
