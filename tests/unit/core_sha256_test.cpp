// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>

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
