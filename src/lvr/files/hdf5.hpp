// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::files {

/// A group of an HDF5 file, open for reading or for writing. Paths are relative to it; groups on the way are made.
/// Handles are closed with the last copy. Equal content written in equal order gives equal bytes: no times are kept.
/// @throws Error (input when reading, output when writing) naming the file, the object and HDF5's own reason
class H5Group {
  public:
    // Writing.
    H5Group make_group(const std::string& path) const;
    void write(const std::string& path, const std::vector<double>& values, const std::vector<std::uint64_t>& shape = {}) const;
    void write(const std::string& path, const std::vector<std::int64_t>& values) const;
    void write(const std::string& path, const std::vector<std::string>& values) const;  ///< UTF-8, fixed length
    void write_scalar(const std::string& path, double value) const;
    void write_scalar(const std::string& path, std::int64_t value) const;
    void write_scalar(const std::string& path, const std::string& value) const;
    void write_null(const std::string& path) const;  ///< a dataset without a value
    void write_attribute(const std::string& name, const std::string& value) const;
    void write_attribute(const std::string& name, std::int64_t value) const;

    // Reading. Sizes are checked against the file's before anything is allocated.
    bool has(const std::string& path) const;
    bool has_attribute(const std::string& name) const;
    H5Group group(const std::string& path) const;
    std::vector<std::string> names() const;  ///< members in the order in which they were written
    bool is_group(const std::string& path) const;
    std::vector<double> doubles(const std::string& path) const;  ///< row-major, any rank
    std::vector<std::int64_t> integers(const std::string& path) const;
    std::vector<std::string> texts(const std::string& path) const;
    std::string text_attribute(const std::string& name) const;
    std::int64_t integer_attribute(const std::string& name) const;
    std::vector<std::uint64_t> shape(const std::string& path) const;  ///< empty for a scalar

    /// What a dataset holds.
    enum class Kind { none, real, integer, text };
    Kind kind(const std::string& path) const;

    const std::string& file_name() const { return file_name_; }

  private:
    friend class H5File;
    struct Object;  // owns an HDF5 handle
    H5Group(std::shared_ptr<Object> object, std::string file_name, bool writing);
    std::shared_ptr<Object> dataset(const std::string& path) const;
    [[noreturn]] void fail(const std::string& what, const std::string& path) const;

    std::shared_ptr<Object> object_;
    std::string file_name_;
    bool writing_ = false;
};

class H5File {
  public:
    /// The root group of an existing file. @throws Error (input) if it is missing, not HDF5 or truncated
    static H5Group open(const std::filesystem::path& file);

    /// Writes a file through `fill`, complete or absent.
    static void write(const std::filesystem::path& file, const std::function<void(const H5Group& root)>& fill);

    /// True if the file starts as an HDF5 file does. @throws Error (input) if it cannot be read
    static bool is_hdf5(const std::filesystem::path& file);

    /// HDF5 objects now open in this process: none should be left once every handle is gone.
    static std::int64_t open_objects();
};

}  // namespace lvr::files
