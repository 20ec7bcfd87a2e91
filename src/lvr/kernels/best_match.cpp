// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/best_match.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/kernels/best_match_rule.hpp>
#include <lvr/kernels/bfloat16_product.hpp>
#include <lvr/kernels/match_tokens.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_tile = 1024;       // rows and columns of the product at a time: 4 MB
constexpr std::int64_t k_quick_rows = 64;   // of the product in bfloat16
constexpr std::int64_t k_most_matches = 8;  // per row, on average; with more the exact product is quicker

/// The search over one pair of token matrices.
class Search {
  public:
    Search(const MatchTokens& x, const MatchTokens& y, const MatchWay& way)
        : x_(x), y_(y), is_exact_(way.precision == MatchPrecision::float64) {
        const auto rows = std::min(k_tile, x.count()), columns = std::min(k_tile, y.count());
        buffer_ = at::empty({rows * columns}, at::kFloat);
        for (const double divisor : y.scaled_divisors) scales_.push_back(static_cast<float>(1 / divisor));
        sum_error_ = product_error(x.channels(), std::numeric_limits<float>::epsilon() / 2);
        if (!is_exact_ || !way.may_round || !has_fast_bfloat16()) return;
        x_rounded_ = rounded_rows(x.scaled, x.scaled_norms);
        y_rounded_ = rounded_rows(y.scaled, y.scaled_norms);
        y_distance_ = *std::ranges::max_element(y_rounded_->distances);
    }

    void run(double* best) {
        std::fill_n(best, x_.count(), -std::numeric_limits<double>::infinity());
        for (std::int64_t row = 0, rows = 0; row < x_.count(); row += rows) {
            rows = std::min(x_rounded_ ? k_quick_rows : k_tile, x_.count() - row);
            largest_.assign(static_cast<std::size_t>(rows), -std::numeric_limits<float>::infinity());
            for (std::int64_t column = 0; column < y_.count(); column += k_tile)
                search({row, rows, column, std::min(k_tile, y_.count() - column)}, best);
            if (matches_ > k_most_matches * (row + rows)) x_rounded_.reset();
        }
    }

  private:
    struct Tile {
        std::int64_t row, rows, column, columns;
    };

    float* multiply(const Tile& tile) {
        auto product = buffer_.narrow(0, 0, tile.rows * tile.columns).view({tile.rows, tile.columns});
        auto* const values = product.mutable_data_ptr<float>();
        if (x_rounded_)
            kernels::multiply({*x_rounded_, tile.row, tile.rows}, {*y_rounded_, tile.column, tile.columns},
                              values);
        else
            at::mm_out(product, x_.scaled.narrow(0, tile.row, tile.rows),
                       y_.scaled.narrow(0, tile.column, tile.columns).t());
        return values;
    }

    /// Of a row's maximum and of what might be above it in truth, as cosines: |x'y' - xy| <= |x'| |y' - y| +
    /// |x' - x| |y| for what is rounded, and what the sum adds.
    double slack(std::int64_t row) const {
        if (!x_rounded_) return 2 * sum_error_;
        const double x = x_rounded_->distances[static_cast<std::size_t>(row)], y = y_distance_;
        return 2 * (x + y + x * y + sum_error_ * (1 + x) * (1 + y));
    }

    void search(const Tile& tile, double* best) {
        auto* similar = multiply(tile);
        for (std::int64_t i = 0; i < tile.rows; ++i, similar += tile.columns) {
            const auto row = tile.row + i;
            auto& largest = largest_[static_cast<std::size_t>(i)];
            const float here = scale_row(similar, scales_.data() + tile.column, tile.columns);
            largest = std::max(largest, here);
            const double divisor = x_.scaled_divisors[static_cast<std::size_t>(row)];
            if (!is_exact_) {
                best[row] = static_cast<double>(largest) / divisor;
                continue;
            }
            const auto least = static_cast<float>(static_cast<double>(largest) - slack(row) * divisor);
            if (here < least) continue;
            for (std::int64_t j = 0; j < tile.columns; ++j) {
                if (similar[j] < least) continue;
                best[row] = std::max(best[row], cosine(row, tile.column + j));
                ++matches_;
            }
        }
    }

    double cosine(std::int64_t i, std::int64_t j) const {
        return dot(x_.row(i), y_.row(j), x_.channels()) /
               (x_.divisors[static_cast<std::size_t>(i)] * y_.divisors[static_cast<std::size_t>(j)]);
    }

    const MatchTokens& x_;
    const MatchTokens& y_;
    bool is_exact_;
    double sum_error_ = 0, y_distance_ = 0;
    std::optional<Bfloat16Rows> x_rounded_, y_rounded_;  // while the quick product is worth it
    at::Tensor buffer_;
    std::vector<float> scales_;
    std::vector<float> largest_;
    std::int64_t matches_ = 0;
};

void match_pair(const at::Tensor& x_ND, const at::Tensor& y_MD, const MatchWay& way, double* best) {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    const MatchTokens x(x_ND), y(y_MD);
    if (!y.is_finite()) {
        std::fill_n(best, x.count(), unknown);
        return;
    }
    Search(x, y, way).run(best);
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
    return x_ND.is_cpu() ? best_match_on_cpu(x_ND, y_MD, {precision})
                         : best_match_on_gpu(x_ND, y_MD, precision);
}

at::Tensor best_match_on_cpu(const at::Tensor& x_ND, const at::Tensor& y_MD, const MatchWay& way) {
    const bool is_batch = x_ND.dim() == 3;
    const std::int64_t pairs = is_batch ? x_ND.size(0) : 1, n = x_ND.size(-2);
    auto best = at::empty({pairs, n}, at::kDouble);
    for (std::int64_t b = 0; b < pairs; ++b)
        match_pair(is_batch ? x_ND[b] : x_ND, is_batch ? y_MD[b] : y_MD, way,
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
