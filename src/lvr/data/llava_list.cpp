// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/llava_list.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/data/list_entries.hpp>
#include <lvr/data/white_space.hpp>

namespace lvr::data {
namespace {

/// What Linux accepts as a path, in bytes.
constexpr std::size_t k_longest_path = 4095;

[[noreturn]] void refuse(const std::string& name, const std::string& problem) {
    throw core::input_error(name + " " + problem, "",
                            R"(a sample is {"id": ..., "image": "path" or none, "conversations": )"
                            R"([{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]})");
}

const core::Json* member(const core::Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string text_of(const core::Json& object, const char* key, const std::string& name) {
    const core::Json* value = member(object, key);
    if (value == nullptr) refuse(name, fmt::format("has a turn without `{}`", key));
    if (!value->is_string()) refuse(name, fmt::format("has a turn whose `{}` is no text", key));
    return value->get<std::string>();
}

std::string image_of(const core::Json& object, const std::string& name) {
    const core::Json* image = member(object, "image");
    if (image == nullptr || image->is_null()) return "";
    if (!image->is_string()) refuse(name, "has an `image` that is no path");
    const auto& path = image->get_ref<const std::string&>();
    if (path.empty() || path.size() > k_longest_path || path.find('\0') != std::string::npos)
        refuse(name, "has an `image` that cannot be a path");
    return path;
}

std::string id_of(const core::Json& object) {
    const core::Json* id = member(object, "id");
    if (id == nullptr || id->is_structured() || id->is_null()) return "";
    return id->is_string() ? id->get<std::string>().substr(0, 200) : id->dump();
}

std::string place_of(const std::string& file, std::int64_t sample) {
    return fmt::format("{}: sample {}", file, sample + 1);
}

LlavaSample parsed(std::string_view text, const std::string& place) {
    const core::Json object = parse_entry(text, place);
    if (!object.is_object()) refuse(place, "is no object");
    LlavaSample sample;
    const std::string id = id_of(object);
    sample.name = id.empty() ? place : fmt::format("{} (id {})", place, id);
    sample.image = image_of(object, sample.name);
    const core::Json* turns = member(object, "conversations");
    if (turns == nullptr || !turns->is_array() || turns->empty())
        refuse(sample.name, "has no list of `conversations`");
    for (const auto& turn : *turns) {
        if (!turn.is_object()) refuse(sample.name, "has a turn that is no object");
        sample.turns.push_back({text_of(turn, "from", sample.name), text_of(turn, "value", sample.name)});
    }
    return sample;
}

bool takes_turns(const LlavaSample& sample) {
    const std::size_t first = sample.turns.front().from == "human" ? 0 : 1;  // an answer in front is dropped
    for (std::size_t i = 0; i < sample.turns.size(); ++i) {
        const bool human = i >= first && (i - first) % 2 == 0;
        if (sample.turns[i].from != (human ? "human" : "gpt")) return false;
    }
    return true;
}

class Indexer {
  public:
    explicit Indexer(LlavaIndex& index) : index_(index) {}

    void take(const ListEntry& entry) {
        index_.offsets.push_back(entry.offset);
        index_.lengths.push_back(static_cast<std::int32_t>(entry.text.size()));
        std::int64_t words = 0;
        std::uint8_t image = 0, faults = 0;
        const auto add = [&](SampleFault fault) {
            faults = static_cast<std::uint8_t>(faults | 1U << static_cast<int>(fault));
        };
        try {
            const auto sample = parsed(entry.text, place_of(index_.file, index_.size() - 1));
            image = sample.has_image() ? 1 : 0;
            for (const auto& turn : sample.turns) words += count_words(turn.value);
            for (const auto fault : faults_of(sample)) add(fault);
        } catch (const core::Error&) {
            add(SampleFault::unreadable);
        }
        index_.words.push_back(static_cast<std::int32_t>(words));
        index_.images.push_back(image);
        index_.faults.push_back(faults);
    }

  private:
    LlavaIndex& index_;
};

core::Error changed(const std::string& file) {
    return core::input_error(file + " is not as long as when it was indexed", "it was written to meanwhile",
                             "start again when the file is whole");
}

std::shared_ptr<const int> opened(const std::string& file, std::int64_t bytes) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw core::input_error(fmt::format("{} cannot be opened: {}", file, std::strerror(errno)), "",
                                "the list of samples must be readable on every node");
    std::shared_ptr<const int> holder(new int(descriptor), [](const int* held) {
        ::close(*held);
        delete held;
    });
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || status.st_size != bytes) throw changed(file);
    return holder;
}

}  // namespace

std::string_view described(SampleFault fault) {
    constexpr std::array<std::string_view, k_sample_faults> k_words = {
        "not readable",    "roles that do not take turns",   "no turn of a human",
        "an empty answer", "a placeholder without an image", "an image without a placeholder",
        "an absurd length"};
    return k_words[static_cast<std::size_t>(fault)];
}

std::vector<SampleFault> faults_of(const LlavaSample& sample) {
    bool human = false, placeholder = false;
    bool empty = !sample.turns.empty() && sample.turns.back().from == "human";  // never answered
    std::size_t bytes = 0;
    for (const auto& turn : sample.turns) {
        human = human || turn.from == "human";
        empty = empty || (turn.from == "gpt" && strip(turn.value).empty());
        placeholder = placeholder || turn.value.find(k_image_mark) != std::string::npos;
        bytes += turn.value.size();
    }
    std::vector<SampleFault> faults;
    const auto check = [&](bool wrong, SampleFault fault) {
        if (wrong) faults.push_back(fault);
    };
    check(sample.turns.empty() || !takes_turns(sample), SampleFault::wrong_roles);
    check(!human, SampleFault::no_human_turn);
    check(empty, SampleFault::empty_answer);
    check(placeholder && !sample.has_image(), SampleFault::placeholder_without_image);
    check(!placeholder && sample.has_image(), SampleFault::image_without_placeholder);
    check(bytes > k_longest_talk, SampleFault::absurd_length);
    return faults;
}

std::array<std::int64_t, k_sample_faults> LlavaIndex::fault_counts() const {
    std::array<std::int64_t, k_sample_faults> counts{};
    for (const std::uint8_t bits : faults)
        for (std::size_t fault = 0; fault < counts.size(); ++fault) counts[fault] += bits >> fault & 1;
    return counts;
}

std::vector<std::int64_t> LlavaIndex::modality_lengths() const {
    std::vector<std::int64_t> signed_words(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) signed_words[i] = images[i] != 0 ? words[i] : -words[i];
    return signed_words;
}

LlavaIndex index_llava(const std::string& file) {
    LlavaIndex index;
    index.file = file;
    Indexer indexer(index);
    const auto take = [&](const ListEntry& entry) {
        if (!strip(entry.text).empty()) indexer.take(entry);
    };
    if (file.ends_with(".jsonl"))
        for_each_line(file, take);
    else
        for_each_element(file, take);
    std::error_code problem;
    const auto bytes = std::filesystem::file_size(file, problem);
    const std::int64_t end = index.size() == 0 ? 0 : index.offsets.back() + index.lengths.back();
    if (problem || static_cast<std::int64_t>(bytes) < end) throw changed(file);
    index.file_bytes = static_cast<std::int64_t>(bytes);
    return index;
}

LlavaList::LlavaList(LlavaIndex index)
    : index_(std::move(index)), file_(opened(index_.file, index_.file_bytes)) {}

LlavaSample LlavaList::read(std::int64_t sample) const {
    core::ensure(sample >= 0 && sample < index_.size(), "a sample within the list");
    const auto at = static_cast<std::size_t>(sample);
    std::string text(static_cast<std::size_t>(index_.lengths[at]), '\0');
    for (std::size_t done = 0; done < text.size();) {
        const auto place = static_cast<off_t>(index_.offsets[at] + static_cast<std::int64_t>(done));
        const ssize_t count = ::pread(*file_, text.data() + done, text.size() - done, place);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            throw core::input_error(fmt::format("{} cannot be read: {}", index_.file, std::strerror(errno)),
                                    "", "look at the file system, then start again");
        if (count == 0) throw changed(index_.file);
        done += static_cast<std::size_t>(count);
    }
    return parsed(text, place_of(index_.file, sample));
}

}  // namespace lvr::data
