// SPDX-License-Identifier: Apache-2.0
#include "memory_ledger.hpp"

#include <algorithm>

namespace lvr::train {
namespace {

constexpr double k_glibc_largest = 32 << 20;  // DEFAULT_MMAP_THRESHOLD_MAX, which its threshold soon reaches

double& at(MemoryPlan& plan, MemoryPart part) { return plan.bytes[static_cast<std::size_t>(part)]; }

}  // namespace

bool MemoryLedger::is_small(MemoryPart part, double bytes) const {
    return keeps_freed_ && part != MemoryPart::process && bytes < k_glibc_largest;
}

void MemoryLedger::change(MemoryPart part, double bytes, bool is_small) {
    at(now_, part) += bytes;
    if (!is_small) return;
    auto& small = small_[static_cast<std::size_t>(part)];
    auto& most = most_small_[static_cast<std::size_t>(part)];
    const double freed = most - small;
    small += bytes;
    most = std::max(most, small);
    at(now_, MemoryPart::freed) += most - small - freed;
}

void MemoryLedger::add(MemoryPart part, double bytes) {
    change(part, bytes, is_small(part, bytes));
    if (now_.total() > most_.total()) most_ = now_;
}

void MemoryLedger::remove(MemoryPart part, double bytes) { change(part, -bytes, is_small(part, bytes)); }

void MemoryLedger::add_all(MemoryPart part, const std::vector<double>& tensors) {
    for (const double bytes : tensors) add(part, bytes);
}

void MemoryLedger::remove_all(MemoryPart part, const std::vector<double>& tensors) {
    for (const double bytes : tensors) remove(part, bytes);
}

}  // namespace lvr::train
