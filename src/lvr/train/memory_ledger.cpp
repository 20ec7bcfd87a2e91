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

void MemoryLedger::add(MemoryPart part, double bytes) {
    at(now_, part) += bytes;
    if (is_small(part, bytes)) {
        small_ += bytes;
        most_small_ = std::max(most_small_, small_);
    }
    at(now_, MemoryPart::freed) = keeps_freed_ ? most_small_ - small_ : 0;
    if (now_.total() > most_.total()) most_ = now_;
}

void MemoryLedger::remove(MemoryPart part, double bytes) {
    at(now_, part) -= bytes;
    if (is_small(part, bytes)) small_ -= bytes;
    at(now_, MemoryPart::freed) = keeps_freed_ ? most_small_ - small_ : 0;
}

void MemoryLedger::add_all(MemoryPart part, const std::vector<double>& tensors) {
    for (const double bytes : tensors) add(part, bytes);
}

void MemoryLedger::remove_all(MemoryPart part, const std::vector<double>& tensors) {
    for (const double bytes : tensors) remove(part, bytes);
}

}  // namespace lvr::train
