// SPDX-License-Identifier: Apache-2.0
// vit_forward SNAPSHOT SIZE BATCH THREADS [DTYPE] [DEVICE]: for each line on stdin one pass over random
// pictures; says how many seconds it took, and how many of all cores. Driven by vit_forward.py, which times
// transformers in turn with it.
#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iostream>
#include <string>

#include <lvr/encoders/build.hpp>

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const std::string snapshot = argv[1];
    const long size = std::stol(argv[2]), batch = std::stol(argv[3]);
    at::set_num_threads(std::stoi(argv[4]));
    auto card = lvr::encoders::card_for_snapshot(snapshot);
    if (argc > 5) card.dtype = argv[5];
    const at::Device device(argc > 6 ? argv[6] : "cpu");
    const auto encoder = lvr::encoders::build_encoder(card, {.device = device, .fingerprint = false});
    const auto pixels = at::randint(0, 256, {batch, size, size, 3}, at::kByte).to(device);
    std::cout << fmt::format("ready {} {}\n", encoder->tokens(), encoder->channels()) << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const auto clock = std::clock();
        const auto start = std::chrono::steady_clock::now();
        const auto features = encoder->encode({pixels});
        const double one = features[0][0][0].item<float>();  // waits for the device
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        const double processor = static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
        std::cout << fmt::format("{} {} {}\n", taken.count(), processor, one) << std::flush;
    }
}
