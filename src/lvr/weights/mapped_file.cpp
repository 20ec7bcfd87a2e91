// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/mapped_file.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <lvr/core/error.hpp>

namespace lvr::weights {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int code) {
    if (code == ENOENT || code == ENOTDIR)
        throw core::input_error(file.string() + ": no such file", "", "check the path");
    throw core::input_error(file.string() + ": cannot be read (" + std::strerror(code) + ")", "",
                            code == EACCES ? "check the file's permissions" : "check the file and its disk");
}

/// Closes what was opened; a mapping outlives it. A pipe is not waited for.
struct Descriptor {
    explicit Descriptor(const std::filesystem::path& file)
        : number(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
        if (number < 0) fail(file, errno);
    }
    ~Descriptor() { close(number); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number;
};

std::int64_t span_of(const Placement& placement) {
    std::int64_t last = 0;
    for (std::size_t i = 0; i < placement.shape.size(); ++i) {
        if (placement.shape[i] == 0) return 0;
        last += (placement.shape[i] - 1) * placement.strides[i];
    }
    return last + 1;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) : file_(file) {
    const Descriptor descriptor(file);
    struct stat status {};
    if (fstat(descriptor.number, &status) != 0) fail(file, errno);
    if (S_ISDIR(status.st_mode)) fail(file, EISDIR);
    if (!S_ISREG(status.st_mode))
        throw core::input_error(file.string() + ": not an ordinary file", "", "check the path");
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0)
        throw core::input_error(file.string() + ": is empty", "",
                                "download it again, or restore it from a copy");
    void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor.number, 0);
    if (address == MAP_FAILED) fail(file, errno);
    data_ = static_cast<const std::byte*>(address);
    if (size_ < 1024 && text(0, size_).starts_with("version https://git-lfs")) {
        munmap(address, size_);
        throw core::input_error(file.string() + ": is a Git LFS pointer, not the weights themselves", "",
                                "run `git lfs pull` in its folder");
    }
}

MappedFile::~MappedFile() { munmap(const_cast<std::byte*>(data_), size_); }

std::string_view MappedFile::text(std::size_t offset, std::size_t count) const {
    core::ensure(offset <= size_ && count <= size_ - offset, "a piece of a mapped file reaches past its end");
    return {reinterpret_cast<const char*>(data_) + offset, count};
}

bool span_fits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
               std::uint64_t most) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 0) return true;
        std::uint64_t step = 0;
        if (__builtin_mul_overflow(static_cast<std::uint64_t>(shape[i] - 1),
                                   static_cast<std::uint64_t>(strides[i]), &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    }
    return last < most;
}

bool count_elements(const std::vector<std::int64_t>& shape, std::int64_t& count) {
    std::int64_t product = 1;
    bool none = false;
    for (const auto length : shape) {
        none = none || length == 0;
        if (length != 0 && __builtin_mul_overflow(product, length, &product)) return false;
    }
    count = none ? 0 : product;
    return shape.size() <= k_most_dimensions;
}

std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    std::int64_t count = 0;
    if (!count_elements(shape, count)) return strides;
    for (std::size_t i = shape.size(); i-- > 1;)
        strides[i - 1] = strides[i] * std::max<std::int64_t>(shape[i], 1);
    return strides;
}

at::Tensor tensor_at(const std::shared_ptr<const MappedFile>& file, const Placement& placement) {
    const std::size_t size = c10::elementSize(placement.dtype);
    const std::size_t count = static_cast<std::size_t>(span_of(placement));
    if (count == 0) return at::empty(placement.shape, placement.dtype);
    core::ensure(placement.offset <= file->size() && count <= (file->size() - placement.offset) / size,
                 "a tensor reaches past the end of its file");
    void* start = const_cast<std::byte*>(file->data() + placement.offset);
    if (reinterpret_cast<std::uintptr_t>(start) % size != 0) {
        const auto copy = at::empty({static_cast<std::int64_t>(count)}, placement.dtype);
        std::memcpy(copy.data_ptr(), start, count * size);
        return copy.as_strided(placement.shape, placement.strides);
    }
    const bool truth = placement.dtype == at::kBool;  // of which only 0 and 1 are values
    const auto view = at::from_blob(
        start, placement.shape, placement.strides, [file](void*) {},
        at::TensorOptions(truth ? at::kByte : placement.dtype));
    return truth ? view.ne(0) : view;
}

}  // namespace lvr::weights
