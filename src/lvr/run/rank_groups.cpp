// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/rank_groups.hpp>

#include <fmt/format.h>
#include <boost/serialization/vector.hpp>

#include <algorithm>
#include <numeric>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/par/work_queue.hpp>

namespace lvr::run {
namespace {

void check(const par::Comm& world, std::int64_t ranks_per_group) {
    const auto ranks = world.size();
    if (ranks_per_group >= 1 && ranks % ranks_per_group == 0) return;
    throw core::usage_error(
        fmt::format("{} ranks cannot be split into groups of {}", ranks, ranks_per_group), "",
        fmt::format("start a multiple of {} ranks", std::max<std::int64_t>(1, ranks_per_group)));
}

constexpr std::int64_t k_no_more = -1;

/// One group's way through the work.
class Worker {
  public:
    using Body = std::function<void(const par::Comm&, std::int64_t)>;
    Worker(const par::Comm& group, par::WorkQueue* queue, const Body& body)
        : group_(group), queue_(queue), body_(body) {}

    std::vector<ItemOutcome> work() {
        std::vector<ItemOutcome> outcomes;
        for (auto item = next(); item != k_no_more; item = next()) {
            outcomes.push_back(done(item));
            const auto& failure = outcomes.back().failure;
            if (failure.failed && static_cast<core::ErrorKind>(failure.kind) == core::ErrorKind::interrupted)
                break;
        }
        return group_.rank() == 0 ? outcomes : std::vector<ItemOutcome>();
    }

  private:
    std::int64_t next() const {
        std::int64_t item = queue_ != nullptr ? queue_->next().value_or(k_no_more) : 0;
        group_.broadcast(item);
        return item;
    }

    ItemOutcome done(std::int64_t item) const {
        ItemOutcome outcome{.item = item, .failure = {}};
        try {
            par::together(group_, [&] { body_(group_, item); });
        } catch (const par::CollectiveError& error) {
            outcome.failure = {true, static_cast<int>(error.kind()), error.what()};
            if (queue_ != nullptr) core::error("{}", error.what());
            if (queue_ != nullptr && error.kind() == core::ErrorKind::interrupted) queue_->stop();
        }
        return outcome;
    }

    const par::Comm& group_;
    par::WorkQueue* queue_;  // of those who take for their group
    const Body& body_;
};

}  // namespace

std::vector<ItemOutcome> for_each_in_groups(const par::Comm& world, std::int64_t ranks_per_group,
                                            std::int64_t items, const Worker::Body& body) {
    check(world, ranks_per_group);
    const auto group = world.split(static_cast<int>(world.rank() / ranks_per_group), world.rank());
    const auto leaders = world.split(group.rank() == 0 ? 0 : 1, world.rank());
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(items));
    std::iota(numbers.begin(), numbers.end(), 0);
    par::WorkQueue all_done(world, {});  // who is done sleeps in it, where a barrier would eat the core
    std::vector<ItemOutcome> mine;
    if (group.rank() == 0) {
        par::WorkQueue queue(leaders, numbers);
        mine = Worker(group, &queue, body).work();
    } else {
        mine = Worker(group, nullptr, body).work();
    }
    all_done.finish();
    std::vector<ItemOutcome> outcomes;
    for (const auto& theirs : world.all_gather(mine))
        outcomes.insert(outcomes.end(), theirs.begin(), theirs.end());
    std::ranges::sort(outcomes, {}, &ItemOutcome::item);
    return outcomes;
}

}  // namespace lvr::run
