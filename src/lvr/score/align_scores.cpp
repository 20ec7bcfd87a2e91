// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_scores.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include <lvr/core/error.hpp>
#include <lvr/files/features.hpp>
#include <lvr/kernels/best_match.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/node.hpp>
#include <lvr/run/share_out.hpp>

namespace lvr::score {
namespace {

/// An image's tokens in one folder.
struct Tokens {
    std::vector<float> values;
    std::int64_t channels = 0;

    at::Tensor matrix() {
        const auto tokens = static_cast<std::int64_t>(values.size()) / channels;
        return at::from_blob(values.data(), {tokens, channels}, at::kFloat);
    }
    bool is_finite() const {
        return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
    }
};

/// One rank's share of the images, taken one by one by its threads.
class Share {
  public:
    Share(const Alignment& alignment, const CosineSpec& spec, par::Range images, at::Device device)
        : alignment_(alignment), spec_(spec), images_(images), device_(device) {
        scores_.resize(static_cast<std::size_t>(images.size()) * alignment.references.size());
        if (images.size() == 0) return;
        folders_.emplace_back(alignment.features.folder);
        for (const auto& reference : alignment.references) folders_.emplace_back(reference.folder);
    }

    std::vector<double> run(int threads) {
        run::share_out(
            images_.size(), threads, [&](std::int64_t i) { score(images_.begin + i); },
            [] { at::set_num_threads(1); });  // or a thread's first product would take all cores
        return std::move(scores_);
    }

  private:
    Tokens read(std::size_t folder, std::int64_t image) {
        const auto& its = folder == 0 ? alignment_.features : alignment_.references[folder - 1];
        const std::lock_guard lock(reading_);  // HDF5 is for one thread at a time
        return {folders_[folder].read(its.rows[static_cast<std::size_t>(image)]),
                folders_[folder].channels()};
    }

    void score(std::int64_t image) {
        const auto references = alignment_.references.size();
        const auto first = static_cast<std::size_t>(image - images_.begin) * references;
        Tokens x = read(0, image);
        for (std::size_t r = 0; r < references; ++r) {
            Tokens y = read(1 + r, image);
            const double value = score(x, y);
            if (!std::isfinite(value)) refuse(image, r, x, y);
            scores_[first + r] = value;
        }
    }

    double score(Tokens& x, Tokens& y) const {
        if (spec_.published_rounding) return kernels::published_alignment(x.matrix(), y.matrix());
        const auto precision = spec_.precision == "float32" ? kernels::MatchPrecision::float32
                                                            : kernels::MatchPrecision::float64;
        const auto best =
            kernels::best_match(x.matrix().to(device_), y.matrix().to(device_), precision).to(at::kCPU);
        const auto* value = best.const_data_ptr<double>();
        double sum = 0;
        for (std::int64_t i = 0; i < best.size(0); ++i) sum += value[i];
        return sum / static_cast<double>(best.size(0));
    }

    [[noreturn]] void refuse(std::int64_t image, std::size_t reference, const Tokens& x,
                             const Tokens& y) const {
        const std::string& id = alignment_.image_ids[static_cast<std::size_t>(image)];
        const std::string& features = alignment_.features.folder;
        const std::string& other = alignment_.references[reference].folder;
        if (x.is_finite() && y.is_finite())
            throw core::input_error(fmt::format("{} or {}: the tokens of image {} are too large for bfloat16",
                                                features, other, id),
                                    "their norm is infinite in it", "leave --bf16-emulation out");
        throw core::input_error(fmt::format("{}: the tokens of image {} hold a value that is not finite",
                                            x.is_finite() ? other : features, id),
                                "no cosine can be computed of it",
                                "extract the features again, in float32 if float16 overflowed");
    }

    const Alignment& alignment_;
    const CosineSpec& spec_;
    const par::Range images_;
    std::mutex reading_;
    at::Device device_;
    std::vector<files::FeatureFolder> folders_;
    std::vector<double> scores_;
};

}  // namespace

std::vector<double> cosine_scores(const par::Comm& comm, const Alignment& alignment, const CosineSpec& spec) {
    const auto place = run::place_on_node(comm);
    const auto images =
        par::block(static_cast<std::int64_t>(alignment.image_ids.size()), comm.size(), comm.rank());
    const auto mine = par::together(comm, [&] {
        const auto device = kernels::choose_device(spec.device, place.rank);
        if (!device.is_cpu() && spec.precision == "float32")
            throw core::usage_error("--precision float32 is for the CPU",
                                    "a GPU's product is in half precision, and only finds candidates",
                                    "leave --precision out: on a GPU too the result is exact");
        const auto wanted = spec.threads > 0 ? spec.threads : place.threads;
        const auto threads = std::clamp<std::int64_t>(device.is_cpu() ? wanted : 1, 1,
                                                      std::max<std::int64_t>(1, images.size()));
        return Share(alignment, spec, images, device).run(static_cast<int>(threads));
    });
    std::vector<double> scores;
    for (const auto& part : comm.all_gather(mine)) scores.insert(scores.end(), part.begin(), part.end());
    return scores;
}

}  // namespace lvr::score
