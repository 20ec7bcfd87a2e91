// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/text_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include <lvr/core/display_width.hpp>

namespace lvr::core {
namespace {

const std::string k_undefined = "–";

std::string padded(const std::string& text, std::size_t width, bool left) {
    const std::string blank(width - std::min(width, display_width(text)), ' ');
    return left ? text + blank : blank + text;
}

std::vector<std::size_t> widths_of(const TextTable& table) {
    std::vector<std::size_t> widths;
    for (const auto& name : table.header) widths.push_back(display_width(name));
    for (const auto& row : table.rows) {
        for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], display_width(row[j]));
    }
    return widths;
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t j = 0; j < cells.size(); ++j)
        line += (j > 0 ? "  " : "") + padded(cells[j], widths[j], j == 0);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

template <class Escape>
std::string joined(const std::vector<std::string>& cells, const char* between, Escape escape) {
    std::string line;
    for (std::size_t j = 0; j < cells.size(); ++j) line += (j > 0 ? between : "") + escape(cells[j]);
    return line;
}

std::string replaced(const std::string& text, const std::vector<std::pair<char, const char*>>& map) {
    std::string out;
    for (const char letter : text) {
        const auto found =
            std::find_if(map.begin(), map.end(), [&](const auto& item) { return item.first == letter; });
        out += found == map.end() ? std::string(1, letter) : found->second;
    }
    return out;
}

std::string latex_text(const std::string& text) {
    std::string out = replaced(text, {{'_', "\\_"},
                                      {'%', "\\%"},
                                      {'&', "\\&"},
                                      {'#', "\\#"},
                                      {'$', "\\$"},
                                      {'{', "\\{"},
                                      {'}', "\\}"},
                                      {'~', "\\textasciitilde{}"},
                                      {'^', "\\textasciicircum{}"},
                                      {'\\', "\\textbackslash{}"},
                                      {'<', "\\textless{}"},
                                      {'>', "\\textgreater{}"},
                                      {'|', "\\textbar{}"},
                                      {'"', "''"},
                                      {'[', "{[}"},
                                      {'\n', " "},
                                      {'\r', " "}});
    for (const auto& [symbol, command] : {std::pair{"²", "$^2$"},
                                          {"×", "$\\times$"},
                                          {"–", "--"},
                                          {"τ", "$\\tau$"},
                                          {"α", "$\\alpha$"},
                                          {"≤", "$\\le$"}}) {
        for (auto at = out.find(symbol); at != std::string::npos; at = out.find(symbol)) {
            out.replace(at, std::string(symbol).size(), command);
        }
    }
    return out;
}

/// The same for a cell: a leading minus before a digit is a minus sign, not a hyphen.
std::string latex_cell(const std::string& text) {
    const bool negative =
        text.size() > 1 && text[0] == '-' && std::isdigit(static_cast<unsigned char>(text[1])) != 0;
    return negative ? "$-$" + latex_text(text.substr(1)) : latex_text(text);
}

/// Characters that would start markup, a cell or an HTML tag.
std::string markdown_text(const std::string& text) {
    return replaced(text, {{'|', "\\|"},
                           {'_', "\\_"},
                           {'*', "\\*"},
                           {'`', "\\`"},
                           {'\\', "\\\\"},
                           {'[', "\\["},
                           {']', "\\]"},
                           {'~', "\\~"},
                           {'<', "&lt;"},
                           {'>', "&gt;"},
                           {'&', "&amp;"},
                           {'\n', " "},
                           {'\r', " "}});
}

std::string csv_text(const std::string& text) {
    if (text == k_undefined) return "";
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    return '"' + replaced(text, {{'"', "\"\""}}) + '"';
}

bool is_prose(const TextTable& table, std::size_t column) {
    return table.sentences && column + 1 == table.header.size();
}

std::string latex_columns(const TextTable& table) {
    std::string columns = "l";
    for (std::size_t j = 1; j < table.header.size(); ++j)
        columns += is_prose(table, j) ? "p{0.75\\linewidth}" : "r";
    return columns;
}

bool has_rule(const TextTable& table, std::size_t row) {
    return std::find(table.rules.begin(), table.rules.end(), row) != table.rules.end();
}

}  // namespace

std::string to_terminal(const TextTable& table) {
    const auto widths = widths_of(table);
    std::size_t total = 2 * (widths.size() - 1);
    for (const auto width : widths) total += width;
    const std::string rule = std::string(total, '-') + "\n";
    std::string out = table.title + "\n" + line_of(table.header, widths) + rule;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        if (has_rule(table, i)) out += rule;
        out += line_of(table.rows[i], widths);
    }
    return out + (table.note.empty() ? "" : table.note + "\n");
}

std::string to_markdown(const TextTable& table) {
    std::string out =
        "**" + markdown_text(table.title) + "**\n\n| " + joined(table.header, " | ", markdown_text) + " |\n|";
    for (std::size_t j = 0; j < table.header.size(); ++j)
        out += j == 0 || is_prose(table, j) ? ":---|" : "---:|";
    for (const auto& row : table.rows) out += "\n| " + joined(row, " | ", markdown_text) + " |";
    return out + "\n" + (table.note.empty() ? "" : "\n" + markdown_text(table.note) + "\n");
}

std::string to_latex(const TextTable& table) {
    std::string out = "% needs \\usepackage{booktabs}\n\\begin{table}[t]\n\\centering\n\\caption{" +
                      latex_text(table.title) + "}\n\\begin{tabular}{" + latex_columns(table) +
                      "}\n\\toprule\n" + joined(table.header, " & ", latex_text) + " \\\\\n\\midrule\n";
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        if (has_rule(table, i)) out += "\\midrule\n";
        out += joined(table.rows[i], " & ", latex_cell) + " \\\\\n";
    }
    out += "\\bottomrule\n\\end{tabular}\n";
    if (!table.note.empty()) out += "\n\\smallskip\n{\\footnotesize " + latex_text(table.note) + "}\n";
    return out + "\\end{table}\n";
}

std::string to_csv(const TextTable& table) {
    std::string out = joined(table.header, ",", csv_text) + "\n";
    for (const auto& row : table.rows) out += joined(row, ",", csv_text) + "\n";
    return out;
}

std::string cell(const std::optional<double>& value, int digits) {
    if (!value || !std::isfinite(*value)) return k_undefined;
    return std::abs(*value) < 1e6 ? fmt::format("{:.{}f}", *value, digits)
                                  : fmt::format("{:.{}e}", *value, digits);
}

std::string percent(const std::optional<double>& value, int digits) {
    return value ? cell(100 * *value, digits) : k_undefined;
}

std::string in_one_cell(std::string text) {
    std::ranges::replace_if(
        text, [](char letter) { return letter == '\n' || letter == '\t' || letter == '\r'; }, ' ');
    return text;
}

}  // namespace lvr::core
