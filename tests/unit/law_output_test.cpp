// SPDX-License-Identifier: Apache-2.0
// The keys that others rely on, and how what is undefined is printed in every format.
#include <fmt/format.h>

#include <filesystem>

#include <analysis/law/analyse.hpp>
#include <analysis/law/law_tables.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/results_dir.hpp>

#include "unit/law_golden.hpp"
#include "unit/law_small_tables.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::analysis;
using Catch::Matchers::Contains;
using lvr::test::check_close;

namespace {

const std::string k_folder = std::string(LVR_BINARY_DIR) + "/tests/law_output";

FitConfig config_for(const std::string& input) {
    FitConfig config;
    config.input = input;
    config.bootstrap = 100;
    config.permutations = 50;
    config.random_draws = 50;
    return config;
}

Analysis run(const FitConfig& config) { return analyse(files::read_input(config.input), config, {}); }

Analysis paper(const std::string& version) {
    return run(config_for(test::k_source + "/data/paper/" + version + ".csv"));
}

std::string table_file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(k_folder);
    const std::string file = k_folder + "/" + name;
    std::ofstream(file) << text;
    return file;
}

/// mmbench_en: 4 measured; mme: 1; seed_image: all equal.
FitConfig partial() {
    return config_for(
        table_file("partial.csv",
                   "representation,C,A_x,score_mmbench_en,score_mme,score_seed_image\n"
                   "a|1,1,0.1,10,5,3\n\"b,2\",2,0.5,20,,3\nc_3,4,0.3,15,,3\nd&4,3,0.2,17,,3\ne,2,0.4,,,\n"));
}

std::vector<std::string> keys(const core::Json& json) {
    std::vector<std::string> names;
    for (const auto& [key, value] : json.items()) names.push_back(key);
    return names;
}

std::size_t lines_with(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) count += line.find(what) != std::string::npos;
    return count;
}

}  // namespace

TEST_CASE("the JSON object has the promised keys", "[output]") {
    const core::Json json = to_json(paper("v1"));
    const core::Json& fit = json["benchmarks"]["seed_image"]["fits"]["AC_quadratic"];
    CHECK(json["benchmarks"]["seed_image"]["n"] == 13);
    check_close(fit["r2"].get<double>(), 0.937513340816, 1e-9);
    for (const char* key : {"adjusted_r2", "mse", "loo_r2", "permutation_p_value", "kendall_tau"})
        CHECK(fit[key].is_number());
    CHECK(keys(fit["coefficients"]) == std::vector<std::string>{"1", "a", "c", "a2", "ac", "c2"});
    const core::Json& fits = json["benchmarks"]["mme"]["fits"];
    CHECK(keys(fits) == std::vector<std::string>{"A_linear", "A_quadratic", "C_linear", "C_quadratic",
                                                 "AC_linear", "AC_quadratic"});
    CHECK(keys(fits["A_quadratic"]["coefficients"]) == std::vector<std::string>{"1", "a", "a2"});
    CHECK(keys(fits["C_linear"]["coefficients"]) == std::vector<std::string>{"1", "c"});
    CHECK(keys(json["groups"]) == std::vector<std::string>{"vision", "ocr", "all"});
    check_close(json["groups"]["vision"]["AC_quadratic"]["r2"].get<double>(), 0.957170142651, 1e-9);
    check_close(json["groups"]["ocr"]["AC_quadratic"]["r2"].get<double>(), 0.852129857092, 1e-9);
    CHECK(json["groups"]["all"]["count"] == 8);
    CHECK(json["groups"]["all"]["AC_quadratic"]["loo_r2"].is_number());
    CHECK_FALSE(json.contains("policy"));
    CHECK_FALSE(json.contains("exhaustive"));
    CHECK_FALSE(json.contains("plan"));
}

TEST_CASE("a group's leave-one-out R2 is the mean over its benchmarks", "[output]") {
    const core::Json json = to_json(paper("v3"));
    double sum = 0;
    for (const char* name : {"mmbench_en", "mme", "ok_vqa", "seed_image"}) {
        sum += json["benchmarks"][name]["fits"]["AC_quadratic"]["loo_r2"].get<double>();
    }
    check_close(json["groups"]["vision"]["AC_quadratic"]["loo_r2"].get<double>(), sum / 4, 1e-12);
}

TEST_CASE("v3's averages are the paper's to 0.15 points", "[output]") {
    const core::Json groups = to_json(paper("v3"))["groups"];
    const auto close = [&](const char* group, const char* fit, double want) {
        INFO(group << " " << fit);
        CHECK(std::abs(100 * groups[group][fit]["r2"].get<double>() - want) < 0.15);
    };
    close("vision", "AC_quadratic", 94.06), close("ocr", "AC_quadratic", 83.85);
    close("vision", "A_quadratic", 91.48), close("ocr", "A_quadratic", 79.67);
    close("vision", "C_quadratic", 56.56), close("ocr", "C_quadratic", 30.11);
}

TEST_CASE("numbers in the JSON text read back to the same bits, in their shortest form", "[output]") {
    const core::Json json = to_json(paper("v1"));
    const std::string text = core::to_text(json);
    const core::Json again = core::Json::parse(text);
    CHECK(again == json);
    CHECK(core::to_text(again) == text);
}

TEST_CASE("policy and exhaustive have the promised keys", "[output]") {
    FitConfig config = config_for(test::k_source + "/data/paper/v1.csv");
    config.policy = config.exhaustive = true;
    config.benchmark = {"seed_image", "textvqa_val"};
    const core::Json json = to_json(run(config));
    CHECK(keys(json["policy"]) == std::vector<std::string>{"region", "uniform", "random"});
    const core::Json& region = json["policy"]["region"]["seed_image"];
    CHECK(keys(region) ==
          std::vector<std::string>{"mean_tries", "first_hit", "exactly_n", "exactly_n_credit"});
    check_close(region["mean_tries"]["top3"].get<double>(), 3.403305, 1e-6);
    for (const char* curve : {"first_hit", "exactly_n", "exactly_n_credit"}) {
        CHECK(keys(region[curve]) == std::vector<std::string>{"top1", "top2", "top3"});
        CHECK(region[curve]["top1"].size() == 13);
    }
    CHECK(region["first_hit"]["top1"].back() == 1);
    CHECK(json["policy"]["random"]["textvqa_val"]["mean_tries"]["top2"] == 7);
    CHECK(json["exhaustive"]["fits"] == 2 * 8177);
    CHECK(json["exhaustive"]["hits"]["textvqa_val"] == 373);
}

TEST_CASE("what is undefined is null in JSON, with the keys still there", "[output]") {
    const Analysis analysis = run(partial());
    const core::Json json = to_json(analysis);
    const core::Json& four = json["benchmarks"]["mmbench_en"]["fits"]["AC_quadratic"];
    CHECK(json["benchmarks"]["mmbench_en"]["n"] == 4);
    CHECK(four["underdetermined"] == true);
    check_close(four["r2"].get<double>(), 1, 1e-9);
    CHECK(four["adjusted_r2"].is_null());
    CHECK(four["standard_errors"]["ac"].is_null());
    CHECK(four["coefficients"]["ac"].is_number());
    const core::Json& one = json["benchmarks"]["mme"]["fits"]["AC_quadratic"];
    CHECK(json["benchmarks"]["mme"]["n"] == 1);
    for (const char* key : {"r2", "adjusted_r2", "mse", "loo_r2"}) CHECK(one[key].is_null());
    CHECK(one["coefficients"]["ac"].is_null());
    CHECK(json["benchmarks"]["seed_image"]["fits"]["A_linear"]["r2"].is_null());
    CHECK(json["groups"]["vision"]["count"] == 1);
    CHECK(json["groups"]["vision"]["benchmarks"] == core::Json::array({"mmbench_en"}));
    CHECK(json["groups"]["ocr"]["count"] == 0);
    CHECK(json["groups"]["ocr"]["AC_quadratic"]["r2"].is_null());
}

TEST_CASE("what is undefined is a dash on the terminal, in Markdown and LaTeX, and empty in CSV",
          "[output]") {
    const Analysis analysis = run(partial());
    CHECK_THAT(render(analysis, "text"),
               Contains("mme                 1               –") && Contains("1.000000000000*"));
    CHECK_THAT(render(analysis, "text"), Contains("* underdetermined"));
    CHECK_THAT(render(analysis, "markdown"), Contains("| mme | – | – |"));
    CHECK_THAT(render(analysis, "latex"), Contains("mme & -- & --"));
    const std::string csv = render(analysis, "csv");
    CHECK_THAT(csv, Contains("\nmme,AC_quadratic,1,1,,,,,"));
    CHECK(csv.find("–") == std::string::npos);
}

TEST_CASE("an underdetermined fit is flagged wherever its R2 stands, and so is the mean over it",
          "[output]") {
    const Analysis analysis = run(partial());
    const auto flagged = [](std::vector<TextTable> tables) {
        std::vector<std::string> names;
        for (const auto& table : tables) {
            CHECK((table.note.find("* underdetermined") != std::string::npos) ==
                  (to_terminal(table).find("* underdetermined") != std::string::npos));
            if (table.note.find("* underdetermined") != std::string::npos) names.push_back(table.name);
        }
        return names;
    };
    CHECK(flagged(paper_tables(analysis.law)) ==
          std::vector<std::string>{"table2_r2_by_group", "r2_by_benchmark", "mse", "table4_cross_term",
                                   "out_of_sample", "r2"});
    CHECK(flagged(paper_tables(paper("v1").law)).empty());
    CHECK_THAT(render(analysis, "markdown"), Contains("| quadratic | AC | 100.00\\* | – | 100.00\\* |") &&
                                                 Contains("\n\\* underdetermined"));
    CHECK_THAT(render(analysis, "latex"), Contains("quadratic & AC & 100.00* & -- & 100.00*") &&
                                              Contains("{\\footnotesize * underdetermined"));
    const core::Json groups = to_json(analysis)["groups"];
    CHECK(groups["vision"]["AC_quadratic"]["underdetermined"] == true);
    CHECK(groups["vision"]["A_linear"]["underdetermined"] == false);
}

TEST_CASE("the CSV has every figure of a fit", "[output]") {
    const auto column = [](const std::string& csv, const std::string& row, const std::string& name) {
        std::istringstream lines(csv);
        std::string header, line;
        std::getline(lines, header);
        while (std::getline(lines, line) && !line.starts_with(row)) {
        }
        std::istringstream names(header + ","), values(line + ",");
        for (std::string key, value; std::getline(names, key, ',') && std::getline(values, value, ',');) {
            if (key == name) return value;
        }
        return std::string("no such column");
    };
    const Analysis whole = paper("v1");
    const std::string csv = render(whole, "csv"), row = "mme,AC_quadratic,";
    const core::Json fit = to_json(whole)["benchmarks"]["mme"]["fits"]["AC_quadratic"];
    for (const char* key : {"rank", "underdetermined", "loo_rmse", "lofo_rmse", "f_p_value",
                            "bootstrap_draws", "r2_bootstrap_draws", "permutation_draws"}) {
        INFO(key);
        CHECK(column(csv, row, key) == (fit[key].is_null() ? "" : fit[key].dump()));
    }
    CHECK(column(csv, row, "r2_low") == core::shortest(fit["r2_interval"][0].get<double>()));
    CHECK(column(csv, row, "r2_bootstrap_high") ==
          core::shortest(fit["r2_bootstrap_interval"][1].get<double>()));
    CHECK(column(csv, row, "standard_error_ac") ==
          core::shortest(fit["standard_errors"]["ac"].get<double>()));
    CHECK(column(csv, row, "p_value_c2") == core::shortest(fit["p_values"]["c2"].get<double>()));
    CHECK(column(csv, row, "low_a") == core::shortest(fit["intervals"]["a"][0].get<double>()));
    CHECK(column(csv, row, "high_1") == core::shortest(fit["intervals"]["1"][1].get<double>()));
    CHECK(column(csv, "mme,A_linear,", "low_c2").empty());
    const std::string few = render(run(partial()), "csv");
    CHECK(column(few, "mmbench_en,AC_quadratic,", "underdetermined") == "true");
    CHECK(column(few, "mmbench_en,A_linear,", "underdetermined") == "false");
    CHECK(column(few, "mean of vision,AC_quadratic,", "underdetermined") == "true");
    CHECK(column(few, "mean of vision,A_linear,", "underdetermined") == "false");
}

TEST_CASE("the interval of R2 is titled with its level, and stands under a true title", "[output]") {
    FitConfig config = config_for(test::k_source + "/data/paper/v1.csv");
    config.level = 0.9;
    const Analysis analysis = run(config);
    CHECK_THAT(render(analysis, "text"), Contains("How sure it is, and what remains out of sample") &&
                                             Contains("  90 % interval  ") && !Contains("1.000\n"));
    CHECK_THAT(render(analysis, "latex"),
               Contains("& 90 \\% interval &") && Contains("& bootstrap 90 \\% interval &"));
    const core::Json vizwiz = to_json(paper("v1"))["benchmarks"]["vizwiz_vqa_val"]["fits"]["AC_quadratic"];
    CHECK(std::abs(vizwiz["r2_interval"][0].get<double>() - 0.03) < 0.005);  // SciPy: law_fits.json
    CHECK(std::abs(vizwiz["r2_interval"][1].get<double>() - 0.845) < 0.001);
    CHECK(vizwiz["r2_bootstrap_interval"][1] < 1);
    CHECK(to_json(paper("v1"))["benchmarks"]["mme"]["c_adds"]["draws"] == 100);
    CHECK(to_json(paper("v1"))["benchmarks"]["mme"]["baselines"]["Ar_quadratic"]["draws"] == 50);
}

TEST_CASE("findings, what the planner remarks and a ridge path are tables of every format", "[output]") {
    FitConfig config = partial();
    config.plan = true;
    config.ridge = {0.1, 1};
    const Analysis analysis = run(config);
    CHECK_THAT(
        render(analysis, "markdown"),
        Contains("| benchmark | finding |\n|:---|:---|\n| mmbench\\_en | 4 measured representations") &&
            Contains("| (plan) | ") && Contains("| mmbench\\_en | 0.1 | "));
    CHECK_THAT(render(analysis, "latex"), Contains("\\begin{tabular}{lp{0.75\\linewidth}}"));
    CHECK_THAT(render(analysis, "text"), Contains("Ridge path of the AC quadratic"));
    CHECK_THAT(render(run(partial()), "text"), !Contains("Ridge path"));
}

TEST_CASE("every format gives the groups' means with the count of their benchmarks", "[output]") {
    const Analysis analysis = run(partial());
    CHECK_THAT(render(analysis, "text"), Contains("mean of vision (1)") && Contains("mean of ocr (0)"));
    CHECK_THAT(render(analysis, "markdown"), Contains("| vision (1) | ocr (0) | all (1) |"));
    CHECK_THAT(render(analysis, "latex"), Contains("vision (1) & ocr (0) & all (1)"));
    const Analysis whole = paper("v1");
    const std::string csv = render(whole, "csv");
    CHECK(lines_with(csv, "mean of vision,") == 6);
    CHECK_THAT(csv, Contains("\nmean of vision,AC_quadratic,,4,0.95717014265"));
    CHECK_THAT(csv, Contains("\nmean of all,AC_quadratic,,8,"));
    CHECK_THAT(render(whole, "markdown"), Contains("| vision (4) | ocr (4) | all (8) |"));
}

TEST_CASE("every row of the CSV has as many fields as its header", "[output]") {
    std::istringstream lines(render(paper("v1"), "csv"));
    std::size_t rows = 0, commas = 0;
    for (std::string line; std::getline(lines, line); ++rows) {
        const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
        if (rows == 0) commas = count;
        CHECK(count == commas);
    }
    CHECK(rows == 1 + 8 * 6 + 3 * 6);
}

TEST_CASE("a benchmark with gaps does not stop the policy: it is judged on what is measured, or left out",
          "[output]") {
    FitConfig config = partial();
    config.policy = config.exhaustive = true;
    const Analysis analysis = run(config);
    const core::Json json = to_json(analysis);
    CHECK(json["policy"]["region"]["mmbench_en"]["first_hit"]["top1"].size() == 4);
    CHECK(keys(json["policy"]["uniform"]) == std::vector<std::string>{"mmbench_en"});
    CHECK(keys(json["exhaustive"]["hits"]) == std::vector<std::string>{"mmbench_en"});
    CHECK(json["exhaustive"]["fits"] == 6 + 4);
    const std::string warnings = json["warnings"].dump();
    CHECK_THAT(warnings,
               Contains("mmbench_en: the search for the best is among the 4 measured representations"));
    CHECK_THAT(warnings, Contains("mme: has no best representation to search for; left out"));
    CHECK_THAT(warnings, Contains("seed_image: has no best representation to search for; left out"));
}

TEST_CASE("more than 20 representations are too many for the exhaustive search, and it says so", "[output]") {
    std::string text = "representation,C,A_x,score_b\n";
    for (int i = 0; i < 21; ++i) text += fmt::format("r{},{},{},{}\n", i, (i * 7) % 21, i, (i * 5) % 21);
    FitConfig config = config_for(table_file("large.csv", text));
    config.exhaustive = true;
    CHECK_THROWS_WITH(
        run(config), Contains("b: 21 representations are too many for --exhaustive") && Contains("up to 20"));
    config.exhaustive = false;
    config.policy = true;
    config.trials = 20;
    CHECK(to_json(run(config))["policy"]["region"]["b"]["first_hit"]["top3"].size() == 21);
    config.policy_method = "exact";
    CHECK_THROWS_WITH(run(config),
                      Contains("cannot be enumerated for 21 representations") && Contains("simulate"));
}

TEST_CASE("--out writes every table as Markdown and LaTeX, and the two laws", "[output]") {
    const std::string out = k_folder + "/out";
    std::filesystem::remove_all(out);
    FitConfig config = partial();
    config.plan = config.policy = config.exhaustive = true;
    config.ridge = {0.1};
    write_outputs(run(config), out);
    for (const char* name :
         {"fits", "findings", "ridge", "policy", "exhaustive", "exhaustive_counts", "plan"}) {
        INFO(name << ".csv");
        CHECK(std::filesystem::exists(out + "/" + name + ".csv"));
    }
    for (const char* name : {"table2_r2_by_group", "r2_by_benchmark", "table4_cross_term", "out_of_sample",
                             "r2", "plan", "mse", "findings", "ridge", "policy"}) {
        for (const char* extension : {".md", ".tex"}) {
            INFO(name << extension);
            CHECK(std::filesystem::file_size(out + "/tables/" + name + extension) > 50);
        }
    }
    CHECK(core::Json::parse(std::ifstream(out + "/law.json"))["benchmarks"]["mmbench_en"]["n"] == 4);
    CHECK(std::filesystem::exists(out + "/law.h5"));
    CHECK(std::filesystem::exists(out + "/fits.csv"));
}
