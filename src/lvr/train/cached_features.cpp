// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/features.hpp>
#include <lvr/train/image_features.hpp>

namespace lvr::train {
namespace {

using files::ImageStatus;
using Reason = data::ImageError::Reason;

Reason reason_of(ImageStatus status) {
    switch (status) {
        case ImageStatus::empty:
            return Reason::empty;
        case ImageStatus::not_an_image:
            return Reason::not_an_image;
        case ImageStatus::too_large:
            return Reason::too_large;
        case ImageStatus::missing:
            return Reason::missing;
        case ImageStatus::unreadable:
            return Reason::unreadable;
        case ImageStatus::ok:
        case ImageStatus::damaged:
            break;
    }
    return Reason::damaged;
}

/// Where the features of each picture stand. The ids of a large list take more memory than their hashes.
class RowTable {
  public:
    explicit RowTable(files::FeatureFolder folder) {
        const auto& ids = folder.image_ids();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i);
            places_.push_back({key_of(ids[i]), row});
            if (folder.status()[i] == 0) continue;
            auto why = folder.reasons()[i];
            if (why.starts_with(ids[i] + ": ")) why.erase(0, ids[i].size() + 2);
            quarantined_[row] = {reason_of(static_cast<ImageStatus>(folder.status()[i])), why};
        }
        std::sort(places_.begin(), places_.end());
    }

    /// @return -1 if there is none @throws ImageError for one in quarantine
    std::int64_t row_of(const std::string& image) const {
        const auto key = key_of(image);
        const auto found = std::lower_bound(places_.begin(), places_.end(), Place{key, 0});
        if (found == places_.end() || found->first != key) return -1;
        const auto bad = quarantined_.find(found->second);
        if (bad != quarantined_.end()) throw data::ImageError(bad->second.first, image, bad->second.second);
        return found->second;
    }

  private:
    using Key = std::pair<std::uint64_t, std::uint64_t>;
    using Place = std::pair<Key, std::int64_t>;

    /// Half of SHA-256: no two of them are ever the same.
    static Key key_of(const std::string& id) {
        const std::string digits = core::sha256(id);
        Key key;
        std::from_chars(digits.data(), digits.data() + 16, key.first, 16);
        std::from_chars(digits.data() + 16, digits.data() + 32, key.second, 16);
        return key;
    }

    std::vector<Place> places_;
    std::unordered_map<std::int64_t, std::pair<Reason, std::string>> quarantined_;
};

core::Json config_of(const files::FeatureFolder& folder) {
    const auto& provenance = folder.provenance();
    return provenance.is_object() && provenance.contains("config") ? provenance.at("config") : core::Json();
}

void check(const std::string& name, const files::FeatureFolder& folder) {
    if (folder.images() == 0)
        throw core::input_error(name + ": holds features of no pictures", "", "name another feature folder");
    if (config_of(folder).contains("projector_sha256"))
        throw core::input_error(name + ": holds features that went through a projector",
                                "a projector is trained on what the encoder gives",
                                "name the folder of the representation that was extracted without --project");
}

class CachedFeatures : public ImageFeatures {
  public:
    CachedFeatures(const std::string& name, at::Device device)
        : name_(name), folder_(name), rows_(files::FeatureFolder(name)), device_(device) {
        check(name, folder_);
    }

    std::int64_t tokens() const override { return folder_.tokens(); }
    std::int64_t channels() const override { return folder_.channels(); }

    PreparedImage prepare(const std::string& image) const override {
        const auto row = rows_.row_of(image);
        if (row < 0) {
            throw core::input_error(fmt::format("{}: holds no features of {}", name_, image),
                                    "they were extracted from another list or image folder",
                                    "run lvr-extract for the list that is trained on, or compute features "
                                    "while training");
        }
        const auto values = read(row);
        c10::OptionalDeviceGuard current;  // pinned memory belongs to the current device
        if (device_.is_cuda()) current.reset_device(device_);
        const auto features_TC =
            at::empty({tokens(), channels()}, at::TensorOptions(at::kFloat).pinned_memory(device_.is_cuda()));
        std::memcpy(features_TC.mutable_data_ptr(), values.data(), features_TC.nbytes());
        if (!at::isfinite(features_TC).all().item<bool>()) {
            throw core::input_error(fmt::format("{}: the features of {} are not finite", name_, image),
                                    "the file is damaged", "remove the folder and extract it again");
        }
        return {image, nullptr, features_TC};
    }

    std::vector<at::Tensor> features(std::span<const PreparedImage> images,
                                     at::ScalarType dtype) const override {
        std::vector<at::Tensor> all;
        for (const auto& image : images) {
            all.push_back(image.empty() ? at::Tensor()
                                        : image.features_TC.to(device_, /*non_blocking=*/true).to(dtype));
        }
        return all;
    }

    core::Json identity() const override {
        const auto config = config_of(folder_);
        return {{"encoder", config.contains("encoder") ? config.at("encoder") : config},
                {"store", files::name_of(folder_.type())}};
    }

  private:
    std::vector<float> read(std::int64_t row) const {
        const std::lock_guard lock(mutex_);  // HDF5 is for one thread at a time
        return folder_.read(row);
    }

    std::string name_;
    mutable std::mutex mutex_;
    mutable files::FeatureFolder folder_;
    RowTable rows_;
    at::Device device_;
};

}  // namespace

std::unique_ptr<const ImageFeatures> make_cached_features(const std::filesystem::path& folder,
                                                          at::Device device) {
    return std::make_unique<CachedFeatures>(folder.string(), device);
}

}  // namespace lvr::train
