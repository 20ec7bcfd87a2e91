// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/answers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/part_schema.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/shard_manifest.hpp>

namespace lvr::files {
namespace {

constexpr PartSchema k_schema = {"lvr.answers", 1, "no score can be computed of it",
                                 "remove it and run the evaluation again: it makes what is missing"};

std::string without_nul(std::string text) {
    for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
        text.replace(at, 1, "\xEF\xBF\xBD");
    return text;
}

template <class Value, class Take>
std::vector<Value> column(const std::vector<AnswerRecord>& records, Take take) {
    std::vector<Value> values;
    std::ranges::transform(records, std::back_inserter(values), take);
    return values;
}

/// Counts that say how a list is cut.
bool fits(const std::vector<std::int64_t>& counts, std::size_t total) {
    std::uint64_t sum = 0;
    for (const auto count : counts) {
        if (count < 0 || static_cast<std::uint64_t>(count) > total) return false;
        sum += static_cast<std::uint64_t>(count);
    }
    return sum == total;
}

}  // namespace

void write_answers_part(const std::filesystem::path& file, const Answers& answers) {
    using Integers = std::vector<std::int64_t>;
    const auto& all = answers.records;
    Integers ids;
    for (const auto& one : all) ids.insert(ids.end(), one.ids.begin(), one.ids.end());
    const auto integers = [&](auto take) { return column<std::int64_t>(all, take); };
    const auto texts = [&](auto take) { return column<std::string>(all, take); };
    H5File::write(file, [&](const H5Group& root) {
        write_schema(root, k_schema);
        write_provenance(root, answers.provenance);
        root.write("row", integers([](const auto& one) { return one.row; }));
        root.write("answer", texts([](const auto& one) { return without_nul(one.answer); }));
        root.write("ended", integers([](const auto& one) { return one.ended ? 1 : 0; }));
        root.write("prompt_tokens", integers([](const auto& one) { return one.prompt_tokens; }));
        root.write("token_count", integers([](const auto& one) { return std::ssize(one.ids); }));
        root.write("token_id", ids);
        root.write("image", texts([](const auto& one) { return one.image; }));
        root.write("problem", texts([](const auto& one) { return without_nul(one.problem); }));
    });
}

Answers read_answers_part(const std::filesystem::path& file) {
    const CrashMessage crash(file.string());
    const H5Group root = H5File::open(file);
    expect_schema(root, k_schema);
    const auto rows = root.integers("row"), ended = root.integers("ended"),
               counts = root.integers("token_count"), prompts = root.integers("prompt_tokens"),
               ids = root.integers("token_id");
    auto texts = root.texts("answer"), images = root.texts("image"), problems = root.texts("problem");
    const auto size = rows.size();
    for (const auto length :
         {ended.size(), counts.size(), prompts.size(), texts.size(), images.size(), problems.size()}) {
        if (length != size) refuse_part(file, "its columns differ in length", k_schema);
    }
    if (!fits(counts, ids.size()))
        refuse_part(file, "token_count does not say how token_id is cut", k_schema);
    Answers answers{.provenance = read_provenance(root)};
    auto next = ids.begin();
    for (std::size_t i = 0; i < size; ++i) {
        if (rows[i] < 0 || prompts[i] < 0) refuse_part(file, "has a negative row or length", k_schema);
        AnswerRecord one{rows[i], std::move(texts[i]), ended[i] != 0, prompts[i], {next, next + counts[i]}};
        one.image = std::move(images[i]);
        one.problem = std::move(problems[i]);
        next += counts[i];
        answers.records.push_back(std::move(one));
    }
    return answers;
}

Answers read_answers(const std::filesystem::path& folder) {
    Answers all;
    for_each_part(folder, k_schema, [&](const std::filesystem::path& file, std::int64_t shard, std::int64_t) {
        auto part = read_answers_part(file);
        expect_of_folder(file, part.provenance, k_schema);
        if (shard == 0) all.provenance = std::move(part.provenance);
        const auto count = std::ssize(part.records);
        std::ranges::move(part.records, std::back_inserter(all.records));
        return count;
    });
    return all;
}

}  // namespace lvr::files
