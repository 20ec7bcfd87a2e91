// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/files/hdf5_array.hpp>

namespace lvr::files {

/// A group of an HDF5 file, open for reading or for writing. Paths are relative to it; groups on the way are
/// made. Handles are closed with the last copy. Equal content written in equal order gives equal bytes: no
/// times are kept.
/// @throws Error (input when reading, output when writing) naming the file, the object and HDF5's own reason
class H5Group {
  public:
    using Shape = std::vector<std::uint64_t>;

    // Writing. Texts are UTF-8 of fixed length, padded with NULs: a text with a NUL in it is an error.
    H5Group make_group(const std::string& path) const;
    /// @param shape of `values`, row-major; empty: one dimension
    void write(const std::string& path, const std::vector<double>& values, const Shape& shape = {}) const;
    void write(const std::string& path, const std::vector<std::int64_t>& values) const;
    void write(const std::string& path, const std::vector<std::string>& values) const;
    void write_scalar(const std::string& path, double value) const;
    void write_scalar(const std::string& path, std::int64_t value) const;
    void write_scalar(const std::string& path, const std::string& value) const;
    void write_flag(const std::string& path, bool value) const;  ///< what h5py knows as a bool
    void write_null(const std::string& path) const;              ///< a dataset without a value
    void write_attribute(const std::string& name, const std::string& value) const;
    void write_attribute(const std::string& name, std::int64_t value) const;
    void write_attribute(const std::string& name, double value) const;
    void write(const std::string& path, const H5Array& array) const;
    void write(const std::string& path, const H5Virtual& rows) const;
    /// To the dataset (or group) at `path`.
    void write_attribute_of(const std::string& path, const std::string& name, const std::string& value) const;

    // Reading. Sizes are checked against the file's before anything is allocated: what is not compressed
    // cannot hold more than the file does.
    bool has(const std::string& path) const;
    bool has_attribute(const std::string& name) const;
    H5Group group(const std::string& path) const;
    std::vector<std::string> names() const;            ///< members in the order in which they were written
    std::vector<std::string> attribute_names() const;  ///< likewise
    bool is_group(const std::string& path) const;
    std::vector<double> doubles(const std::string& path) const;  ///< row-major, any rank
    std::vector<std::int64_t> integers(const std::string& path) const;
    std::vector<std::string> texts(const std::string& path) const;
    bool flag(const std::string& path) const;
    std::string text_attribute(const std::string& name) const;
    std::int64_t integer_attribute(const std::string& name) const;
    double real_attribute(const std::string& name) const;
    Shape shape(const std::string& path) const;  ///< empty for a scalar

    /// What a dataset, or an attribute, holds.
    enum class Kind { none, real, integer, text, flag };
    Kind kind(const std::string& path) const;
    Kind attribute_kind(const std::string& name) const;

    // Arrays. Nothing is read but what is asked for.
    H5Number number_type(const std::string& path) const;
    Shape array_shape(const std::string& path) const;
    /// Rows [first, first + count) of the first axis, as they lie in the file, into `values`, whose size must
    /// agree.
    void read_rows(const std::string& path, std::uint64_t first, std::uint64_t count,
                   std::span<std::byte> values) const;
    std::string text_attribute_of(const std::string& path, const std::string& name) const;

    const std::string& file_name() const { return file_name_; }
    std::uint64_t file_size() const;  ///< in bytes

  private:
    friend class H5File;
    struct Object;  // owns an HDF5 handle
    struct Opened;  // a dataset or an attribute with its type and space
    enum class Seen { dataset, attribute };
    H5Group(std::shared_ptr<Object> object, std::string file_name, bool writing);
    Opened dataset(const std::string& path) const;
    Opened array(const std::string& path) const;
    void check_chunks(const Opened& opened, const std::string& path, std::uint64_t first,
                      std::uint64_t count) const;
    Shape extents(const Opened& opened, const std::string& path) const;
    H5Group object(const std::string& path) const;
    Opened attribute(const std::string& name, Kind expected) const;
    Opened inspect(std::shared_ptr<Object> object, Seen what, const std::string& name) const;
    Kind kind_of(const Opened& opened, const std::string& name) const;
    /// HDF5 1.10.8 reads past its buffer where a damaged file holds less than a dataset's shape says.
    void check_storage(const Opened& opened, const std::string& path) const;
    /// One foreign call: its result, unless that says failure.
    template <class T>
    T checked(T result, const char* what, const std::string& path) const {
        if (result < 0) fail(what, path, last_reason());
        return result;
    }
    void expect_written(const std::string& reason, const std::string& path) const;
    static std::string last_reason();  ///< of HDF5, which forgets it at the next call
    [[noreturn]] void fail(const std::string& what, const std::string& path,
                           const std::string& reason = "") const;

    std::shared_ptr<Object> object_;
    std::string file_name_;
    bool writing_ = false;
};

class H5File {
  public:
    /// The newest HDF5 whose inventions a file may use: virtual datasets are of 1.10.
    enum class Format { v18, v110 };

    /// The root group of an existing file, which is read into memory, once: it may be a pipe. @throws Error
    /// (input) if it is missing, not HDF5 or truncated
    static H5Group open(const std::filesystem::path& file);

    /// The same for a file's bytes in memory; `name` stands for the file in messages.
    static H5Group open_image(std::string_view bytes, const std::string& name);

    /// The same read from the disk as it is asked for: for files that are too large for the memory.
    static H5Group open_on_disk(const std::filesystem::path& file);

    /// Writes a file through `fill`, complete or absent. It is built in memory first: HDF5 1.10 cannot close
    /// a file whose disk is full, so it never sees the disk. @throws Error (output)
    static void write(const std::filesystem::path& file, const std::function<void(const H5Group& root)>& fill,
                      Format format = Format::v18);

    /// The bytes that `write` would put into the file.
    static std::string image(const std::string& name, const std::function<void(const H5Group& root)>& fill);

    /// True if a file's bytes start as those of an HDF5 file do.
    static bool is_image(std::string_view bytes);

    /// HDF5 objects now open in this process: none should be left once every handle is gone.
    static std::int64_t open_objects();
};

}  // namespace lvr::files
