// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <lvr/core/display_width.hpp>
#include <lvr/core/text_table.hpp>

using namespace lvr::core;
using Catch::Matchers::Contains;

namespace {

TextTable named(const std::string& name, const std::string& value = "1") {
    return {"t", "Title", {"name", "x"}, {{name, value}}};
}

}  // namespace

TEST_CASE("width on a terminal counts columns, not bytes or code points", "[tables]") {
    CHECK(display_width("R²") == 2);
    CHECK(display_width("–") == 1);
    CHECK(display_width("模型") == 4);
    CHECK(display_width("e\xCC\x81") == 1);         // e and a combining acute
    CHECK(display_width("\xF0\x9F\x98\x80") == 2);  // an emoji
    CHECK(display_width("\xE6\xA8") == 2);          // broken: a column per byte
    CHECK(display_width("") == 0);
}

TEST_CASE("terminal tables line up, whatever the names are written in", "[tables]") {
    const TextTable table{
        "t", "Title", {"name", "R²"}, {{"模型", "0.5"}, {"é", "–"}, {"clip", "10.25"}}, {2}};
    CHECK(to_terminal(table) ==
          "Title\n"
          "name     R²\n"
          "-----------\n"
          "模型    0.5\n"
          "é         –\n"
          "-----------\n"
          "clip  10.25\n");
}

TEST_CASE("Markdown keeps cells and shows names as they are", "[tables]") {
    CHECK(to_markdown(named("a|b_c*d")) == "**Title**\n\n| name | x |\n|:---|---:|\n| a\\|b\\_c\\*d | 1 |\n");
    CHECK_THAT(to_markdown(named("<b>&[x]`\\")), Contains("| &lt;b&gt;&amp;\\[x\\]\\`\\\\ |"));
    CHECK_THAT(to_markdown(named("two\nlines")), Contains("| two lines |"));
}

TEST_CASE("LaTeX escapes every special character", "[tables]") {
    CHECK_THAT(to_latex(named("a_b%c&d#e$f{g}")), Contains("a\\_b\\%c\\&d\\#e\\$f\\{g\\} & 1 \\\\\n"));
    CHECK_THAT(to_latex(named("~^\\<>|\"")), Contains("\\textasciitilde{}\\textasciicircum{}\\textbackslash{}"
                                                      "\\textless{}\\textgreater{}\\textbar{}''"));
    CHECK_THAT(to_latex(named("R² – τ α ≤")), Contains("R$^2$ -- $\\tau$ $\\alpha$ $\\le$"));
    CHECK_THAT(to_latex(named("[5]")), Contains("{[}5] & 1"));  // else an argument of the line break above
    CHECK_THAT(to_latex(named("a-b", "-1.5")), Contains("a-b & $-$1.5 \\\\"));
}

TEST_CASE("LaTeX tables are complete", "[tables]") {
    const TextTable table{"t", "Title", {"name", "x", "y"}, {{"a", "1", "2"}, {"b", "3", "4"}}, {1}};
    CHECK(to_latex(table) ==
          "% needs "
          "\\usepackage{booktabs}\n\\begin{table}[t]\n\\centering\n\\caption{Title}\n\\begin{tabular}{lrr}"
          "\n\\toprule\n"
          "name & x & y \\\\\n\\midrule\na & 1 & 2 \\\\\n\\midrule\nb & 3 & 4 "
          "\\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

TEST_CASE("a note stands below the table, and prose is left-aligned and wrapped", "[tables]") {
    TextTable table = named("a", "A sentence.");
    table.note = "* a_note";
    table.sentences = true;
    CHECK_THAT(to_terminal(table), Contains("A sentence.\n* a_note\n"));
    CHECK(to_markdown(table) ==
          "**Title**\n\n| name | x |\n|:---|:---|\n| a | A sentence. |\n\n\\* a\\_note\n");
    CHECK_THAT(to_latex(table),
               Contains("{lp{0.75\\linewidth}}") &&
                   Contains("\\end{tabular}\n\n\\smallskip\n{\\footnotesize * a\\_note}\n\\end{table}"));
    CHECK(to_csv(table) == "name,x\na,A sentence.\n");
}

TEST_CASE("CSV quotes as RFC 4180 says, and an undefined figure is an empty field", "[tables]") {
    CHECK(to_csv(named("plain")) == "name,x\nplain,1\n");
    CHECK(to_csv(named("a,b")) == "name,x\n\"a,b\",1\n");
    CHECK(to_csv(named("say \"hi\"")) == "name,x\n\"say \"\"hi\"\"\",1\n");
    CHECK(to_csv(named("two\nlines", "–")) == "name,x\n\"two\nlines\",\n");
}

TEST_CASE("figures print with their digits, or a dash", "[tables]") {
    CHECK(cell(0.5, 3) == "0.500");
    CHECK(cell(-2.0, 1) == "-2.0");
    CHECK(cell(std::nullopt, 3) == "–");
    CHECK(cell(1e9, 2) == "1.00e+09");
    CHECK(percent(0.95717) == "95.72");
    CHECK(percent(std::nullopt) == "–");
}
