// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/regex.hpp>

#include <oniguruma.h>

#include <array>
#include <mutex>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

std::string message_of(int code, OnigErrorInfo* info = nullptr) {
    std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> text{};
    const int length =
        info ? onig_error_code_to_str(text.data(), code, info) : onig_error_code_to_str(text.data(), code);
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

const OnigUChar* bytes_of(std::string_view text) { return reinterpret_cast<const OnigUChar*>(text.data()); }

}  // namespace

Regex::Regex(const std::string& pattern, std::string what) : what_(std::move(what)) {
    static std::mutex compiling;  // onig_new sets up tables of the library
    const std::lock_guard lock(compiling);
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
    OnigRegex compiled = nullptr;
    OnigErrorInfo info{};
    const OnigUChar* begin = bytes_of(pattern);
    const int code = onig_new(&compiled, begin, begin + pattern.size(), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                              ONIG_SYNTAX_RUBY, &info);
    if (code != ONIG_NORMAL) {
        throw core::input_error(what_ + " is no regular expression: " + message_of(code, &info), "",
                                "restore the file from a copy");
    }
    pattern_ = std::shared_ptr<void>(compiled, [](void* owned) { onig_free(static_cast<OnigRegex>(owned)); });
}

void Regex::find_all(std::string_view text, std::vector<Match>& matches) const {
    const std::unique_ptr<OnigRegion, void (*)(OnigRegion*)> region(
        onig_region_new(), [](OnigRegion* owned) { onig_region_free(owned, 1); });
    const OnigUChar* begin = bytes_of(text);
    const OnigUChar* end = begin + text.size();
    std::size_t at = 0;
    bool any = false;
    while (at <= text.size()) {
        const int found = onig_search(static_cast<OnigRegex>(pattern_.get()), begin, end, begin + at, end,
                                      region.get(), ONIG_OPTION_NONE);
        if (found == ONIG_MISMATCH) return;
        if (found < 0) {
            throw core::input_error(what_ + ": the search failed: " + message_of(found), "",
                                    "shorten the text, or leave the sample out");
        }
        const Match match{static_cast<std::size_t>(region->beg[0]), static_cast<std::size_t>(region->end[0])};
        const bool repeats = match.begin == match.end && any && matches.back().end == match.end;
        if (!repeats) matches.push_back(match);
        any = any || !repeats;
        at = match.end;
        if (match.begin == match.end) {  // an empty match: one character further
            if (at >= text.size()) return;
            at += first_code_point(text.substr(at)).length;
        }
    }
}

}  // namespace lvr::data
