// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/checkpoint.hpp>

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/par/together.hpp>
#include <lvr/weights/checkpoint.hpp>
#include <lvr/weights/safetensors_write.hpp>

namespace lvr::train {
namespace {

namespace fs = std::filesystem;
using core::Json;

const std::string k_prefix = "checkpoint-", k_unfinished = ".unfinished";
constexpr const char* k_schema = "lvr.training";

std::string name_of(std::int64_t updates) { return fmt::format("{}{:08}", k_prefix, updates); }
std::string part_name(int rank, int ranks) {
    return fmt::format("part-{:05}-of-{:05}.safetensors", rank, ranks);
}

/// The number of updates in a checkpoint's name; -1 if it is not the name of one.
std::int64_t updates_in(const std::string& name) {
    if (!name.starts_with(k_prefix)) return -1;
    std::int64_t updates = -1;
    const char* const last = name.data() + name.size();
    const auto [end, code] = std::from_chars(name.data() + k_prefix.size(), last, updates);
    return code == std::errc() && end == last && name == name_of(updates) ? updates : -1;
}

/// By their updates.
std::map<std::int64_t, fs::path> checkpoints_in(const fs::path& folder) {
    std::map<std::int64_t, fs::path> found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const auto updates = updates_in(entry->path().filename().string());
        if (updates >= 0) found[updates] = entry->path();
    }
    return found;
}

Json layout_of(const std::vector<Bucket>& buckets) {
    Json layout = Json::array();
    for (const auto& bucket : buckets) {
        Json slots = Json::array();
        for (const auto& slot : bucket.slots)
            slots.push_back({slot.name, slot.offset, slot.parameter.numel()});
        layout.push_back({{"length", bucket.length()}, {"parameters", slots}});
    }
    return layout;
}

/// What rank `rank` of `ranks` keeps of a bucket.
struct Range {
    std::int64_t begin, end;
};
Range part_of(std::int64_t length, int rank, int ranks) {
    return {length / ranks * rank, length / ranks * (rank + 1)};
}

weights::NamedTensors own_tensors(const ShardedOptimizer& optimizer, int rank, int ranks) {
    weights::NamedTensors tensors;
    for (std::size_t b = 0; b < optimizer.buckets().size(); ++b) {
        const auto [begin, end] = part_of(optimizer.buckets()[b].length(), rank, ranks);
        const auto from = begin - optimizer.shard_begin(b);
        const auto& shard = optimizer.shards()[b];
        tensors[fmt::format("{}.master", b)] = shard.master.narrow(0, from, end - begin);
        tensors[fmt::format("{}.first_moment", b)] = shard.first_moment.narrow(0, from, end - begin);
        tensors[fmt::format("{}.second_moment", b)] = shard.second_moment.narrow(0, from, end - begin);
    }
    return tensors;
}

void discard(const fs::path& checkpoint) {
    std::error_code code;
    fs::remove_all(checkpoint, code);
    if (code) core::warn("{}: cannot be removed ({})", checkpoint.string(), code.message());
}

/// Keeps `fresh` and the newest of the others.
void remove_old(const fs::path& folder, std::int64_t keep, const fs::path& fresh) {
    auto all = checkpoints_in(folder);
    auto left = static_cast<std::int64_t>(all.size());
    for (const auto& [updates, checkpoint] : all) {
        if (keep <= 0 || left <= keep) return;
        if (checkpoint == fresh) continue;
        discard(checkpoint);
        --left;
    }
}

/// What killed runs left half-written.
void remove_unfinished(const fs::path& folder) {
    std::error_code code;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
        if (const auto name = entry->path().filename().string();
            name.starts_with("." + k_prefix) && name.ends_with(k_unfinished))
            found.push_back(entry->path());
    for (const auto& one : found) discard(one);
}

void put_in_place(const fs::path& temporary, const fs::path& target) {
    std::error_code code;
    const auto move = [&](const fs::path& from, const fs::path& to) {
        fs::rename(from, to, code);
        if (!code) return;
        throw core::output_error(target.string() + ": cannot be written (" + code.message() + ")",
                                 "the state of training is not kept", "check the folder and its disk");
    };
    // One of the same name is of an earlier run that was started again from before it.
    fs::path aside = temporary;
    aside.replace_extension(".old" + k_unfinished);
    const bool is_there = fs::exists(target, code);
    if (is_there) move(target, aside);
    move(temporary, target);
    files::sync_folder(target.parent_path());
    if (is_there) discard(aside);
}

[[noreturn]] void refuse(const std::string& problem) {
    throw core::input_error(
        problem, "training cannot go on from it",
        "if it was damaged, remove this checkpoint: training goes on from the one before, or "
        "begins anew; else name another output folder");
}

[[noreturn]] void refuse(const fs::path& file, const std::string& problem) {
    refuse(file.string() + ": " + problem);
}

/// What state.json says, checked against what the optimizer has.
struct Saved {
    Json state;
    std::int64_t updates = 0;
    int ranks = 1;
    std::vector<std::int64_t> lengths;
};

/// state.json, with all members that it must have.
Json whole_state(const fs::path& file) {
    Json json = core::parse_json(core::read_text(file), file.string());
    const auto has = [&](const char* key, bool (Json::*is)() const noexcept) {
        return json.is_object() && json.contains(key) && (json.at(key).*is)();
    };
    if (!has("schema", &Json::is_string) || json.at("schema") != k_schema)
        refuse(file, "is not a training state");
    if (!has("version", &Json::is_number_integer) || json.at("version") != 1)
        refuse(file, "is of another version than 1");
    if (!has("updates", &Json::is_number_integer) || !has("ranks", &Json::is_number_integer) ||
        !has("buckets", &Json::is_array) || !json.contains("state"))
        refuse(file, "is damaged");
    if (json.at("updates") != updates_in(file.parent_path().filename().string()))
        refuse(file, "is of another update than its folder's name says");
    return json;
}

/// A part or state that cannot be read is one thing for the user: a damaged checkpoint.
template <class Read>
auto readable(Read read) {
    try {
        return read();
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) throw;
        const std::string what = error.what();
        refuse(what.substr(0, what.find('\n')));
    }
}

Saved read_state(const fs::path& file, const ShardedOptimizer& optimizer) {
    const Json json = whole_state(file);
    Saved saved{json.at("state"), json.at("updates").get<std::int64_t>(), json.at("ranks").get<int>(), {}};
    const Json& theirs = json.at("buckets");
    const Json ours = layout_of(optimizer.buckets());
    bool is_alike = theirs.size() == ours.size() && saved.ranks > 0 && saved.updates >= 0;
    for (std::size_t b = 0; is_alike && b < ours.size(); ++b) {
        is_alike = theirs[b].is_object() && theirs[b].contains("parameters") &&
                   theirs[b].contains("length") && theirs[b].at("length").is_number_integer() &&
                   theirs[b].at("parameters") == ours[b].at("parameters");
        if (!is_alike) break;
        const auto& last = optimizer.buckets()[b].slots.back();
        const auto length = theirs[b].at("length").get<std::int64_t>();
        is_alike = length >= last.offset + last.parameter.numel() && length % saved.ranks == 0;
        saved.lengths.push_back(length);
    }
    if (!is_alike) refuse(file, "is of other parameters, or of other buckets");
    return saved;
}

/// Copies what the parts hold of [begin, begin + shard's length) of a bucket; what is behind them is padding.
class PartReader {
  public:
    PartReader(fs::path folder, const Saved& saved) : folder_(std::move(folder)), saved_(saved) {}

    void read(std::size_t bucket, std::int64_t begin, const char* what, const at::Tensor& shard) {
        shard.zero_();
        const auto end = begin + shard.numel();
        for (int rank = 0; rank < saved_.ranks; ++rank) {
            const auto part = part_of(saved_.lengths[bucket], rank, saved_.ranks);
            const auto from = std::max(begin, part.begin), to = std::min(end, part.end);
            if (from >= to) continue;
            const auto values = tensor(rank, fmt::format("{}.{}", bucket, what), part.end - part.begin);
            shard.narrow(0, from - begin, to - from).copy_(values.narrow(0, from - part.begin, to - from));
        }
    }

  private:
    at::Tensor tensor(int rank, const std::string& name, std::int64_t length) {
        const fs::path file = folder_ / part_name(rank, saved_.ranks);
        auto found = open_.find(rank);
        if (found == open_.end()) found = open_.emplace(rank, weights::Checkpoint::open(file)).first;
        const auto& tensors = found->second.tensors();
        const auto info = tensors.find(name);
        if (info == tensors.end() || info->second.dtype != at::kFloat ||
            info->second.shape != std::vector<std::int64_t>{length})
            refuse(file, "has no " + name + " of " + std::to_string(length) + " float32 numbers");
        auto tensor = found->second.read(name);
        if (!at::isfinite(tensor).all().item<bool>())
            refuse(file, "has numbers in " + name + " that are not finite");
        return tensor;
    }

    fs::path folder_;
    const Saved& saved_;
    std::map<int, weights::Checkpoint> open_;
};

}  // namespace

fs::path write_checkpoint(const fs::path& folder, const ShardedOptimizer& optimizer,
                          const comm::TensorComm& comm, const Json& state, std::int64_t keep) {
    const auto& group = comm.group();
    const fs::path target = folder / name_of(optimizer.updates());
    const fs::path temporary = folder / ("." + name_of(optimizer.updates()) + k_unfinished);
    const bool is_root = comm.rank() == 0;
    try {
        par::together(group, [&] {
            if (!is_root) return;
            remove_unfinished(folder);
            files::make_folder(temporary);
        });
        par::together(group, [&] {
            weights::write_safetensors(temporary / part_name(comm.rank(), comm.size()),
                                       own_tensors(optimizer, comm.rank(), comm.size()));
        });
        par::together(group, [&] {
            if (!is_root) return;
            files::write_text(temporary / "state.json",
                              core::to_text({{"schema", k_schema},
                                             {"version", 1},
                                             {"updates", optimizer.updates()},
                                             {"ranks", comm.size()},
                                             {"buckets", layout_of(optimizer.buckets())},
                                             {"state", state}}) +
                                  "\n");
            put_in_place(temporary, target);
            remove_old(folder, keep, target);
        });
    } catch (...) {
        std::error_code ignored;
        if (is_root) fs::remove_all(temporary, ignored);
        throw;
    }
    return target;
}

std::optional<fs::path> newest_checkpoint(const fs::path& folder) {
    const auto all = checkpoints_in(folder);
    return all.empty() ? std::nullopt : std::optional(all.rbegin()->second);
}

void remove_checkpoints(const fs::path& folder) {
    for (const auto& [updates, checkpoint] : checkpoints_in(folder)) discard(checkpoint);
    remove_unfinished(folder);
}

Json checkpoint_state(const fs::path& checkpoint) {
    return readable([&] { return Json(whole_state(checkpoint / "state.json").at("state")); });
}

Json read_checkpoint(const fs::path& checkpoint, ShardedOptimizer& optimizer, const comm::TensorComm& comm) {
    const Saved saved = par::together(comm.group(), [&] {
        return readable([&] {
            auto read = read_state(checkpoint / "state.json", optimizer);
            PartReader parts(checkpoint, read);
            for (std::size_t b = 0; b < optimizer.buckets().size(); ++b) {
                const auto& shard = optimizer.shards()[b];
                parts.read(b, optimizer.shard_begin(b), "master", shard.master);
                parts.read(b, optimizer.shard_begin(b), "first_moment", shard.first_moment);
                parts.read(b, optimizer.shard_begin(b), "second_moment", shard.second_moment);
            }
            return read;
        });
    });
    optimizer.restored(saved.updates);
    return saved.state;
}

}  // namespace lvr::train
