// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/descriptors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::score {
namespace {

constexpr float k_epsilon = 1e-10F;

/// The length of a row. Summed in double where it is not rounded on the way: how float32 sums are rounded
/// differs from library to library.
float length_of(std::span<const float> row, bool step_by_step) {
    if (step_by_step) {
        float squares = 0;
        for (const float value : row)
            squares = kernels::rounded_to_bfloat16(squares + kernels::rounded_to_bfloat16(value * value));
        return std::sqrt(squares);
    }
    double squares = 0;
    for (const float value : row) squares += static_cast<double>(value) * value;
    return static_cast<float>(std::sqrt(squares));
}

/// @param is_map the row is a patch of a map whose channels lie apart, as the files of the paper's code have
/// it
void make_unit(const float* from, std::span<float> unit, Arithmetic arithmetic, bool is_map) {
    const auto rounded = [arithmetic](float value) {
        return arithmetic == Arithmetic::float32 ? value : kernels::rounded_to_bfloat16(value);
    };
    const bool step_by_step = is_map && arithmetic == Arithmetic::bfloat16_torch1;
    const float length = rounded(rounded(length_of({from, unit.size()}, step_by_step)) + k_epsilon);
    for (std::size_t i = 0; i < unit.size(); ++i) unit[i] = rounded(from[i] / length);
}

}  // namespace

std::string without_picture_suffix(const std::string& id) {
    const auto dot = id.rfind('.');
    if (dot == std::string::npos) return id;
    std::string suffix = id.substr(dot);
    std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return std::tolower(c); });
    constexpr std::array k_suffixes = {".jpg", ".jpeg", ".png", ".webp"};
    return std::ranges::count(k_suffixes, suffix) > 0 ? id.substr(0, dot) : id;
}

Descriptors::Folder Descriptors::open(const std::string& path, bool flipped) {
    Folder folder{path, files::read_manifest(path).identity, files::FeatureFolder(path), {}};
    if (folder.features.images() == 0)
        throw core::input_error(path + ": holds no images", "there is nothing to match",
                                "extract features of SPair-71k's pictures into it");
    if (flipped && !folder.features.has_flipped())
        throw core::input_error(path + ": holds no features of mirrored pictures (tokens_flipped)",
                                "--flip compares the source and its mirror image with the target",
                                "extract them with lvr-extract --flip, or leave out --flip");
    const auto& ids = folder.features.image_ids();
    for (std::size_t row = 0; row < ids.size(); ++row) {
        const auto [place, is_new] =
            folder.rows.emplace(without_picture_suffix(ids[row]), static_cast<std::int64_t>(row));
        if (!is_new)
            throw core::input_error(fmt::format("{}: images {} and {} have one name without suffix", path,
                                                ids[place->second], ids[row]),
                                    "annotations name images without suffix", "keep one of them");
    }
    return folder;
}

Descriptors::Descriptors(const DescriptorSpec& spec) {
    folders_.push_back(open(spec.features, spec.flipped));
    if (!spec.features2.empty()) folders_.push_back(open(spec.features2, spec.flipped));
    arithmetic_ = spec.of_bfloat16;
    for (const auto& folder : folders_) {
        const auto grid = grid_of(folder.identity, folder.features.tokens(), spec.grid, folder.path);
        if (channels_ > 0 && !(grid == grid_))
            throw core::input_error(
                fmt::format("{} has {} x {} patches, {} has {} x {}", folders_[0].path, grid_.rows,
                            grid_.columns, folder.path, grid.rows, grid.columns),
                "two features are put side by side patch by patch",
                "extract both with as many patches (lvr-extract --size)");
        grid_ = grid;
        channels_ += folder.features.channels();
        if (folder.features.type() != files::StorageType::bfloat16) arithmetic_ = Arithmetic::float32;
    }
}

void Descriptors::expect_in(Folder& folder, const std::vector<std::string>& ids) const {
    std::vector<std::string> missing, unusable;
    auto& features = folder.features;
    for (const auto& id : ids) {
        const auto found = folder.rows.find(id);
        if (found == folder.rows.end())
            missing.push_back(id);
        else if (features.status()[found->second] != static_cast<std::int8_t>(files::ImageStatus::ok))
            unusable.push_back(fmt::format("{} ({})", id, features.reasons()[found->second]));
    }
    if (missing.size() == ids.size())
        throw core::input_error(
            fmt::format("{}: has none of the {} images, e.g. not {}; its own are called like {}", folder.path,
                        ids.size(), ids.front(), features.image_ids().front()),
            "these are features of another dataset",
            "extract features of this one: lvr-extract --images SPair-71k");
    if (!missing.empty())
        throw core::input_error(fmt::format("{}: lacks {} of {} images: {}", folder.path, missing.size(),
                                            ids.size(), core::name_list(missing)),
                                "their pairs cannot be scored",
                                "extract features of all images, or choose with --category");
    if (!unusable.empty())
        throw core::input_error(
            fmt::format("{}: {} images could not be used when features were extracted: {}", folder.path,
                        unusable.size(), core::name_list(unusable)),
            "their pairs cannot be scored", "mend the pictures and extract into a new folder");
}

void Descriptors::expect(const std::vector<std::string>& ids) {
    for (auto& folder : folders_) expect_in(folder, ids);
}

void Descriptors::fill(Folder& folder, const std::string& id, bool flipped, float* unit) {
    const auto row = folder.rows.at(id);
    std::vector<float> values;
    {
        const std::lock_guard lock(*reading_);  // HDF5 is for one thread at a time
        values = flipped ? folder.features.read_flipped(row) : folder.features.read(row);
    }
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
        throw core::input_error(folder.path + ": the features of " + id + " hold values that are not finite",
                                "no similarity can be computed with them",
                                "extract them again, in float32 if they overflowed");
    const auto own = static_cast<std::size_t>(folder.features.channels());
    for (std::int64_t patch = 0; patch < grid_.size(); ++patch)
        make_unit(values.data() + patch * own, {unit + patch * channels_, own}, arithmetic_, true);
}

std::vector<float> Descriptors::unit(const std::string& id, bool flipped) {
    std::vector<float> rows(static_cast<std::size_t>(grid_.size() * channels_));
    std::int64_t before = 0;
    for (auto& folder : folders_) {
        fill(folder, id, flipped, rows.data() + before);
        before += folder.features.channels();
    }
    for (std::int64_t patch = 0; folders_.size() > 1 && patch < grid_.size(); ++patch) {
        float* const row = rows.data() + patch * channels_;
        make_unit(row, {row, static_cast<std::size_t>(channels_)}, arithmetic_, false);
    }
    return rows;
}

}  // namespace lvr::score
