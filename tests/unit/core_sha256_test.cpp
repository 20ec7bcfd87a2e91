// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/sha256_blocks.hpp>

using namespace lvr::core;

TEST_CASE("SHA-256 gives the digests of NIST's examples") {
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmn"
                 "opqrsmnopqrst"
                 "nopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(sha256(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a file's digest is that of its bytes, also across the pieces in which it is read") {
    const auto file = std::filesystem::temp_directory_path() / ("lvr-sha-" + std::to_string(getpid()));
    for (const std::size_t length : {0, 55, 56, 63, 64, 65, 262144, 262145, 600001}) {
        std::string bytes;
        for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(i * 31 % 251);
        std::ofstream(file, std::ios::binary) << bytes;
        INFO("length " << length);
        CHECK(sha256_of_file(file) == sha256(bytes));
    }
    std::filesystem::remove(file);
    CHECK_THROWS_AS(sha256_of_file(file), Error);
}

TEST_CASE("SHA-256 block by block: the portable way gives NIST's digest, and the processor's own the same") {
    std::array<unsigned char, 64> abc{'a', 'b', 'c', 0x80};
    abc[63] = 24;  // bits
    const Sha256State start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    auto state = start;
    sha256_blocks_portable(state, abc.data(), 1);
    CHECK(state == Sha256State{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c,
                               0xb410ff61, 0xf20015ad});
    const auto own = sha256_blocks_of_processor();
    if (own == nullptr) return;  // nothing to compare on this processor
    std::string bytes(64 * 37, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i * 7 + i / 64);
    const auto* blocks = reinterpret_cast<const unsigned char*>(bytes.data());
    auto once = start, apart = start, portable = start;
    own(once, blocks, 37);
    for (int i = 0; i < 37; ++i) own(apart, blocks + 64 * i, 1);
    sha256_blocks_portable(portable, blocks, 37);
    CHECK(once == portable);
    CHECK(apart == portable);
}
