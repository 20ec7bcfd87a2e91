// SPDX-License-Identifier: Apache-2.0
#include "unit/train_feature_folder.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <thread>

#include <lvr/data/image_root.hpp>
#include <lvr/encoders/shared_views.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "unit/train_data_fixture.hpp"

namespace lvr::test {
namespace {

constexpr std::size_t k_part = 4, k_values = 9 * 24;

files::ImageStatus status_of(data::ImageError::Reason reason) {
    using Reason = data::ImageError::Reason;
    if (reason == Reason::empty) return files::ImageStatus::empty;
    if (reason == Reason::not_an_image) return files::ImageStatus::not_an_image;
    return reason == Reason::missing ? files::ImageStatus::missing : files::ImageStatus::damaged;
}

/// The features of a picture, as they are stored.
at::Tensor encoded(const std::string& image, files::StorageType type) {
    const auto bytes = data::ImageRoot(golden_images().string()).bytes(image, image);
    const auto views = encoders::SharedViews({tiny_encoder()}).of(data::decode_image(bytes, image), image);
    const auto features = tiny_encoder()->encode({encoders::stacked({&views[0]}, at::kCPU)});
    return features.to(type == files::StorageType::float32 ? at::kFloat : at::kHalf).contiguous();
}

files::FeaturePart part_of(std::span<const std::string> images, std::vector<std::byte>& values,
                           const FolderOptions& options) {
    files::FeaturePart part{.type = options.type,
                            .images = static_cast<std::int64_t>(images.size()),
                            .tokens = 9,
                            .channels = 24,
                            .image_ids = {images.begin(), images.end()}};
    const std::size_t each = k_values * files::bytes_per_value(options.type);
    values.assign(images.size() * each, std::byte{0xff});  // NaN
    for (std::size_t i = 0; i < images.size(); ++i) {
        try {
            std::memcpy(values.data() + i * each, encoded(images[i], options.type).const_data_ptr(), each);
            part.status.push_back(0);
            part.reasons.emplace_back();
        } catch (const data::ImageError& error) {
            const std::string what = error.what();
            part.status.push_back(static_cast<std::int8_t>(status_of(error.reason())));
            part.reasons.push_back(what.substr(0, what.find('\n')));
        }
    }
    return part;
}

void write_folder(const std::filesystem::path& folder, const std::vector<std::string>& images,
                  const FolderOptions& options) {
    std::filesystem::create_directories(folder);
    core::Json identity = {{"representation", "tiny"},
                           {"encoder", tiny_encoder()->identity()},
                           {"store", files::name_of(options.type)}};
    if (options.projected) identity["projector_sha256"] = "0";
    files::write_manifest(folder, {identity, static_cast<std::int64_t>(images.size()), k_part});
    for (std::size_t begin = 0; begin < images.size(); begin += k_part) {
        std::vector<std::byte> values;
        auto part = part_of(std::span(images).subspan(begin, std::min(k_part, images.size() - begin)), values,
                            options);
        const auto bad = static_cast<std::size_t>(options.not_finite);
        if (options.not_finite >= 0 && bad / k_part == begin / k_part) {
            const float infinity = HUGE_VALF;
            std::memcpy(values.data() + (bad % k_part * k_values + 5) * sizeof infinity, &infinity,
                        sizeof infinity);
        }
        part.values = values;
        part.provenance = files::make_provenance(identity, {});
        files::write_feature_part(folder / files::part_name(static_cast<std::int64_t>(begin / k_part)), part);
    }
}

}  // namespace

void write_features(const std::filesystem::path& folder, const std::vector<std::string>& images,
                    const FolderOptions& options) {
    // As lvr-extract's threads: where MKL may use several cores it rounds otherwise, even when it does not.
    std::jthread([&] {
        at::set_num_threads(1);
        write_folder(folder, images, options);
    }).join();
}

}  // namespace lvr::test
