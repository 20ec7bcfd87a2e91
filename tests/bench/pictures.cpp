// SPDX-License-Identifier: Apache-2.0
// pictures FOLDER EDGE CROP: for each line on stdin decodes every file of the folder and resizes it as an
// encoder wants it (shortest edge, centre crop); says the processor seconds of both. Driven by pictures.py.
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <iostream>
#include <string>

#include <lvr/core/text_file.hpp>
#include <lvr/encoders/image_transform.hpp>

using namespace lvr;

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        files.push_back(core::read_text(entry.path()));
    const encoders::ImageGeometry geometry{.resize = encoders::ImageGeometry::Resize::shortest_edge,
                                           .edge = std::stol(argv[2]),
                                           .crop_height = std::stol(argv[3]),
                                           .crop_width = std::stol(argv[3])};
    const auto seconds = [](std::clock_t ticks) { return static_cast<double>(ticks) / CLOCKS_PER_SEC; };
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        std::clock_t decode = 0, resize = 0;
        std::size_t sum = 0;
        for (const auto& file : files) {
            const auto start = std::clock();
            const auto image = data::decode_image(
                {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, "picture");
            const auto decoded = std::clock();
            sum += encoders::apply(geometry, image).rgb[0];
            resize += std::clock() - decoded;
            decode += decoded - start;
        }
        std::cout << fmt::format("{} {} {}\n", seconds(decode), seconds(resize), sum) << std::flush;
    }
}
