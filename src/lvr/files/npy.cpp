// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/npy.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_magic = "\x93NUMPY";
constexpr std::uint32_t k_longest_header = 65536;  // bytes; numpy itself reads up to 10,000
constexpr std::size_t k_most_dimensions = 64;

constexpr std::array<std::pair<NpyType, std::string_view>, 4> k_types = {{
    {NpyType::float16, "<f2"},
    {NpyType::float32, "<f4"},
    {NpyType::float64, "<f8"},
    {NpyType::uint16, "<u2"},
}};

[[noreturn]] void damaged(const fs::path& file, const std::string& what) {
    throw core::input_error(file.string() + ": " + what, "it is damaged or was not written by numpy.save",
                            "write it again, or restore it from a copy");
}

/// The Python dictionary at the start of a .npy file: {'descr': '<f4', 'fortran_order': False, 'shape': (1,)}
class HeaderText {
  public:
    HeaderText(std::string_view text, const fs::path& file) : rest_(text), file_(file) {}

    void run() {
        expect('{');
        while (!take('}')) {
            entry(quoted());
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skip_spaces();
        if (!rest_.empty()) bad();
        if (!descr || !fortran_order || !shape)
            damaged(file_, "its header lacks descr, fortran_order or shape");
    }

    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;

  private:
    [[noreturn]] void bad() const { damaged(file_, "its header cannot be read"); }

    void skip_spaces() {
        const auto start = rest_.find_first_not_of(" \n");
        rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
    }

    bool take(char letter) {
        skip_spaces();
        if (rest_.empty() || rest_.front() != letter) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char letter) {
        if (!take(letter)) bad();
    }

    bool take_word(std::string_view word) {
        skip_spaces();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    std::string quoted() {
        skip_spaces();
        if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) bad();
        const auto end = rest_.find(rest_.front(), 1);
        if (end == std::string_view::npos) bad();
        std::string text(rest_.substr(1, end - 1));
        if (text.find('\\') != std::string::npos) bad();
        rest_.remove_prefix(end + 1);
        return text;
    }

    std::int64_t length() {
        skip_spaces();
        std::int64_t value = 0;
        const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (code != std::errc() || value < 0) bad();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    std::vector<std::int64_t> tuple() {
        std::vector<std::int64_t> lengths;
        expect('(');
        while (!take(')')) {
            lengths.push_back(length());
            if (lengths.size() > k_most_dimensions) bad();
            if (take(',')) continue;
            expect(')');
            if (lengths.size() == 1) bad();  // (5) is no tuple
            break;
        }
        return lengths;
    }

    template <class T>
    void set(std::optional<T>& field, T value) {
        if (field) bad();
        field = std::move(value);
    }

    void entry(const std::string& key) {
        expect(':');
        if (key == "descr") {
            if (take('['))
                throw core::input_error(file_.string() + ": holds a structured array", "",
                                        "save one plain array of float32, float16 or float64");
            set(descr, quoted());
        } else if (key == "fortran_order") {
            const bool truth = take_word("True");
            if (!truth && !take_word("False")) bad();
            set(fortran_order, truth);
        } else if (key == "shape") {
            set(shape, tuple());
        } else {
            bad();
        }
    }

    std::string_view rest_;
    const fs::path& file_;
};

NpyType type_of(const std::string& descr, const fs::path& file) {
    for (const auto& [type, name] : k_types) {
        if (descr == name) return type;
    }
    const std::string problem = fmt::format("{}: holds values of type '{}'", file.string(), shown(descr));
    if (descr.starts_with('>'))
        throw core::input_error(problem + ", which are big-endian", "",
                                "convert it: numpy.save(file, a.astype(a.dtype.newbyteorder('<')))");
    if (descr.find('O') != std::string::npos)
        throw core::input_error(problem + ": Python objects", "reading them would run whatever the file says",
                                "save an array of numbers");
    throw core::input_error(
        problem, "only float16, float32, float64 and bfloat16 as raw uint16 are read",
        "convert it, e.g. numpy.save(file, a.astype('<f4')), or a.view('<u2') for bfloat16");
}

/// In values. @return false if the array cannot be counted
bool count_and_stride(NpyHeader& header, bool fortran_order) {
    const std::size_t axes = header.shape.size();
    header.strides.assign(axes, 1);
    std::int64_t step = 1;
    bool empty = false;
    for (std::size_t i = 0; i < axes; ++i) {
        const std::size_t axis = fortran_order ? i : axes - 1 - i;
        header.strides[axis] = step;
        empty = empty || header.shape[axis] == 0;
        if (header.shape[axis] != 0 && __builtin_mul_overflow(step, header.shape[axis], &step)) return false;
    }
    return !__builtin_mul_overflow(static_cast<std::uint64_t>(empty ? 0 : step),
                                   static_cast<std::uint64_t>(bytes_per_value(header.type)), &header.bytes);
}

std::string pretty(const std::vector<std::int64_t>& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

class Reading {
  public:
    explicit Reading(const fs::path& file) : file_(file) {
        std::error_code code;
        if (!fs::is_regular_file(file, code))
            throw core::input_error(file.string() + ": no such file", "", "check the path");
        stream_.open(file, std::ios::binary);
        stream_.seekg(0, std::ios::end);
        const std::streamoff end = stream_.tellg();
        if (!stream_ || end < 0)
            throw core::input_error(file.string() + ": cannot be read", "",
                                    "check the file's permissions and its disk");
        size_ = static_cast<std::uint64_t>(end);
    }

    std::uint64_t size() const { return size_; }

    void read(std::uint64_t offset, char* into, std::uint64_t count) {
        if (offset > size_ || count > size_ - offset) damaged(file_, "ends too soon");
        stream_.seekg(static_cast<std::streamoff>(offset));
        stream_.read(into, static_cast<std::streamsize>(count));
        if (!stream_)
            throw core::input_error(file_.string() + ": cannot be read", "",
                                    "check its disk, and start again");
    }

    std::string text(std::uint64_t offset, std::uint64_t count) {
        if (offset > size_ || count > size_ - offset) damaged(file_, "ends too soon");
        std::string bytes(count, '\0');
        read(offset, bytes.data(), count);
        return bytes;
    }

  private:
    const fs::path& file_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
};

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        number = number << 8 | static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
    return number;
}

}  // namespace

std::size_t bytes_per_value(NpyType type) {
    if (type == NpyType::float64) return 8;
    return type == NpyType::float32 ? 4 : 2;
}

std::string name_of(NpyType type) {
    switch (type) {
        case NpyType::float16:
            return "float16";
        case NpyType::float32:
            return "float32";
        case NpyType::float64:
            return "float64";
        case NpyType::uint16:
            break;
    }
    return "uint16";
}

NpyHeader read_npy_header(const fs::path& file) {
    Reading reading(file);
    if (reading.size() == 0) damaged(file, "is empty");
    const auto start = reading.text(0, std::min<std::uint64_t>(8, reading.size()));
    if (!start.starts_with(k_magic)) damaged(file, "is no .npy file");
    if (start.size() < 8) damaged(file, "ends too soon");
    const int major = static_cast<unsigned char>(start[6]), minor = static_cast<unsigned char>(start[7]);
    if (major < 1 || major > 3 || minor != 0)
        throw core::input_error(fmt::format("{}: is of .npy format {}.{}", file.string(), major, minor), "",
                                "save it in format 1.0, 2.0 or 3.0");
    const std::uint64_t width = major == 1 ? 2 : 4;
    const std::uint32_t length = little_endian(reading.text(8, width));
    if (length > k_longest_header) damaged(file, fmt::format("its header has {} bytes", length));
    const std::string text = reading.text(8 + width, length);
    HeaderText parsed(text, file);
    parsed.run();
    NpyHeader header;
    header.type = type_of(*parsed.descr, file);
    header.shape = *parsed.shape;
    header.offset = 8 + width + length;
    if (!count_and_stride(header, *parsed.fortran_order))
        damaged(file, "its shape " + pretty(header.shape) + " is impossibly large");
    const std::uint64_t held = reading.size() - header.offset;
    if (held != header.bytes)
        damaged(file, fmt::format("has {} bytes of values, its header says {}", held, header.bytes));
    return header;
}

std::vector<std::byte> read_npy_values(const fs::path& file, const NpyHeader& header) {
    Reading reading(file);
    if (reading.size() < header.offset || reading.size() - header.offset != header.bytes)
        damaged(file, "has changed while it was read");
    std::vector<std::byte> values(header.bytes);
    reading.read(header.offset, reinterpret_cast<char*>(values.data()), header.bytes);
    return values;
}

}  // namespace lvr::files
