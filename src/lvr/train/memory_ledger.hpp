// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include <lvr/train/memory_plan.hpp>

namespace lvr::train {

/// Memory that is taken and given back, by what it is for, and how it was when there was most of it. glibc
/// gives large tensors back to the system at once, small ones hardly ever: their room is used again, but by
/// small ones only.
class MemoryLedger {
  public:
    /// @param keeps_freed as glibc does; a GPU's caching allocator is taken to use everything again
    explicit MemoryLedger(bool keeps_freed) : keeps_freed_(keeps_freed) {}

    /// One tensor of so many bytes.
    void add(MemoryPart part, double bytes);
    void remove(MemoryPart part, double bytes);
    void add_all(MemoryPart part, const std::vector<double>& tensors);
    void remove_all(MemoryPart part, const std::vector<double>& tensors);

    const MemoryPlan& most() const { return most_; }

  private:
    bool is_small(MemoryPart part, double bytes) const;
    void change(MemoryPart part, double bytes, bool is_small);

    bool keeps_freed_;
    MemoryPlan now_, most_;
    std::array<double, k_memory_parts> small_ = {}, most_small_ = {};
};

}  // namespace lvr::train
