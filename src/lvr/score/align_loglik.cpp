// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_loglik.hpp>

#include <cmath>

#include <lvr/core/error.hpp>

namespace lvr::score {
namespace {

struct Mean {
    double value = 0, standard_error = files::k_not_measured;
};

Mean over_pairs(const files::CaptionLoglik& pairs) {
    std::vector<double> per_token;
    double sum = 0;
    for (std::size_t i = 0; i < pairs.tokens.size(); ++i) {
        per_token.push_back(pairs.log_likelihood[i] / static_cast<double>(pairs.tokens[i]));
        sum += per_token.back();
    }
    const double mean = sum / static_cast<double>(per_token.size());
    return {mean, standard_error_of_mean(per_token, mean)};
}

/// The ratio R of two sums; its error is that of the mean of the residuals l - R t, in units of the mean of
/// t.
Mean over_tokens(const files::CaptionLoglik& pairs, double tokens) {
    double sum = 0;
    for (const double log_likelihood : pairs.log_likelihood) sum += log_likelihood;
    const double ratio = sum / tokens;
    std::vector<double> residuals;
    for (std::size_t i = 0; i < pairs.tokens.size(); ++i)
        residuals.push_back(pairs.log_likelihood[i] - ratio * static_cast<double>(pairs.tokens[i]));
    const double per_pair = tokens / static_cast<double>(residuals.size());
    return {ratio, standard_error_of_mean(residuals, 0) / per_pair};
}

}  // namespace

AlignReport loglik_report(const files::CaptionLoglik& pairs, bool by_token, const std::string& where) {
    if (pairs.image_ids.empty())
        throw core::input_error(where + ": holds no pairs", "", "evaluate captions of some images first");
    double tokens = 0;
    for (const auto count : pairs.tokens) tokens += static_cast<double>(count);
    const Mean mean = by_token ? over_tokens(pairs, tokens) : over_pairs(pairs);
    AlignReport report{.a = mean.value,
                       .standard_error = mean.standard_error,
                       .n = static_cast<std::int64_t>(pairs.image_ids.size()),
                       .details = {{"definition", "loglik"}, {"average", by_token ? "token" : "pair"}},
                       .image_ids = pairs.image_ids};
    report.details["tokens"] = tokens;
    return report;
}

}  // namespace lvr::score
