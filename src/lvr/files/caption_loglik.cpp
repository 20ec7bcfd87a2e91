// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/caption_loglik.hpp>

#include <cmath>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/part_schema.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::files {
namespace {

constexpr PartSchema k_schema = {"lvr.caption_loglik", 1, "no score can be computed of it",
                                 "remove it and run the evaluation again: it makes what is missing"};

/// What is wrong with pairs; empty if nothing is.
std::string problem_of(const CaptionLoglik& pairs) {
    const auto count = pairs.image_ids.size();
    if (pairs.log_likelihood.size() != count || pairs.tokens.size() != count)
        return "image_id, log_likelihood and tokens differ in length";
    for (std::size_t i = 0; i < count; ++i) {
        const std::string of_image = " of image " + shown(pairs.image_ids[i]);
        if (pairs.image_ids[i].empty()) return "an image without an id";
        if (!std::isfinite(pairs.log_likelihood[i]) || pairs.log_likelihood[i] > 0)
            return "the log-likelihood" + of_image + " is " + core::shortest(pairs.log_likelihood[i]) +
                   ", not a finite number of at most 0";
        if (pairs.tokens[i] <= 0) return "the caption" + of_image + " has no tokens";
    }
    return "";
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

void write_caption_loglik_part(const std::filesystem::path& file, const CaptionLoglik& pairs) {
    const std::string problem = problem_of(pairs);
    core::ensure(problem.empty(), problem.c_str());
    H5File::write(file, [&](const H5Group& root) {
        write_schema(root, k_schema);
        write_provenance(root, pairs.provenance);
        root.write("image_id", pairs.image_ids);
        root.write("log_likelihood", pairs.log_likelihood);
        root.write("tokens", pairs.tokens);
    });
}

CaptionLoglik read_caption_loglik_part(const std::filesystem::path& file) {
    const CrashMessage crash(file.string());
    const H5Group root = H5File::open(file);
    expect_schema(root, k_schema);
    CaptionLoglik pairs{root.texts("image_id"), root.doubles("log_likelihood"), root.integers("tokens"),
                        read_provenance(root)};
    if (const std::string problem = problem_of(pairs); !problem.empty()) refuse_part(file, problem, k_schema);
    return pairs;
}

CaptionLoglik read_caption_loglik(const std::filesystem::path& folder) {
    CaptionLoglik all;
    std::set<std::string> seen;
    for_each_part(folder, k_schema, [&](const std::filesystem::path& file, std::int64_t shard, std::int64_t) {
        const auto part = read_caption_loglik_part(file);
        expect_of_folder(file, part.provenance, k_schema);
        for (const auto& id : part.image_ids) {
            if (!seen.insert(id).second)
                refuse_part(file, "image " + shown(id) + " is there twice", k_schema);
        }
        if (shard == 0) all.provenance = part.provenance;
        append(all.image_ids, part.image_ids);
        append(all.log_likelihood, part.log_likelihood);
        append(all.tokens, part.tokens);
        return static_cast<std::int64_t>(part.image_ids.size());
    });
    return all;
}

}  // namespace lvr::files
