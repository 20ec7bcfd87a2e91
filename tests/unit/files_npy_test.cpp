// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/files/npy.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace std::string_literals;
using test::refusal;
using test::says;
namespace fs = std::filesystem;

namespace {

std::string number(std::size_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
}

/// A file as numpy.save writes it, with this header and this many bytes of values.
std::string npy(const std::string& header, std::size_t bytes, int major = 1) {
    return "\x93NUMPY" + number(static_cast<std::size_t>(major), 1) + "\0"s +
           number(header.size(), major == 1 ? 2 : 4) + header + std::string(bytes, '\1');
}

std::string described(const std::string& descr, const std::string& shape,
                      const std::string& order = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }    \n";
}

struct Folder {
    test::TemporaryTree tree;
    fs::path put(const std::string& bytes) const {
        fs::remove(tree.root() / "a.npy");
        tree.write("a.npy", bytes);
        return tree.root() / "a.npy";
    }
    files::NpyHeader header(const std::string& bytes) const { return files::read_npy_header(put(bytes)); }
    std::string complaint(const std::string& bytes) const {
        const auto text = refusal([&] { files::read_npy_values(put(bytes), header(bytes)); });
        if (!text.empty()) CHECK((says(text, "a.npy: ") && says(text, "remedy:")));
        return text;
    }
};

}  // namespace

TEST_CASE(".npy: shape, order of the axes and place of the values") {
    const Folder folder;
    const auto rows = folder.header(npy(described("<f4", "(2, 3, 4)"), 96));
    CHECK(rows.type == files::NpyType::float32);
    CHECK(rows.shape == std::vector<std::int64_t>{2, 3, 4});
    CHECK(rows.strides == std::vector<std::int64_t>{12, 4, 1});
    CHECK(rows.bytes == 96);
    const auto columns = folder.header(npy(described("<f8", "(2, 3, 4)", "True"), 192, 2));
    CHECK(columns.type == files::NpyType::float64);
    CHECK(columns.strides == std::vector<std::int64_t>{1, 2, 6});
    const auto one = folder.header(npy(described("<u2", "(5,)"), 10, 3));
    CHECK(one.type == files::NpyType::uint16);
    CHECK(one.shape == std::vector<std::int64_t>{5});
    CHECK(folder.header(npy(described("<f2", "()"), 2)).shape.empty());
    CHECK(folder.header(npy(described("<f2", "(0, 9)"), 0)).bytes == 0);
    const auto odd = folder.header(npy("{ \"shape\":(1,2) ,'descr':'<f2','fortran_order':False}", 4));
    CHECK(odd.shape == std::vector<std::int64_t>{1, 2});
    CHECK(files::read_npy_values(folder.put(npy(described("<f2", "(2,)"), 4)),
                                 folder.header(npy(described("<f2", "(2,)"), 4))) ==
          std::vector<std::byte>(4, std::byte{1}));
}

TEST_CASE(".npy: a file that is shorter or longer than it says is refused") {
    const Folder folder;
    const auto whole = npy(described("<f4", "(2, 3)"), 24);
    REQUIRE(folder.complaint(whole).empty());
    int refused = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(length);
        CHECK(!folder.complaint(whole.substr(0, length)).empty());
        ++refused;
    }
    CHECK(refused == static_cast<int>(whole.size()));
    CHECK(says(folder.complaint(""), "is empty"));
    CHECK(says(folder.complaint(whole.substr(0, whole.size() - 1)),
               "has 23 bytes of values, its header says 24"));
    CHECK(says(folder.complaint(whole + "x"), "has 25 bytes of values, its header says 24"));
    const auto header = folder.header(whole);
    CHECK_THROWS_WITH(files::read_npy_values(folder.put(whole + "x"), header),
                      Catch::Contains("has changed while it was read"));
}

TEST_CASE(".npy: shapes that cannot be are refused") {
    const Folder folder;
    const auto about = [&](const std::string& shape) {
        return folder.complaint(npy(described("<f4", shape), 24));
    };
    CHECK(says(about("(4294967296, 4294967296)"), "impossibly large"));
    CHECK(says(about("(9223372036854775807,)"), "impossibly large"));
    CHECK(says(about("(4611686018427387904,)"), "impossibly large"));
    CHECK(says(about("(4294967296, 4294967296, 0)"), "impossibly large"));
    CHECK(says(about("(2305843009213693952, 1)"),
               "has 24 bytes of values, its header says 9223372036854775808"));
    for (const char* bad : {"(-2, -3)", "(2, 3", "2, 3)", "(6)", "(2,, 3)", "(,)", "(2 3)", "(2.0, 3)", "6",
                            "(99999999999999999999,)", "(2L, 3L)", "(x,)", "[2, 3]", "None"}) {
        INFO(bad);
        CHECK(says(about(bad), "its header cannot be read"));
    }
    std::string many = "(";
    for (int i = 0; i < 65; ++i) many += "1, ";
    CHECK(says(about(many + ")"), "its header cannot be read"));
}

TEST_CASE(".npy: headers that numpy does not write are refused") {
    const Folder folder;
    const auto about = [&](const std::string& header) { return folder.complaint(npy(header, 24)); };
    const auto fine = described("<f4", "(2, 3)");
    CHECK(about(fine).empty());
    for (const auto& bad :
         {""s, "\n"s, "{"s, "[]"s, fine + "x", "{'descr': <f4}"s, "{'descr' '<f4'}"s, "{'descr': '<f4"s,
          "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 3)}"s,
          "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"s,
          "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}"s,
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}"s,
          "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}"s}) {
        INFO(bad);
        CHECK(says(about(bad), "its header cannot be read"));
    }
    CHECK(says(about("{}"), "lacks descr, fortran_order or shape"));
    CHECK(says(about("{'descr': '<f4', 'shape': (2, 3)}"), "lacks descr, fortran_order or shape"));
    CHECK(says(about("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 3)}"), "structured"));
    CHECK(says(folder.complaint("\x93NUMPX\1\0........"s), "is no .npy file"));
    CHECK(says(folder.complaint(npy(fine, 24, 4)), "is of .npy format 4.0"));
    CHECK(says(folder.complaint(npy(fine, 24, 0)), "is of .npy format 0.0"));
    CHECK(says(folder.complaint("\x93NUMPY\2\0\xff\xff\xff\xff{}"s), "its header has 4294967295 bytes"));
    CHECK(says(folder.complaint("\x93NUMPY\1\0\xff\xff{}"s), "ends too soon"));
}

TEST_CASE(".npy: no file with a changed byte does more than be refused") {
    const Folder folder;
    const auto whole = npy(described("<f4", "(2, 3)"), 24);
    int complaints = 0;
    for (std::size_t at = 0; at < whole.size() - 24; ++at) {
        for (const int change : {0x01, 0x10, 0xff}) {
            auto changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ change);
            complaints += folder.complaint(changed).empty() ? 0 : 1;
        }
    }
    CHECK(complaints > 150);
}

TEST_CASE(".npy: other types are refused by name") {
    const Folder folder;
    int refused = 0;
    for (const char* type :
         {">f4", "|b1", "<i2", "<V2", "|V2", "<c8", "f4", "=f4", "<f16", "|O", "<M8[ns]", ""}) {
        CHECK(says(folder.complaint(npy(described(type, "(2, 3)"), 24)), "holds values of type '"s + type));
        ++refused;
    }
    CHECK(refused == 12);
    CHECK_THROWS_WITH(files::read_npy_header(folder.tree.root()), Catch::Contains("no such file"));
}
