// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/memory_plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <numeric>

#include <lvr/core/quantity.hpp>

#include "memory_ledger.hpp"
#include "tensor_sizes.hpp"

namespace lvr::train {
namespace {

using Part = MemoryPart;

/// Goes through an update as the loop, autograd and the optimizer do.
class Update {
  public:
    explicit Update(const MemoryQuestion& question)
        : q_(question),
          sizes_(question),
          ledger_(question.layout.device.is_cpu() && question.keeps_freed),
          groups_(bucket_groups(elements_of(sizes_.parameters), question.layout.most_elements)) {}

    MemoryPlan plan() {
        hold_always();
        if (q_.backwards > 1) hold_earlier_gradients();
        forward();
        loss();
        backward();
        return ledger_.most();
    }

  private:
    double ranks() const { return static_cast<double>(q_.layout.parts); }
    double width() const { return sizes_.element; }
    bool is_sharded() const { return q_.zero != ZeroStage::none && q_.layout.parts > 1; }
    /// Whether a rank adds its backwards before the sum over ranks, which it does in float32.
    bool adds_first() const { return q_.backwards > 1 && q_.zero != ZeroStage::gradients; }
    double sum_width() const { return adds_first() ? 4 : width(); }

    double length(std::size_t group) const {
        std::int64_t elements = 0;
        for (const auto number : groups_[group]) elements += sizes_.parameters[number].elements;
        return static_cast<double>(padded_length(elements, q_.layout.parts));
    }

    void hold_always() {
        if (q_.layout.device.is_cpu()) ledger_.add(Part::process, static_cast<double>(q_.process_bytes));
        ledger_.add(Part::weights, sizes_.frozen * width());
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            const double own = is_sharded() ? length(g) / ranks() : length(g);
            ledger_.add(Part::weights, length(g) * width());
            for (int moment = 0; moment < 2; ++moment) ledger_.add(Part::optimizer, own * 4);
            if (width() < 4) ledger_.add(Part::optimizer, own * 4);
        }
        for (std::int64_t i = 0; i < q_.waiting * q_.images; ++i) ledger_.add(Part::data, sizes_.image);
        if (q_.layout.parts > 1 && q_.layout.device.is_cpu()) ledger_.add(Part::transfer, k_mpi_copies);
    }

    /// What the update's earlier backwards left.
    void hold_earlier_gradients() {
        for (std::size_t g = 0; g < groups_.size(); ++g)
            ledger_.add(Part::gradients, adds_first() ? length(g) * 4 : part_bytes(g));
    }
    double part_bytes(std::size_t g) const { return 4 * (is_sharded() ? length(g) / ranks() : length(g)); }

    void forward() {
        ledger_.add_all(Part::activations, sizes_.ends);
        for (std::int64_t i = 0; i < q_.llm.layers; ++i) {
            ledger_.add_all(Part::activations, sizes_.kept_of_block);
            ledger_.add_all(Part::activations, sizes_.passing_forward);
            ledger_.remove_all(Part::activations, sizes_.passing_forward);
            if (!q_.recomputes) continue;
            ledger_.remove_all(Part::activations, sizes_.kept_of_block);
            ledger_.add(Part::activations, sizes_.input_of_block);
        }
    }

    void loss() {
        ledger_.add_all(Part::logits, sizes_.slopes);
        ledger_.add_all(Part::logits, sizes_.chunk);
        ledger_.remove_all(Part::logits, sizes_.chunk);
    }

    void backward() {
        const auto last = q_.llm.layers + 1;
        bool holds_slopes = q_.llm.tied;  // an embedding's gradient is complete when both its uses are
        if (!holds_slopes) ledger_.remove_all(Part::logits, sizes_.slopes);
        std::int64_t passed = 0;
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            for (const auto number : groups_[g]) {
                const auto& parameter = sizes_.parameters[number];
                while (passed < parameter.unit) pass(++passed);
                take(g, parameter);
                if (holds_slopes && parameter.unit == last) {
                    ledger_.remove_all(Part::logits, sizes_.slopes);
                    holds_slopes = false;
                }
            }
            begin_sum(g);
        }
        end_sums(0);
    }

    /// A unit's gradients of activations, before it gives gradients of parameters.
    void pass(std::int64_t unit) {
        if (unit > q_.llm.layers) return;
        if (q_.recomputes) ledger_.add_all(Part::activations, sizes_.kept_of_block);
        ledger_.add_all(Part::activations, sizes_.passing_backward);
        ledger_.remove_all(Part::activations, sizes_.passing_backward);
        ledger_.remove_all(Part::activations, sizes_.kept_of_block);
        if (q_.recomputes) ledger_.remove(Part::activations, sizes_.input_of_block);
    }

    void take(std::size_t g, const Parameter& parameter) {
        const double gradient = static_cast<double>(parameter.elements) * width();
        const bool is_first = !is_whole_;
        is_whole_ = true;
        if (adds_first() || !is_first) {
            ledger_.add(Part::gradients, gradient);
            if (adds_first()) widen(static_cast<double>(parameter.elements));
            ledger_.remove(Part::gradients, gradient);
            return;
        }
        const bool is_adopted = gradient == length(g) * width();
        if (!is_adopted) ledger_.add(Part::gradients, gradient);
        ledger_.add(Part::gradients, length(g) * width());
        if (!is_adopted) ledger_.remove(Part::gradients, gradient);
    }

    /// On the CPU narrow values are added to float32 by way of a copy in float32.
    void widen(double elements) {
        if (width() == 4 || !q_.layout.device.is_cpu()) return;
        ledger_.add(Part::gradients, elements * 4);
        ledger_.remove(Part::gradients, elements * 4);
    }

    void begin_sum(std::size_t g) {
        is_whole_ = false;
        end_sums(1);
        if (is_sharded()) ledger_.add(Part::gradients, length(g) / ranks() * sum_width());
        if (summing_.empty()) ledger_.add_all(Part::transfer, copies_of(g));  // one sum after the other
        summing_.push_back(g);
    }

    void end_sums(std::size_t but) {
        while (summing_.size() > but) {
            ledger_.remove_all(Part::transfer, copies_of(summing_.front()));
            end_sum(summing_.front());
            summing_.pop_front();
            if (!summing_.empty()) ledger_.add_all(Part::transfer, copies_of(summing_.front()));
        }
    }

    void end_sum(std::size_t g) {
        const double all = length(g) * sum_width(), fresh = is_sharded() ? all / ranks() : 0;
        const bool has_part = q_.backwards > 1 && q_.zero == ZeroStage::gradients;
        const bool becomes_part = !has_part && sum_width() == 4;
        if (is_sharded()) ledger_.remove(Part::gradients, all);
        const double sum = is_sharded() ? fresh : all;
        if (!has_part && !becomes_part) ledger_.add(Part::gradients, part_bytes(g));
        if (has_part) widen(part_bytes(g) / 4);
        if (!becomes_part) ledger_.remove(Part::gradients, sum);
    }

    /// What comm's MPI makes for a sum: float32 of narrower values, and a part of its own where all get all.
    std::vector<double> copies_of(std::size_t g) const {
        std::vector<double> copies;
        if (q_.layout.parts == 1 || !q_.layout.device.is_cpu()) return copies;
        if (!is_sharded()) copies.push_back(length(g) * sum_width() / ranks());
        if (sum_width() < 4) copies.insert(copies.end(), {length(g) * 4, length(g) * 4 / ranks()});
        return copies;
    }

    static constexpr double k_mpi_copies =
        3 * (8 << 20);  // par::Comm sums 8 MiB at a time, MPI has two copies

    const MemoryQuestion& q_;
    TensorSizes sizes_;
    MemoryLedger ledger_;
    std::vector<std::vector<std::size_t>> groups_;
    std::deque<std::size_t> summing_;
    bool is_whole_ = false;  // the bucket whose gradients come in has memory
};

std::int64_t status_bytes(std::string_view key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key)) return std::stoll(line.substr(key.size())) * 1024;
    return 0;
}

constexpr std::array<std::string_view, k_memory_parts> k_names = {
    "process",          "weights",  "optimizer states",     "gradients", "activations", "logits",
    "images that wait", "transfer", "freed, not given back"};

}  // namespace

double MemoryPlan::total() const { return std::accumulate(bytes.begin(), bytes.end(), 0.0); }

MemoryPlan plan_memory(const MemoryQuestion& question) { return Update(question).plan(); }

std::string to_text(const MemoryPlan& plan) {
    std::string text;
    for (std::size_t i = 0; i < k_memory_parts; ++i)
        if (plan.bytes[i] > 0)
            text += fmt::format("  {:<22}{:>10}\n", k_names[i], core::bytes_text(plan.bytes[i]));
    return text + fmt::format("  {:<22}{:>10}\n", "per rank", core::bytes_text(plan.total()));
}

std::int64_t resident_bytes() { return status_bytes("VmRSS:"); }

std::int64_t most_resident_bytes() { return status_bytes("VmHWM:"); }

}  // namespace lvr::train
