// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image_file.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <lvr/core/error.hpp>
#include <lvr/data/image.hpp>

namespace lvr::data {
namespace {

/// No picture of at most k_most_pixels pixels is larger.
constexpr std::int64_t k_largest_file = std::int64_t{1} << 31;

constexpr std::array k_no_room = {EMFILE, ENFILE, ENOMEM};
constexpr std::array k_no_disk = {EIO, ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, EHOSTUNREACH, ENODEV, ENXIO};

using Reason = ImageError::Reason;

template <class Codes>
bool has(const Codes& codes, int code) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return number_; }

  private:
    int number_;
};

}  // namespace

std::optional<FolderIdentity> identity_of(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
    return FolderIdentity{status.st_dev, status.st_ino};
}

std::int64_t size_or_code(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return -errno;
    return S_ISREG(status.st_mode) ? status.st_size : -EISDIR;
}

bool stops_the_run(int code) { return has(k_no_room, code) || has(k_no_disk, code); }

void refuse_file(int code, const std::string& id) {
    if (has(k_no_room, code)) {
        throw core::Error(
            core::ErrorKind::resource, fmt::format("{}: cannot be opened ({})", id, std::strerror(code)),
            "the machine has no room for it", "raise the limit (ulimit -n), or use fewer threads");
    }
    if (has(k_no_disk, code)) {
        throw core::input_error(fmt::format("{}: cannot be read now ({})", id, std::strerror(code)),
                                "its disk or the network fails, so that it would count as bad for good",
                                "see to the disk and start again: what is done is kept");
    }
    if (code == ENOENT || code == ENOTDIR) throw ImageError(Reason::missing, id, "there is no such file");
    throw ImageError(Reason::unreadable, id, fmt::format("cannot be read ({})", std::strerror(code)));
}

std::vector<std::uint8_t> read_image_file(const std::string& file, const std::string& id) {
    // Not blocking: a pipe of that name would make us wait for its writer.
    const int number = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (number < 0) refuse_file(errno, id);
    const Descriptor descriptor(number);
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) refuse_file(errno, id);
    if (S_ISDIR(status.st_mode)) throw ImageError(Reason::unreadable, id, "is a folder");
    if (!S_ISREG(status.st_mode))
        throw ImageError(Reason::unreadable, id, "is a device or a pipe, not a file");
    if (status.st_size > k_largest_file)
        throw ImageError(Reason::too_large, id, fmt::format("is a file of {} bytes", status.st_size));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(descriptor, bytes.data() + done, bytes.size() - done);
        if (count == 0) break;  // it became shorter: the decoder will say that it is truncated
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            refuse_file(errno, id);
        }
    }
    bytes.resize(done);
    return bytes;
}

}  // namespace lvr::data
