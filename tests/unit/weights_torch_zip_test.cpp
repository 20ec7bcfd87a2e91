// SPDX-License-Identifier: Apache-2.0
#include <caffe2/serialize/inline_container.h>

#include <lvr/core/text_file.hpp>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using weights::Checkpoint;
using namespace std::string_literals;

namespace {

/// An archive as torch.save writes it.
std::string archive(const std::vector<std::pair<std::string, std::string>>& records, bool compress = false) {
    std::string bytes;
    caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, std::size_t size) {
        bytes.append(static_cast<const char*>(data), size);
        return size;
    });
    for (const auto& [name, content] : records)
        writer.writeRecord(name, content.data(), content.size(), compress);
    writer.writeEndOfFile();
    return bytes;
}

std::string text(const std::string& value) { return "\x8c"s + static_cast<char>(value.size()) + value; }
std::string number(unsigned char value) { return "K"s + static_cast<char>(value); }
std::string tuple(const std::vector<std::string>& items) {
    std::string all = "(";
    for (const auto& item : items) all += item;
    return all + "t";
}
std::string global(const std::string& module, const std::string& name) {
    return "c" + module + "\n" + name + "\n";
}

const std::string k_four = bytes_of<float>({1, 2, 3, 4});
const std::string k_storage =
    tuple({text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), number(4)}) + "Q";

/// A call that makes a tensor.
std::string tensor(const std::string& offset, const std::vector<std::string>& shape,
                   const std::vector<std::string>& strides, const std::string& storage = k_storage) {
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple({storage, offset, tuple(shape), tuple(strides), "\x89", "N"}) + "R";
}

std::string dictionary(const std::string& name, const std::string& value) {
    return "\x80\x02}"s + text(name) + value + "s.";
}

std::string about(const std::string& bytes) {
    const TemporaryTree tree;
    return complaint_about(tree, "a.bin", bytes);
}

std::string about_pickle(const std::string& pickle) {
    return about(archive({{"data.pkl", pickle}, {"byteorder", "little"}, {"data/0", k_four}}));
}

std::string about_tensor(const std::string& value) { return about_pickle(dictionary("w", value)); }

std::string golden_bytes(const std::string& name) {
    return core::read_text(fs::path(LVR_SOURCE_DIR) / "tests/golden/checkpoints" / name);
}

}  // namespace

TEST_CASE("torch.save: a tensor is the part of its storage that it says it is") {
    const TemporaryTree tree;
    tree.write("a.bin", archive({{"data.pkl", dictionary("w", tensor(number(1), {number(2)}, {number(2)}))},
                                 {"data/0", k_four}}));
    const auto file = Checkpoint::open(tree.root() / "a.bin");
    CHECK(file.files() == std::vector<fs::path>{tree.root() / "a.bin"});
    CHECK(values_of(file.read("w")) == std::vector<double>{2, 4});
}

TEST_CASE("torch.save: a tensor that its storage does not hold is refused") {
    CHECK(about_tensor(tensor(number(0), {number(4)}, {number(1)})).empty());
    CHECK(about_tensor(tensor(number(0), {number(0)}, {number(1)})).empty());
    CHECK(about_tensor(tensor(number(3), {number(9)}, {number(0)})).empty());
    const auto past = "reaches past the end of its storage of 16 bytes";
    CHECK(says(about_tensor(tensor(number(0), {number(5)}, {number(1)})), past));
    CHECK(says(about_tensor(tensor(number(1), {number(4)}, {number(1)})), past));
    CHECK(says(about_tensor(tensor(number(9), {number(1)}, {number(1)})), past));
    CHECK(says(about_tensor(tensor(number(0), {number(2), number(2)}, {number(3), number(1)})), past));
    const auto huge = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s;
    CHECK(says(about_tensor(tensor(huge, {number(1)}, {number(1)})), past));
    CHECK(says(about_tensor(tensor(number(0), {huge}, {huge})), past));
    CHECK(says(about_tensor(tensor(number(0), {number(2), number(3)}, {huge, huge})), past));
    CHECK(says(about_tensor(tensor(number(0), {huge, huge}, {number(0), number(0)})), "impossibly large"));
    const auto minus = "J\xff\xff\xff\xff"s;
    CHECK(says(about_tensor(tensor(number(0), {minus}, {number(1)})), "negative"));
    CHECK(says(about_tensor(tensor(number(0), {number(2)}, {minus})), "negative"));
    CHECK(says(about_tensor(tensor(minus, {number(1)}, {number(1)})), "offset is negative"));
    CHECK(says(about_tensor(tensor(number(0), {number(1)}, {})), "not as many strides"));
    CHECK(says(about_tensor(tensor(number(0), std::vector<std::string>(65, number(1)),
                                   std::vector<std::string>(65, number(1)))),
               "too many dimensions"));
    const auto other =
        tuple({text("storage"), global("torch", "FloatStorage"), text("1"), text("cpu"), number(4)}) + "Q";
    CHECK(says(about_tensor(tensor(number(0), {number(1)}, {number(1)}, other)), "no record data/1"));
}

TEST_CASE("torch.save: whatever else a pickle would run is refused by its name") {
    CHECK(says(about_tensor(global("posix", "system") + tuple({text("touch x")}) + "R"),
               "would run posix.system when"));
    CHECK(says(about_tensor(text("os") + text("system") + "\x93" + tuple({text("x")}) + "R"),
               "would run os.system"));
    CHECK(says(about_tensor("(" + text("x") + "ios\nsystem\n"), "would run os.system when"));
    CHECK(says(about_tensor(global("torch", "FloatStorages")), "would run torch.FloatStorages"));
    CHECK(says(about_tensor(global("torch.FloatStorage", "x")), "would run torch.FloatStorage.x"));
    CHECK(says(about_tensor(global("collections", "OrderedDict") + ")\x81"), "unexpected instruction 0x81"));
    CHECK(says(about_tensor(global("torch", "FloatStorage") + ")R"), "call of a storage type"));
    CHECK(says(about_tensor(text("x") + ")R"), "call of something else"));
}

TEST_CASE("torch.save: a pickle that is out of order is refused") {
    CHECK(says(about_pickle(""), "ends too soon"));
    for (const char* broken : {"s",
                               "t",
                               "}u",
                               "Nq",
                               "h\x05",
                               "R",
                               "b",
                               "Nb",
                               "Q",
                               "NQ",
                               "(Q",
                               "e",
                               "Ne",
                               "(ue",
                               "X\xff\xff\xff\xff",
                               "\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
                               "\x8a\x09",
                               "ctorch",
                               "(\x85",
                               "NN(\x86",
                               "}(Nu",
                               "}(NNNu",
                               "\x93",
                               "\x94",
                               "r\x01",
                               "\x95",
                               "}N(s"}) {
        INFO(broken);
        CHECK(says(about_pickle("\x80\x02"s + broken), "its list of tensors cannot be read"));
    }
    CHECK(says(about_pickle("\x80\x02N."), "holds no dictionary"));
    CHECK(says(about_pickle("\x80\x02}."), "holds no tensors"));
    CHECK(says(about_pickle(dictionary("w", "N")), "its entry w is no tensor"));
    CHECK(says(about_pickle("\x80\x02}(NNu."), "its entry that is not called by a text is no tensor"));
    CHECK(says(about_pickle("\x80\x02}q\1h\1\x85q\2h\2\x86q\3."), "holds no dictionary"));
    CHECK(says(about_pickle("\x80\x02}q\1("s + text("me") + "h\1u."), "its entry me is no tensor"));
    CHECK(says(about_pickle("\x80\x02"s + std::string(2'100'000, 'N') + "."), "too many values"));
    const auto one = tensor(number(0), {number(1)}, {number(1)});
    CHECK(
        says(about_pickle("\x80\x02}("s + text("w") + one + text("w") + one + "u."), "two entries called w"));
}

TEST_CASE("torch.save: archives that it does not write are refused") {
    const auto pickle = dictionary("w", tensor(number(0), {number(4)}, {number(1)}));
    CHECK(says(about("PK\x03\x04 and nothing else"), "cannot be read as a zip archive"));
    CHECK(says(about("no archive"), "is no zip archive"));
    CHECK(says(about(archive({{"data/0", k_four}})), "has no record data.pkl"));
    CHECK(says(about(archive({{"data.pkl", pickle}})), "has no record data/0"));
    CHECK(
        says(about(archive({{"data.pkl", pickle}, {"byteorder", "big"}, {"data/0", k_four}})), "big-endian"));
    CHECK(says(about(archive({{"data.pkl", pickle}, {"data/0", std::string(5000, '\0')}}, true)),
               "is compressed"));
    std::string tar(600, '\0');
    tar.replace(257, 5, "ustar");
    CHECK(says(about(tar), "weights_only=False"));
}

TEST_CASE("torch.save: no prefix of a file, and no file with flipped bits, does more than be refused") {
    const TemporaryTree tree;
    const auto bytes = golden_bytes("halves.bin");
    REQUIRE(complaint_about(tree, "a.bin", bytes).empty());
    std::size_t refused = 0;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        INFO(length);
        CHECK(!complaint_about(tree, "a.bin", bytes.substr(0, length)).empty());
        ++refused;
    }
    CHECK(refused == bytes.size());
    int complaints = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (at % 3 == 0 ? 0xff : 1 << at % 8));
        complaints += complaint_about(tree, "a.bin", changed).empty() ? 0 : 1;
    }
    CHECK(complaints > 200);
}

TEST_CASE("torch.save: no pickle with a changed byte does more than be refused") {
    const auto pickle = "\x80\x02}q\1("s + text("v") + tensor(number(1), {number(3)}, {number(1)}) +
                        text("w") + tensor(number(0), {number(2), number(2)}, {number(2), number(1)}) + "u.";
    REQUIRE(about_pickle(pickle).empty());
    int complaints = 0;
    for (std::size_t at = 0; at < pickle.size(); ++at) {
        for (const int change : {0x01, 0x10, 0xff}) {
            auto changed = pickle;
            changed[at] = static_cast<char>(changed[at] ^ change);
            complaints += about_pickle(changed).empty() ? 0 : 1;
        }
    }
    CHECK(complaints > 500);
}
