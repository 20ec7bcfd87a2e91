// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/metrics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/provenance.hpp>

namespace lvr::train {
namespace {

namespace fs = std::filesystem;

const std::string k_updates = "metrics.jsonl", k_timing = "timing.jsonl";

core::Json to_json(const UpdateRecord& record) {
    return {{"update", record.update},
            {"loss", core::number(record.loss)},
            {"learning_rate", core::number(record.learning_rate)},
            {"gradient_norm", core::number(record.gradient_norm)},
            {"samples", record.samples},
            {"tokens", record.tokens},
            {"labels", record.labels},
            {"bad", record.bad}};
}

core::Json to_json(const TimingRecord& record) {
    return {{"update", record.update},
            {"seconds", core::number(record.seconds)},
            {"tokens_per_second", core::number(record.tokens_per_second)},
            {"mfu", core::number(record.mfu)},
            {"data_stall", core::number(record.data_stall)},
            {"gpus", record.gpus}};
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw core::input_error(where + " " + what, "the curve of this training cannot be gone on with",
                            "restore the file from a copy, or remove it: the curve then begins anew");
}

double real(const core::Json& line, const char* name, const std::string& where) {
    const auto value = line.find(name);
    if (value == line.end() || !(value->is_number() || value->is_null()))
        fail(where, fmt::format("has no number '{}'", name));
    return value->is_null() ? std::numeric_limits<double>::quiet_NaN() : value->get<double>();
}

std::int64_t count(const core::Json& line, const char* name, const std::string& where) {
    const auto value = line.find(name);
    if (value == line.end() || !value->is_number_unsigned() ||
        value->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
        fail(where, fmt::format("has no whole number '{}'", name));
    return value->get<std::int64_t>();
}

void read(const core::Json& line, const std::string& where, UpdateRecord& record) {
    record = {.update = count(line, "update", where),
              .loss = real(line, "loss", where),
              .learning_rate = real(line, "learning_rate", where),
              .gradient_norm = real(line, "gradient_norm", where),
              .samples = count(line, "samples", where),
              .tokens = count(line, "tokens", where),
              .labels = count(line, "labels", where),
              .bad = count(line, "bad", where)};
}

void read(const core::Json& line, const std::string& where, TimingRecord& record) {
    record = {.update = count(line, "update", where),
              .seconds = real(line, "seconds", where),
              .tokens_per_second = real(line, "tokens_per_second", where),
              .mfu = real(line, "mfu", where),
              .data_stall = real(line, "data_stall", where),
              .gpus = line.contains("gpus") ? count(line, "gpus", where) : 0};
}

/// The records up to an update, and where the lines behind them begin: bytes.
template <class Record>
struct Kept {
    std::vector<Record> records;
    std::uintmax_t bytes = 0;
};

/// What lies behind the update that is asked for is not looked at.
template <class Record>
Kept<Record> read_lines(const fs::path& file, std::int64_t through) {
    Kept<Record> kept;
    if (through == 0 || !fs::exists(file)) return kept;
    const std::string text = core::read_text(file);
    std::int64_t last = 0;
    for (std::int64_t number = 1; last < through; ++number) {
        const auto end = text.find('\n', kept.bytes);
        if (end == std::string::npos) break;
        const auto where = fmt::format("{}, line {}", file.string(), number);
        const auto line =
            core::parse_json(std::string_view(text).substr(kept.bytes, end - kept.bytes), where);
        if (!line.is_object()) fail(where, "is no record");
        Record record;
        read(line, where, record);
        if (record.update <= last) fail(where, fmt::format("has update {} behind {}", record.update, last));
        if (record.update > through) break;
        last = record.update;
        kept.records.push_back(record);
        kept.bytes = end + 1;
    }
    return kept;
}

[[noreturn]] void fail_to_write(const fs::path& file, const std::string& reason) {
    throw core::output_error(fmt::format("{}: cannot be written ({})", file.string(), reason),
                             "the training's curve would have gaps",
                             "check that the folder is writable and the disk has room, then run it again");
}

template <class Record>
std::vector<Record> open_behind(const fs::path& file, std::int64_t through, std::ofstream& lines) {
    auto kept = read_lines<Record>(file, through);
    const auto missing = through - static_cast<std::int64_t>(kept.records.size());
    if (missing > 0)
        core::warn("{}: the lines of {} of the {} updates so far are missing; training goes on without them",
                   file.string(), missing, through);
    if (kept.bytes > 0) {
        std::error_code error;
        fs::resize_file(file, kept.bytes, error);
        if (error) fail_to_write(file, error.message());
    }
    errno = 0;
    lines.open(file, kept.bytes > 0 ? std::ios::app : std::ios::trunc);
    if (!lines) fail_to_write(file, std::strerror(errno));
    return std::move(kept.records);
}

void append(std::ofstream& lines, const fs::path& file, const core::Json& record) {
    errno = 0;
    lines << core::to_line(record) << std::flush;
    if (!lines) fail_to_write(file, errno != 0 ? std::strerror(errno) : "it could be written no further");
}

template <class Value>
std::vector<Value> column(const std::vector<UpdateRecord>& records, Value UpdateRecord::*field) {
    std::vector<Value> values;
    for (const auto& record : records) values.push_back(record.*field);
    return values;
}

}  // namespace

MetricsLog::MetricsLog(const fs::path& folder, std::int64_t keep_through) : folder_(folder) {
    core::ensure(keep_through >= 0, "metrics are kept through an update that is not there");
    files::make_folder(folder);
    updates_ = open_behind<UpdateRecord>(folder / k_updates, keep_through, update_lines_);
    open_behind<TimingRecord>(folder / k_timing, keep_through, timing_lines_);
}

void MetricsLog::add(const UpdateRecord& record) {
    append(update_lines_, folder_ / k_updates, to_json(record));
    updates_.push_back(record);
}

void MetricsLog::add(const TimingRecord& record) {
    append(timing_lines_, folder_ / k_timing, to_json(record));
}

void MetricsLog::finish(const core::Json& provenance) const {
    files::H5File::write(folder_ / "metrics.h5", [&](const files::H5Group& root) {
        root.write_attribute("schema", std::string("lvr.metrics"));
        root.write_attribute("version", std::int64_t{1});
        files::write_provenance(root, provenance);
        root.write("update", column(updates_, &UpdateRecord::update));
        root.write("loss", column(updates_, &UpdateRecord::loss));
        root.write("learning_rate", column(updates_, &UpdateRecord::learning_rate));
        root.write("gradient_norm", column(updates_, &UpdateRecord::gradient_norm));
        root.write("samples", column(updates_, &UpdateRecord::samples));
        root.write("tokens", column(updates_, &UpdateRecord::tokens));
        root.write("labels", column(updates_, &UpdateRecord::labels));
        root.write("bad", column(updates_, &UpdateRecord::bad));
    });
}

Metrics read_metrics(const fs::path& folder) {
    constexpr auto k_all = std::numeric_limits<std::int64_t>::max();
    return {read_lines<UpdateRecord>(folder / k_updates, k_all).records,
            read_lines<TimingRecord>(folder / k_timing, k_all).records};
}

double gpu_hours(const Metrics& metrics) {
    const auto has_gpus = [](const TimingRecord& record) { return record.gpus > 0; };
    if (metrics.timing.empty() || !std::ranges::all_of(metrics.timing, has_gpus)) return std::nan("");
    double seconds = 0;
    for (const auto& record : metrics.timing) seconds += record.seconds * static_cast<double>(record.gpus);
    return seconds / 3600;
}

}  // namespace lvr::train
