// SPDX-License-Identifier: Apache-2.0
// a_score TOKENS REFERENCE_TOKENS CHANNELS THREADS [PRECISION]: for each line on stdin one image's score on
// each thread, from tokens in memory; says how many seconds it took, what share of it the bare product would,
// the score, and the highest memory of the process in MiB. Driven by a_score.py.
#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <lvr/kernels/best_match.hpp>

namespace {

using namespace lvr;

struct Image {
    at::Tensor x, y;
    double score = 0;
};

constexpr int k_in_a_row = 4;

/// Wall time of a call for each image, each on a thread of its own; of several in a row, as a run of many
/// images has them.
double seconds(std::vector<Image>& images, const std::function<void(Image&)>& run) {
    const auto start = std::chrono::steady_clock::now();
    const auto work = [&](Image& image) {
        at::set_num_threads(1);
        for (int i = 0; i < k_in_a_row; ++i) run(image);
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < images.size(); ++i) threads.emplace_back([&, i] { work(images[i]); });
        work(images[0]);
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / k_in_a_row;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const long tokens = std::stol(argv[1]), reference = std::stol(argv[2]), channels = std::stol(argv[3]);
    const std::string precision = argc > 5 ? argv[5] : "float64";
    at::set_num_threads(1);
    std::vector<Image> images(std::stoul(argv[4]));
    for (auto& image : images) image = {at::randn({tokens, channels}), at::randn({reference, channels})};
    const auto score = [&](Image& image) {
        image.score = precision == "bfloat16"
                          ? kernels::published_alignment(image.x, image.y)
                          : kernels::best_match(image.x, image.y,
                                                precision == "float32" ? kernels::MatchPrecision::float32
                                                                       : kernels::MatchPrecision::float64)
                                .mean()
                                .item<double>();
    };
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const double product = seconds(images, [](Image& image) { at::mm(image.x, image.y.t()); });
        const double all = seconds(images, score);
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        std::cout << fmt::format("{} {} {} {}\n", all, product, images[0].score,
                                 static_cast<double>(usage.ru_maxrss) / 1024)
                  << std::flush;
    }
}
