// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/text_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <lvr/core/error.hpp>

namespace lvr::core {
namespace {

constexpr std::size_t k_piece = 1 << 18;

[[noreturn]] void fail(const std::filesystem::path& file, int code) {
    if (code == ENOENT || code == ENOTDIR)
        throw input_error(file.string() + ": no such file", "", "check the path");
    if (code == EISDIR)
        throw input_error(file.string() + ": is a folder, not a file", "", "name a file in it");
    throw input_error(file.string() + ": cannot be read (" + std::strerror(code) + ")", "",
                      code == EACCES ? "check the file's permissions" : "check the file and its disk");
}

/// An open file, closed at the end.
class Descriptor {
  public:
    explicit Descriptor(const std::filesystem::path& file)
        : file_(file), number_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (number_ < 0) fail(file_, errno);
    }
    ~Descriptor() { close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    /// @return how many bytes were read; 0 at the end
    std::size_t read_into(std::array<char, k_piece>& piece) const {
        for (;;) {
            const ssize_t count = ::read(number_, piece.data(), piece.size());
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EINTR) fail(file_, errno);
        }
    }

  private:
    const std::filesystem::path& file_;
    int number_;
};

}  // namespace

void read_pieces(const std::filesystem::path& file, const std::function<void(std::string_view)>& take) {
    const Descriptor descriptor(file);
    const auto piece = std::make_unique<std::array<char, k_piece>>();
    while (const std::size_t count = descriptor.read_into(*piece)) take({piece->data(), count});
}

std::string read_text(const std::filesystem::path& file) {
    std::string text;
    read_pieces(file, [&](std::string_view piece) { text += piece; });
    return text;
}

}  // namespace lvr::core
