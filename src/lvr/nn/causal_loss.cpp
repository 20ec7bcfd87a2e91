// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/causal_loss.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::nn {
namespace {

constexpr std::int64_t k_chunk_cpu = 1 << 24, k_chunk_gpu = 1 << 26;  // logits held at a time

/// The positions that predict a label, in the flattened [B L], and these labels.
struct Targets {
    at::Tensor rows_M, labels_M;
};

Targets targets_of(const at::Tensor& labels_BL) {
    const auto length = labels_BL.size(1);
    auto next = at::full(labels_BL.sizes(), k_ignored_label, labels_BL.options());
    if (length > 1) next.narrow(1, 0, length - 1).copy_(labels_BL.narrow(1, 1, length - 1));
    next = next.flatten();
    const auto rows = next.ne(k_ignored_label).nonzero().squeeze(1);
    return {rows, next.index_select(0, rows)};
}

void check_labels(const at::Tensor& labels_M, std::int64_t vocabulary) {
    if (labels_M.numel() == 0) return;
    const auto least = labels_M.min().item<std::int64_t>(), most = labels_M.max().item<std::int64_t>();
    if (least >= 0 && most < vocabulary) return;
    throw core::input_error(
        fmt::format("the label {} is none of the model's {} tokens", least < 0 ? least : most, vocabulary),
        "it cannot be learned", "use the tokenizer that belongs to the model");
}

struct Sums {
    double divisor = 1;
    std::int64_t chunk_rows = 1;
    bool hidden_gradient = false, head_gradient = false;
};

struct LossAndGradients {
    at::Tensor loss, hidden_RD, head_VD;  ///< gradients undefined where they are not asked for
};

/// Of one chunk: adds to the loss; turns the logits into their gradient, in the logits' dtype.
at::Tensor loss_and_slope(const at::Tensor& logits_CV, const at::Tensor& labels_C1, at::Tensor& loss,
                          double divisor) {
    auto wide = logits_CV.to(at::kFloat);
    const auto whole = at::logsumexp(wide, 1, true);
    loss.add_(whole.sub(wide.gather(1, labels_C1)).sum(), 1 / divisor);
    wide.sub_(whole).exp_();
    wide.scatter_add_(1, labels_C1, at::full(labels_C1.sizes(), -1, wide.options()));
    return wide.div_(divisor).to(logits_CV.scalar_type());
}

LossAndGradients in_chunks(const at::Tensor& hidden_RD, const at::Tensor& head_VD, const Targets& targets,
                           const Sums& sums) {
    LossAndGradients result{at::zeros({}, hidden_RD.options().dtype(at::kFloat)), {}, {}};
    if (sums.hidden_gradient) result.hidden_RD = at::zeros_like(hidden_RD);
    if (sums.head_gradient) result.head_VD = at::zeros_like(head_VD, at::kFloat);
    const auto count = targets.rows_M.size(0);
    for (std::int64_t begin = 0; begin < count; begin += sums.chunk_rows) {
        const auto length = std::min(sums.chunk_rows, count - begin);
        const auto rows = targets.rows_M.narrow(0, begin, length);
        const auto labels = targets.labels_M.narrow(0, begin, length).unsqueeze(1);
        const auto hidden_CD = hidden_RD.index_select(0, rows);
        const auto slope_CV =
            loss_and_slope(at::mm(hidden_CD, head_VD.t()), labels, result.loss, sums.divisor);
        if (sums.hidden_gradient) result.hidden_RD.index_copy_(0, rows, at::mm(slope_CV, head_VD));
        if (!sums.head_gradient) continue;
        if (slope_CV.scalar_type() == at::kFloat) {
            result.head_VD.addmm_(slope_CV.t(), hidden_CD);
        } else {
            result.head_VD.add_(at::mm(slope_CV.t(), hidden_CD));
        }
    }
    if (sums.head_gradient) result.head_VD = result.head_VD.to(head_VD.scalar_type());
    return result;
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class FusedLoss : public torch::autograd::Function<FusedLoss> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden_RD,
                              const at::Tensor& head_VD, const Targets& targets, const Sums& sums) {
        auto result = in_chunks(hidden_RD, head_VD, targets, sums);
        context->saved_data["hidden"] = result.hidden_RD;
        context->saved_data["head"] = result.head_VD;
        return result.loss;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        core::ensure(!context->saved_data.empty(), "causal_lm_loss was differentiated twice");
        auto hidden = context->saved_data["hidden"].toTensor(), head = context->saved_data["head"].toTensor();
        context->saved_data.clear();
        for (auto* gradient : {&hidden, &head}) {
            if (gradient->defined()) gradient->mul_(gradients[0].to(gradient->scalar_type()));
        }
        return {hidden, head, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

std::int64_t chunk_rows(std::int64_t vocabulary, at::Device device) {
    return std::max<std::int64_t>(1, (device.is_cuda() ? k_chunk_gpu : k_chunk_cpu) / vocabulary);
}

std::int64_t learned_labels(const at::Tensor& labels_BL) {
    const auto length = labels_BL.size(1);
    if (length < 2) return 0;
    return labels_BL.narrow(1, 1, length - 1).ne(k_ignored_label).sum().item<std::int64_t>();
}

at::Tensor causal_lm_loss(const at::Tensor& hidden_BLD, const at::Tensor& head_VD,
                          const at::Tensor& labels_BL, const LossOptions& options) {
    core::ensure(hidden_BLD.dim() == 3 && labels_BL.sizes() == hidden_BLD.sizes().slice(0, 2),
                 "labels and hidden states of different shapes");
    auto targets = targets_of(labels_BL);
    check_labels(targets.labels_M, head_VD.size(0));
    Sums sums{.divisor = options.divisor > 0
                             ? options.divisor
                             : static_cast<double>(std::max<std::int64_t>(1, targets.rows_M.size(0))),
              .chunk_rows = options.chunk_rows > 0 ? options.chunk_rows
                                                   : lvr::nn::chunk_rows(head_VD.size(0), head_VD.device())};
    const bool recorded = at::GradMode::is_enabled();
    sums.hidden_gradient = recorded && hidden_BLD.requires_grad();
    sums.head_gradient = recorded && head_VD.requires_grad();
    targets = {targets.rows_M.to(hidden_BLD.device()), targets.labels_M.to(hidden_BLD.device())};
    return FusedLoss::apply(hidden_BLD.reshape({-1, hidden_BLD.size(2)}), head_VD, targets, sums);
}

}  // namespace lvr::nn
