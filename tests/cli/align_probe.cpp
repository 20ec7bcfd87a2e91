// SPDX-License-Identifier: Apache-2.0
// align_probe FOLDER NUMBER TOKENS [KEY=VALUE...]: a feature folder as unit/golden_folder.hpp has it (number:
// the generator's r).
#include <exception>
#include <iostream>
#include <string>

#include "unit/golden_folder.hpp"

int main(int argc, char** argv) try {
    if (argc < 4) return 2;
    lvr::test::GoldenFolder wanted{argv[1], {"", std::stoll(argv[2]), std::stoll(argv[3])}};
    for (int i = 4; i < argc; ++i) {
        const std::string word = argv[i];
        wanted.options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    lvr::test::write_golden_folder(wanted);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}
