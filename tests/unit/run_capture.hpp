// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace lvr::test {

/// Sends a descriptor (1 or 2) to a nameless file while it lives, or to a given one.
class Capture {
  public:
    explicit Capture(int descriptor, const char* into = nullptr)
        : descriptor_(descriptor), before_(dup(descriptor)) {
        std::fflush(nullptr);
        file_ = into == nullptr ? memfd_create("capture", MFD_CLOEXEC) : open(into, O_RDWR);
        dup2(file_, descriptor_);
    }
    ~Capture() {
        std::fflush(nullptr);
        dup2(before_, descriptor_);
        close(before_);
        close(file_);
    }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    std::string text() const {
        std::fflush(nullptr);
        std::string text(static_cast<std::size_t>(lseek(file_, 0, SEEK_END)), '\0');
        const ssize_t count = pread(file_, text.data(), text.size(), 0);
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

  private:
    int descriptor_, before_, file_ = -1;
};

}  // namespace lvr::test
