// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/vqa_answer.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>

#include <lvr/data/unicode_text.hpp>
#include <lvr/data/white_space.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

struct Replacement {
    std::string_view word, with;
};

constexpr Replacement k_numbers[] = {
    {"none", "0"}, {"zero", "0"}, {"one", "1"},   {"two", "2"},   {"three", "3"}, {"four", "4"},
    {"five", "5"}, {"six", "6"},  {"seven", "7"}, {"eight", "8"}, {"nine", "9"},  {"ten", "10"},
};
constexpr std::string_view k_articles[] = {"a", "an", "the"};
/// Without those that the steps before never leave: with capitals, or with "'s" inside.
constexpr Replacement k_contractions[] = {
    {"aint", "ain't"},
    {"arent", "aren't"},
    {"cant", "can't"},
    {"couldve", "could've"},
    {"couldnt", "couldn't"},
    {"couldn'tve", "couldn't've"},
    {"couldnt've", "couldn't've"},
    {"didnt", "didn't"},
    {"doesnt", "doesn't"},
    {"dont", "don't"},
    {"hadnt", "hadn't"},
    {"hadnt've", "hadn't've"},
    {"hadn'tve", "hadn't've"},
    {"hasnt", "hasn't"},
    {"havent", "haven't"},
    {"hed", "he'd"},
    {"hed've", "he'd've"},
    {"he'dve", "he'd've"},
    {"hes", "he's"},
    {"howd", "how'd"},
    {"howll", "how'll"},
    {"hows", "how's"},
    {"isnt", "isn't"},
    {"itd", "it'd"},
    {"itd've", "it'd've"},
    {"it'dve", "it'd've"},
    {"itll", "it'll"},
    {"maam", "ma'am"},
    {"mightnt", "mightn't"},
    {"mightnt've", "mightn't've"},
    {"mightn'tve", "mightn't've"},
    {"mightve", "might've"},
    {"mustnt", "mustn't"},
    {"mustve", "must've"},
    {"neednt", "needn't"},
    {"notve", "not've"},
    {"oclock", "o'clock"},
    {"oughtnt", "oughtn't"},
    {"'ow'sat", "'ow's'at"},
    {"'ows'at", "'ow's'at"},
    {"ow's'at", "'ow's'at"},
    {"shant", "shan't"},
    {"shed've", "she'd've"},
    {"she'dve", "she'd've"},
    {"shouldve", "should've"},
    {"shouldnt", "shouldn't"},
    {"shouldnt've", "shouldn't've"},
    {"shouldn'tve", "shouldn't've"},
    {"somebody'd", "somebodyd"},
    {"somebodyd've", "somebody'd've"},
    {"somebody'dve", "somebody'd've"},
    {"somebodyll", "somebody'll"},
    {"somebodys", "somebody's"},
    {"someoned", "someone'd"},
    {"someoned've", "someone'd've"},
    {"someone'dve", "someone'd've"},
    {"someonell", "someone'll"},
    {"someones", "someone's"},
    {"somethingd", "something'd"},
    {"somethingd've", "something'd've"},
    {"something'dve", "something'd've"},
    {"somethingll", "something'll"},
    {"thats", "that's"},
    {"thered", "there'd"},
    {"thered've", "there'd've"},
    {"there'dve", "there'd've"},
    {"therere", "there're"},
    {"theres", "there's"},
    {"theyd", "they'd"},
    {"theyd've", "they'd've"},
    {"they'dve", "they'd've"},
    {"theyll", "they'll"},
    {"theyre", "they're"},
    {"theyve", "they've"},
    {"twas", "'twas"},
    {"wasnt", "wasn't"},
    {"wed've", "we'd've"},
    {"we'dve", "we'd've"},
    {"weve", "we've"},
    {"werent", "weren't"},
    {"whatll", "what'll"},
    {"whatre", "what're"},
    {"whats", "what's"},
    {"whatve", "what've"},
    {"whens", "when's"},
    {"whered", "where'd"},
    {"wheres", "where's"},
    {"whereve", "where've"},
    {"whod", "who'd"},
    {"whod've", "who'd've"},
    {"who'dve", "who'd've"},
    {"wholl", "who'll"},
    {"whos", "who's"},
    {"whove", "who've"},
    {"whyll", "why'll"},
    {"whyre", "why're"},
    {"whys", "why's"},
    {"wont", "won't"},
    {"wouldve", "would've"},
    {"wouldnt", "wouldn't"},
    {"wouldnt've", "wouldn't've"},
    {"wouldn'tve", "wouldn't've"},
    {"yall", "y'all"},
    {"yall'll", "y'all'll"},
    {"y'allll", "y'all'll"},
    {"yall'd've", "y'all'd've"},
    {"y'alld've", "y'all'd've"},
    {"y'all'dve", "y'all'd've"},
    {"youd", "you'd"},
    {"youd've", "you'd've"},
    {"you'dve", "you'd've"},
    {"youll", "you'll"},
    {"youre", "you're"},
    {"youve", "you've"},
};

/// What a word becomes; an article: "".
const std::unordered_map<std::string_view, std::string_view>& replacements() {
    static const auto table = [] {
        std::unordered_map<std::string_view, std::string_view> words;
        for (const auto& number : k_numbers) words.emplace(number.word, number.with);
        for (const auto& article : k_articles) words.emplace(article, "");
        for (const auto& contraction : k_contractions) words.emplace(contraction.word, contraction.with);
        return words;
    }();
    return table;
}

constexpr std::size_t k_longest_word = [] {
    std::size_t longest = 0;
    for (const auto& contraction : k_contractions) longest = std::max(longest, contraction.word.size());
    return longest;
}();

using ByteSet = std::array<bool, 256>;

constexpr ByteSet set_of(std::string_view letters) {
    ByteSet set{};
    for (const char letter : letters) set[static_cast<unsigned char>(letter)] = true;
    return set;
}

constexpr ByteSet k_punctuation = set_of(";/[]\"{}()=+\\_-><@`!");
constexpr ByteSet k_space = set_of(" \t\n\v\f\r\x1c\x1d\x1e\x1f");

bool is_in(const ByteSet& set, char letter) { return set[static_cast<unsigned char>(letter)]; }

bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char letter) { return (letter & 0x80) != 0; });
}

/// Lower case, no ',' and '?', "'s" a word of its own, spaces for tabs and line ends.
std::string prepared(std::string_view text, bool ascii) {
    std::string lowered;
    if (!ascii) text = lowered = python::lower(text);
    std::string out;
    out.reserve(text.size() + 8);
    for (char letter : text) {
        if (letter == ',' || letter == '?') continue;
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
        if (letter == 's' && !out.empty() && out.back() == '\'') {
            out.back() = ' ';
            out += '\'';
        }
        out += letter;
    }
    const std::string_view stripped = data::strip(out);
    const auto before = static_cast<std::size_t>(stripped.data() - out.data());
    out.resize(before + stripped.size());
    out.erase(0, before);
    std::replace_if(
        out.begin(), out.end(), [](char letter) { return letter == '\n' || letter == '\t'; }, ' ');
    return out;
}

/// A mark that somewhere stands beside a space goes everywhere; any other becomes a space.
void punctuate(std::string& text) {
    ByteSet beside_space{};
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == ' ') beside_space[static_cast<unsigned char>(text[i - 1])] = true;
        if (text[i - 1] == ' ') beside_space[static_cast<unsigned char>(text[i])] = true;
    }
    std::size_t end = 0;
    for (const char letter : text) {
        if (!is_in(k_punctuation, letter)) {
            text[end++] = letter;
        } else if (!is_in(beside_space, letter)) {
            text[end++] = ' ';
        }
    }
    text.resize(end);
}

bool digit_in_front(std::string_view text) {
    if (text.empty()) return false;
    if ((text.front() & 0x80) == 0) return text.front() >= '0' && text.front() <= '9';
    return python::is_decimal(data::first_code_point(text).value);
}

void drop_periods(std::string& text) {
    constexpr int k_most = 32;  // the reference hands a flag over as the count
    std::size_t end = 0;
    int dropped = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.' && dropped < k_most && !digit_in_front(std::string_view(text).substr(i + 1))) {
            ++dropped;
        } else {
            text[end++] = text[i];
        }
    }
    text.resize(end);
}

void append_word(std::string& out, std::string_view word) {
    if (word.size() <= k_longest_word) {
        const auto& table = replacements();
        if (const auto found = table.find(word); found != table.end()) word = found->second;
        if (word.empty()) return;
    }
    if (!out.empty()) out += ' ';
    out += word;
}

std::string joined_words(std::string_view text, bool ascii) {
    std::string out;
    out.reserve(text.size() + 8);
    if (!ascii) {
        for (const auto word : data::split(text)) append_word(out, word);
        return out;
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t begin = at;
        while (at < text.size() && !is_in(k_space, text[at])) ++at;
        if (at > begin) append_word(out, text.substr(begin, at - begin));
    }
    return out;
}

}  // namespace

std::string normalised_answer(std::string_view text) {
    const bool ascii = is_ascii(text);
    std::string working = prepared(text, ascii);
    punctuate(working);
    drop_periods(working);
    return joined_words(working, ascii);
}

double soft_accuracy(std::int64_t equal, std::int64_t count) {
    if (count == 0) return 0;
    const auto credit = [](std::int64_t others) {
        return static_cast<long double>(std::min(1.0, static_cast<double>(others) / 3));
    };
    // Exact in a long double but for the division, which is what Python's fractions come to.
    long double sum = static_cast<long double>(count - equal) * credit(equal);
    if (equal > 0) sum += static_cast<long double>(equal) * credit(equal - 1);
    return static_cast<double>(sum / static_cast<long double>(count));
}

}  // namespace lvr::tasks
