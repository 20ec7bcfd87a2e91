// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/best_match.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/kernels/best_match_rule.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_tile = 1024;  // rows and columns of the product at a time: 4 MB

// Norms between which no product of two rows leaves the range of single precision, nor loses anything that
// counts.
constexpr double k_least_norm = 1e-8, k_largest_norm = 1e12;

/// Tokens, and what their products are divided by.
struct Tokens {
    at::Tensor values;             ///< [n, D] float32
    std::vector<double> divisors;  ///< of cosines
    at::Tensor scaled;             ///< `values`, each row times a power of two that brings it into range
    std::vector<double> scaled_divisors;

    std::int64_t count() const { return values.size(0); }
    std::int64_t channels() const { return values.size(1); }
    const float* row(std::int64_t i) const { return values.const_data_ptr<float>() + i * channels(); }
};

/// Brings rows of extreme norms into range. Elements far below their row's norm may vanish: they do not
/// count.
void rescale(Tokens& tokens, const std::vector<double>& norms) {
    const auto outside = [](double norm) {
        return norm != 0 && std::isfinite(norm) && (norm < k_least_norm || norm > k_largest_norm);
    };
    if (std::ranges::none_of(norms, outside)) return;
    tokens.scaled = tokens.values.clone();
    auto* row = tokens.scaled.mutable_data_ptr<float>();
    for (std::size_t i = 0; i < norms.size(); ++i, row += tokens.channels()) {
        if (!outside(norms[i])) continue;
        const double scale = std::ldexp(1.0, -std::ilogb(norms[i]));
        for (std::int64_t c = 0; c < tokens.channels(); ++c)
            row[c] = static_cast<float>(static_cast<double>(row[c]) * scale);
        tokens.scaled_divisors[i] *= scale;
    }
}

Tokens tokens_of(const at::Tensor& values) {
    Tokens tokens;
    tokens.values = values.to(at::kFloat).contiguous();
    std::vector<double> norms;
    for (std::int64_t i = 0; i < tokens.count(); ++i) {
        const float* row = tokens.row(i);
        norms.push_back(std::sqrt(dot(row, row, tokens.channels())));
        tokens.divisors.push_back(divisor_of(norms.back()));
    }
    tokens.scaled = tokens.values;
    tokens.scaled_divisors = tokens.divisors;
    rescale(tokens, norms);
    return tokens;
}

bool is_finite(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

/// The search over one pair of token matrices.
class Search {
  public:
    Search(const Tokens& x, const Tokens& y, MatchPrecision precision)
        : x_(x), y_(y), is_exact_(precision == MatchPrecision::float64) {
        const auto rows = std::min(k_tile, x.count()), columns = std::min(k_tile, y.count());
        buffer_ = at::empty({rows * columns}, at::kFloat);
        for (const double divisor : y.scaled_divisors) scales_.push_back(static_cast<float>(1 / divisor));
        // Of a row's maximum and of what might be above it in truth.
        slack_ = 2 * product_error(x.channels(), std::numeric_limits<float>::epsilon() / 2);
    }

    void run(double* best) {
        for (std::int64_t row = 0; row < x_.count(); row += k_tile) {
            const auto rows = std::min(k_tile, x_.count() - row);
            largest_.assign(static_cast<std::size_t>(rows), -std::numeric_limits<float>::infinity());
            std::fill_n(best + row, rows, -std::numeric_limits<double>::infinity());
            for (std::int64_t column = 0; column < y_.count(); column += k_tile)
                run_tile(row, rows, column, std::min(k_tile, y_.count() - column), best);
        }
    }

  private:
    void run_tile(std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns,
                  double* best) {
        auto product = buffer_.narrow(0, 0, rows * columns).view({rows, columns});
        at::mm_out(product, x_.scaled.narrow(0, row, rows), y_.scaled.narrow(0, column, columns).t());
        auto* similar = product.mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < rows; ++i, similar += columns) {
            auto& largest = largest_[static_cast<std::size_t>(i)];
            const float here = scale_row(similar, scales_.data() + column, columns);
            largest = std::max(largest, here);
            const double divisor = x_.scaled_divisors[static_cast<std::size_t>(row + i)];
            if (!is_exact_) {
                best[row + i] = static_cast<double>(largest) / divisor;
                continue;
            }
            const auto least = static_cast<float>(static_cast<double>(largest) - slack_ * divisor);
            if (here < least) continue;
            for (std::int64_t j = 0; j < columns; ++j) {
                if (similar[j] >= least) best[row + i] = std::max(best[row + i], cosine(row + i, column + j));
            }
        }
    }

    double cosine(std::int64_t i, std::int64_t j) const {
        return dot(x_.row(i), y_.row(j), x_.channels()) /
               (x_.divisors[static_cast<std::size_t>(i)] * y_.divisors[static_cast<std::size_t>(j)]);
    }

    const Tokens& x_;
    const Tokens& y_;
    bool is_exact_;
    double slack_ = 0;
    at::Tensor buffer_;
    std::vector<float> scales_;
    std::vector<float> largest_;
};

void match_on_cpu(const at::Tensor& x_ND, const at::Tensor& y_MD, MatchPrecision precision, double* best) {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    const Tokens x = tokens_of(x_ND), y = tokens_of(y_MD);
    if (!is_finite(y.divisors)) {
        std::fill_n(best, x.count(), unknown);
        return;
    }
    Search(x, y, precision).run(best);
    for (std::int64_t i = 0; i < x.count(); ++i)
        best[i] =
            std::isfinite(x.divisors[static_cast<std::size_t>(i)]) ? std::clamp(best[i], -1.0, 1.0) : unknown;
}

void check(const at::Tensor& x, const at::Tensor& y) {
    const auto is_ours = [](const at::Tensor& tokens) {
        const auto type = tokens.scalar_type();
        return type == at::kFloat || type == at::kHalf || type == at::kBFloat16;
    };
    core::ensure((x.dim() == 2 || x.dim() == 3) && y.dim() == x.dim() && x.size(-1) == y.size(-1) &&
                     x.size(-1) >= 1 && y.size(-2) >= 1 && (x.dim() == 2 || x.size(0) == y.size(0)),
                 "best_match takes [n, D] and [m, D], or a batch of such pairs");
    core::ensure(is_ours(x) && is_ours(y) && x.device() == y.device(),
                 "best_match takes float32, float16 or bfloat16 tokens on one device");
}

}  // namespace

at::Tensor best_match(const at::Tensor& x_ND, const at::Tensor& y_MD, MatchPrecision precision) {
    check(x_ND, y_MD);
    if (!x_ND.is_cpu()) return best_match_on_gpu(x_ND, y_MD, precision);
    const bool is_batch = x_ND.dim() == 3;
    const std::int64_t pairs = is_batch ? x_ND.size(0) : 1, n = x_ND.size(-2);
    auto best = at::empty({pairs, n}, at::kDouble);
    for (std::int64_t b = 0; b < pairs; ++b)
        match_on_cpu(is_batch ? x_ND[b] : x_ND, is_batch ? y_MD[b] : y_MD, precision,
                     best.mutable_data_ptr<double>() + b * n);
    return is_batch ? best : best[0];
}

at::Tensor best_match_twin(const at::Tensor& x_ND, const at::Tensor& y_MD) {
    check(x_ND, y_MD);
    const auto x = x_ND.to(at::kDouble), y = y_MD.to(at::kDouble);
    const auto norm = [](const at::Tensor& token) {
        double squares = 0;
        for (std::int64_t c = 0; c < token.size(0); ++c)
            squares += token[c].item<double>() * token[c].item<double>();
        return std::sqrt(squares);
    };
    auto best = at::full({x.size(0)}, -1.0, at::kDouble);
    for (std::int64_t i = 0; i < x.size(0); ++i) {
        for (std::int64_t j = 0; j < y.size(0); ++j) {
            double product = 0;
            for (std::int64_t c = 0; c < x.size(1); ++c)
                product += x[i][c].item<double>() * y[j][c].item<double>();
            const double cosine = product / (divisor_of(norm(x[i])) * divisor_of(norm(y[j])));
            best[i] = std::clamp(cosine, best[i].item<double>(), 1.0);
        }
    }
    return best;
}

}  // namespace lvr::kernels
