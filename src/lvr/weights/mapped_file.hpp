// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace lvr::weights {

/// A file's bytes, read-only, for as long as it lives. The file must not shrink meanwhile.
class MappedFile {
  public:
    /// @throws Error (input) if it cannot be read, or is a Git LFS pointer instead of the file itself
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& file() const { return file_; }
    const std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::string_view text(std::size_t offset, std::size_t count) const;

  private:
    std::filesystem::path file_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Where a tensor lies in a file, checked to lie inside it.
struct Placement {
    at::ScalarType dtype = at::ScalarType::Undefined;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;  ///< in elements, not negative
    std::size_t offset = 0;             ///< of the first element, in bytes
};

/// Whether the elements from the first to the last, both included, are at most `most`. The lengths and
/// strides are not negative.
bool span_fits(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
               std::uint64_t most);

constexpr std::size_t k_most_dimensions = 64;

/// The product of the lengths. @return false if there are too many or it does not fit
bool count_elements(const std::vector<std::int64_t>& shape, std::int64_t& count);

/// Of a tensor in row-major order without gaps.
std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape);

/// A view that keeps the file mapped; a copy where the file's alignment or values do not allow one.
at::Tensor tensor_at(const std::shared_ptr<const MappedFile>& file, const Placement& placement);

}  // namespace lvr::weights
