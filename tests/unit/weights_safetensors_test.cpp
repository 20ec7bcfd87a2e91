// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using weights::Checkpoint;

namespace {

Checkpoint opened(const TemporaryTree& tree, const std::string& bytes) {
    tree.write("a.safetensors", bytes);
    return Checkpoint::open(tree.root() / "a.safetensors");
}

std::string about(const std::string& bytes) {
    const TemporaryTree tree;
    return complaint_about(tree, "a.safetensors", bytes);
}

/// One tensor "w" with this header entry, and 8 bytes of data.
std::string about_entry(const std::string& text) {
    return about(safetensors_bytes("{" + text + "}", std::string(8, '\0')));
}

}  // namespace

TEST_CASE("safetensors: every dtype is read, with its shape and values") {
    struct Case {
        std::string dtype, data;
        at::ScalarType is;
        std::vector<double> values;
    };
    const std::vector<Case> cases = {
        {"F64", bytes_of<double>({1.5, -2}), at::kDouble, {1.5, -2}},
        {"F32", bytes_of<float>({1.5, -2}), at::kFloat, {1.5, -2}},
        {"F16", bytes_of<std::uint16_t>({0x3e00, 0xc000}), at::kHalf, {1.5, -2}},
        {"BF16", bytes_of<std::uint16_t>({0x3fc0, 0xc000}), at::kBFloat16, {1.5, -2}},
        {"I64", bytes_of<std::int64_t>({7, -2}), at::kLong, {7, -2}},
        {"I32", bytes_of<std::int32_t>({7, -2}), at::kInt, {7, -2}},
        {"I16", bytes_of<std::int16_t>({7, -2}), at::kShort, {7, -2}},
        {"I8", bytes_of<std::int8_t>({7, -2}), at::kChar, {7, -2}},
        {"U8", bytes_of<std::uint8_t>({7, 254}), at::kByte, {7, 254}},
        {"BOOL", bytes_of<std::uint8_t>({0, 2}), at::kBool, {0, 1}},
    };
    int read = 0;
    for (const auto& one : cases) {
        INFO(one.dtype);
        const TemporaryTree tree;
        const auto end = std::to_string(one.data.size());
        const auto file =
            opened(tree, safetensors_bytes("{\"__metadata__\":{\"format\":\"pt\"}," +
                                               entry("w", one.dtype, "[1,2]", "[0," + end + "]") + "}",
                                           one.data));
        REQUIRE(file.tensors().size() == 1);
        const auto& info = file.tensors().at("w");
        CHECK(info.dtype == one.is);
        CHECK(info.shape == std::vector<std::int64_t>{1, 2});
        CHECK(info.file == tree.root() / "a.safetensors");
        const auto tensor = file.read("w");
        CHECK(tensor.scalar_type() == one.is);
        CHECK(tensor.sizes() == at::IntArrayRef({1, 2}));
        CHECK(values_of(tensor) == one.values);
        ++read;
    }
    CHECK(read == 10);
}

TEST_CASE("safetensors: scalars, empty tensors and data that is not aligned") {
    const TemporaryTree tree;
    std::string header = "{" + entry("byte", "U8", "[1]", "[0,1]") + "," +
                         entry("odd", "F32", "[2]", "[1,9]") + "," + entry("scalar", "F32", "[]", "[9,13]") +
                         "," + entry("none", "F32", "[0,3]", "[13,13]") + "}";
    while (header.size() % 8 != 0) header += ' ';
    const auto file =
        opened(tree, safetensors_bytes(header, std::string(1, '\x05') + bytes_of<float>({1, 2, 3})));
    CHECK(values_of(file.read("odd")) == std::vector<double>{1, 2});
    CHECK(reinterpret_cast<std::uintptr_t>(file.read("odd").const_data_ptr()) % 4 == 0);
    CHECK(file.read("scalar").dim() == 0);
    CHECK(values_of(file.read("scalar")) == std::vector<double>{3});
    CHECK(file.read("none").sizes() == at::IntArrayRef({0, 3}));
}

TEST_CASE("safetensors: a tensor outlives the checkpoint that gave it") {
    const TemporaryTree tree;
    const auto tensor = opened(tree, float_file({{"w", {3}}})).read("w");
    CHECK(values_of(tensor) == std::vector<double>{1, 2, 3});
}

TEST_CASE("safetensors: bytes that belong to no tensor do no harm") {
    const TemporaryTree tree;
    const auto file = opened(tree, float_file({{"w", {3}}}) + "rest");
    CHECK(values_of(file.read("w")) == std::vector<double>{1, 2, 3});
}

TEST_CASE("safetensors: what cannot be read is refused only when it is asked for") {
    const TemporaryTree tree;
    const auto file = opened(tree, safetensors_bytes("{" + entry("f8", "F8_E4M3", "[2]", "[0,2]") + "," +
                                                         entry("new", "F4", "[4]", "[2,4]") + "," +
                                                         entry("w", "U8", "[1]", "[4,5]") + "}",
                                                     "12345"));
    CHECK(file.tensors().size() == 3);
    CHECK(values_of(file.read("w")) == std::vector<double>{'5'});
    CHECK(says(refusal([&] { file.read("f8"); }), "F8_E4M3"));
    CHECK(says(refusal([&] { file.read("new"); }),
               "tensor new is of a number format that cannot be used (F4)"));
    CHECK(says(refusal([&] { file.read("nwe"); }), "there is no tensor nwe"));
}

TEST_CASE("safetensors: a damaged header is refused with what is wrong") {
    CHECK(says(about(""), "is empty"));
    CHECK(says(about("1234567"), "has 7 bytes"));
    CHECK(says(about(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)),
               "18446744073709551615 bytes long"));
    CHECK(says(about(std::string("\x03\0\0\0\0\0\0\0{}", 10)), "3 bytes long, but only 2 follow"));
    CHECK(says(about(safetensors_bytes("", "")), "not JSON"));
    CHECK(says(about(safetensors_bytes("[]", "")), "no JSON object"));
    CHECK(says(about(safetensors_bytes("{\"a\":\"\xff\"}", "")), "not JSON"));
    CHECK(says(about(safetensors_bytes("{\"a\":[[[[]]]]}", "")), "nested too deeply"));
    CHECK(says(about(safetensors_bytes(std::string(100000, '['), "")), "nested too deeply"));
    CHECK(says(about_entry("\"w\":3"), "tensor w has no proper dtype"));
    CHECK(says(about_entry("\"w\":{\"dtype\":\"F32\"}"), "no proper shape"));
    CHECK(says(about_entry("\"w\":{\"dtype\":\"F32\",\"shape\":[2]}"), "no proper data_offsets"));
    CHECK(says(about_entry(entry("w", "F32", "[2]", "[0]")), "no proper data_offsets"));
    CHECK(says(about_entry(entry("w", "F32", "[2.0]", "[0,8]")), "not a whole number"));
    CHECK(says(about_entry(entry("w", "F32", "[-2]", "[0,8]")), "not a whole number"));
    CHECK(says(about_entry(entry("w", "F32", "[2]", "[-8,0]")), "not a whole number"));
    CHECK(says(about_entry(entry("w", "F32", "[18446744073709551615]", "[0,8]")), "too large"));
    CHECK(says(about_entry(entry("w", "F32", "[2]", "[8,0]")), "lies at bytes 8 to 0 of 8"));
    CHECK(says(about_entry(entry("w", "F32", "[2]", "[4,12]")), "lies at bytes 4 to 12 of 8"));
    CHECK(says(about_entry(entry("w", "F32", "[3]", "[0,8]")), "8 bytes, which its shape [3] does not need"));
    CHECK(says(about_entry(entry("w", "F32", "[4294967296,4294967296]", "[0,0]")), "does not need"));
    CHECK(says(about_entry(entry("w", "F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]")),
               "does not need"));
    CHECK(says(about_entry(entry("v", "F32", "[1]", "[0,4]") + "," + entry("w", "F32", "[1]", "[2,6]")),
               "overlaps"));
    CHECK(says(about_entry(entry("w", "F32", "[1]", "[0,4]") + "," + entry("w", "F32", "[1]", "[4,8]")),
               "two entries called w"));
    CHECK(
        says(about_entry("\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"),
             "two entries called dtype"));
    std::string ones = "[1";
    for (int i = 0; i < 64; ++i) ones += ",1";
    CHECK(says(about_entry(entry("w", "F32", ones + "]", "[0,4]")), "does not need"));
    CHECK(about_entry(entry("v", "F32", "[1]", "[0,4]") + "," + entry("w", "F32", "[1]", "[4,8]")).empty());
}

TEST_CASE("safetensors: what a user may name instead of one") {
    CHECK(says(about("version https://git-lfs.example/spec/v1\noid sha256:00\nsize 3\n"), "Git LFS pointer"));
    const TemporaryTree tree;
    CHECK(says(refusal([&] { Checkpoint::open(tree.root() / "gone.safetensors"); }), "no such file"));
    fs::create_directories(tree.root() / "folder.safetensors");
    CHECK(says(refusal([&] { Checkpoint::open(tree.root() / "folder.safetensors"); }),
               "has no file of weights"));
    REQUIRE(mkfifo((tree.root() / "pipe.safetensors").c_str(), 0600) == 0);
    CHECK(says(refusal([&] { Checkpoint::open(tree.root() / "pipe.safetensors"); }), "not an ordinary file"));
    tree.write("a.txt", "x");
    CHECK(says(refusal([&] { Checkpoint::open(tree.root() / "a.txt"); }), "a .safetensors or .bin file"));
}

TEST_CASE("safetensors: no prefix of a file, and no file with a flipped bit, does more than be refused") {
    const auto bytes = float_file({{"v", {2, 2}}, {"w", {3}}});
    const TemporaryTree tree;
    int refused = 0;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        INFO(length);
        CHECK(!complaint_about(tree, "a.safetensors", bytes.substr(0, length)).empty());
        ++refused;
    }
    CHECK(refused == static_cast<int>(bytes.size()));
    int flipped = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        flipped += complaint_about(tree, "a.safetensors", changed).empty() ? 0 : 1;
    }
    CHECK(flipped > 500);
}
