// SPDX-License-Identifier: Apache-2.0
// metrics FILE.json: for each line on stdin ("score" or "score and log") scores the file's answers and says
// the processor seconds and the score. Driven by metrics.py.
#include <fmt/format.h>

#include <ctime>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/tasks/benchmark.hpp>
#include <lvr/tasks/seed_bench.hpp>

using namespace lvr;

namespace {

double metric_of(const tasks::Benchmark& benchmark, std::span<const tasks::Answered> answers,
                 const std::string& what) {
    if (what == "metric" && benchmark.name == "seedbench")
        return tasks::seed_means(tasks::seed_results(answers)).at("seed_image").get<double>();
    return benchmark.score(answers, {.rows = what == "score and log"}).value;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto file = core::parse_json(core::read_text(argv[1]), argv[1]);
    const auto& benchmark = tasks::find_benchmark(file.at("task").get<std::string>());
    std::vector<tasks::Answered> answers;
    for (std::size_t i = 0; i < file.at("answers").size(); ++i)
        answers.push_back({&file.at("documents")[i], file["answers"][i], file.at("images")[i],
                           static_cast<std::int64_t>(i)});
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const auto start = std::clock();
        const double value = metric_of(benchmark, answers, line);
        const auto ticks = std::clock() - start;
        std::cout << fmt::format("{} {}\n", static_cast<double>(ticks) / CLOCKS_PER_SEC, value) << std::flush;
    }
}
