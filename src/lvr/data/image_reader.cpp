// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/parquet.hpp>

namespace lvr::data {
namespace {

/// No picture of at most k_most_pixels pixels is larger.
constexpr std::int64_t k_largest_file = std::int64_t{1} << 31;

using Reason = ImageError::Reason;

/// Which folder it is, whatever it is called: a disk that was unmounted leaves another one in its place.
std::optional<std::pair<dev_t, ino_t>> identity(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
    return std::pair{status.st_dev, status.st_ino};
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

/// What a failed call says about the image; not about it: too many open files, no memory.
[[noreturn]] void fail(int code, const std::string& id) {
    if (code == EMFILE || code == ENFILE || code == ENOMEM) {
        throw core::Error(
            core::ErrorKind::resource, fmt::format("{}: cannot be opened ({})", id, std::strerror(code)),
            "the machine has no room for it", "raise the limit (ulimit -n), or use fewer threads");
    }
    if (code == ENOENT || code == ENOTDIR) throw ImageError(Reason::missing, id, "there is no such file");
    throw ImageError(Reason::unreadable, id, fmt::format("cannot be read ({})", std::strerror(code)));
}

std::vector<std::uint8_t> read_file(const std::string& file, const std::string& id) {
    // Not blocking: a pipe of that name would make us wait for its writer.
    const int number = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (number < 0) fail(errno, id);
    const Descriptor descriptor(number);
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) fail(errno, id);
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
            fail(errno, id);
        }
    }
    bytes.resize(done);
    return bytes;
}

}  // namespace

struct ImageReader::State {
    const Catalog& catalog;
    std::optional<std::pair<dev_t, ino_t>> root;
    std::unique_ptr<ParquetImages> parquet;

    /// One file missing is the image's failure; without the root all would be, one after the other.
    void check_root() const {
        if (identity(catalog.root) == root) return;
        throw core::input_error(
            catalog.root + ": the images are gone: the folder is not what it was at the start",
            "every further image would count as missing",
            "bring it back (a disk that was unmounted?) and start again: what is done is kept");
    }

    std::vector<std::uint8_t> file_bytes(const std::string& path, const std::string& id) const {
        try {
            return read_file((std::filesystem::path(catalog.root) / path).string(), id);
        } catch (const ImageError&) {
            check_root();
            throw;
        }
    }
};

ImageReader::ImageReader(const Catalog& catalog)
    : state_(new State{catalog, identity(catalog.root), nullptr}) {
    if (!state_->root)
        throw core::input_error(catalog.root + ": no such folder", "the images are read from it",
                                "check the path");
    if (catalog.kind == Catalog::Kind::parquet)
        state_->parquet = std::make_unique<ParquetImages>(catalog.column);
}
ImageReader::~ImageReader() = default;

std::vector<std::uint8_t> ImageReader::bytes(std::int64_t index) const {
    const Catalog& catalog = state_->catalog;
    core::ensure(index >= 0 && index < catalog.size(), "the image is in the catalog");
    const auto at = static_cast<std::size_t>(index);
    if (!state_->parquet) return state_->file_bytes(catalog.paths[at], catalog.ids[at]);
    const std::string file = (std::filesystem::path(catalog.root) / catalog.paths[at]).string();
    auto cell = state_->parquet->cell(file, catalog.rows[at], catalog.ids[at]);
    if (!cell.path.empty()) return state_->file_bytes(cell.path, catalog.ids[at]);
    return std::move(cell.bytes);
}

}  // namespace lvr::data
