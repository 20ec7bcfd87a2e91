// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/metric_cases.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/tasks/reference_error.hpp>

namespace lvr::tasks {
namespace {

using core::Json;

bool agree(const Json& a, const Json& b, const MetricCaseFunction& how);

bool numbers_agree(double a, double b, double tolerance) {
    return a == b || std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

bool objects_agree(const Json& a, const Json& b, const MetricCaseFunction& how) {
    if (a.size() != b.size()) return false;
    return std::all_of(a.items().begin(), a.items().end(), [&](const auto& item) {
        const auto other = b.find(item.key());
        return other != b.end() && agree(item.value(), *other, how);
    });
}

bool lists_agree(const Json& a, const Json& b, const MetricCaseFunction& how) {
    if (a.size() != b.size()) return false;
    const auto same = [&](const Json& x, const Json& y) { return agree(x, y, how); };
    if (how.any_order) return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), same);
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

/// true is not 1, but 1.0 is.
bool agree(const Json& a, const Json& b, const MetricCaseFunction& how) {
    if (a.is_number() && b.is_number()) return numbers_agree(a.get<double>(), b.get<double>(), how.tolerance);
    if (a.is_object() && b.is_object()) return objects_agree(a, b, how);
    if (a.is_array() && b.is_array()) return lists_agree(a, b, how);
    return a.type() == b.type() && a == b;
}

Json answered(const Json& metric_case, const MetricCaseFunction& function) {
    try {
        return function.answer(metric_case);
    } catch (const ReferenceError& error) {
        return {{"error", error.exception()}};
    } catch (const std::exception& error) {
        return {{"failed", error.what()}};
    }
}

std::string text_of(const Json& metric_case, const char* name) {
    const auto found = metric_case.find(name);
    return found != metric_case.end() && found->is_string() ? found->get<std::string>() : "";
}

MetricCaseResult run(const Json& metric_case, std::size_t place, const MetricCaseFunctions& functions) {
    MetricCaseResult result;
    result.id = metric_case.is_object() ? text_of(metric_case, "id") : "";
    if (result.id.empty()) result.id = fmt::format("case {}", place);
    const std::string family = metric_case.is_object() ? text_of(metric_case, "family") : "";
    const auto function = functions.find(family);
    const auto expected = metric_case.is_object() ? metric_case.find("expected") : metric_case.end();
    if (metric_case.is_object() && expected != metric_case.end()) result.expected = *expected;
    if (family.empty()) {
        result.got = {{"failed", "the case names no family"}};
    } else if (function == functions.end()) {
        result.got = {{"failed", fmt::format("lvr knows no family called \"{}\"", family)}};
    } else {
        result.got = answered(metric_case, function->second);
        result.pass = agree(result.expected, result.got, function->second);
    }
    return result;
}

}  // namespace

std::vector<MetricCaseResult> run_metric_cases(const Json& file, const MetricCaseFunctions& functions) {
    if (!file.is_object() || !file.contains("cases") || !file["cases"].is_array())
        throw core::input_error("a file of metric cases has no list of \"cases\"", "there is nothing to run",
                                "name a file of the form of tests/golden/metric_cases.json");
    std::vector<MetricCaseResult> results;
    for (const auto& metric_case : file["cases"])
        results.push_back(run(metric_case, results.size(), functions));
    return results;
}

}  // namespace lvr::tasks
