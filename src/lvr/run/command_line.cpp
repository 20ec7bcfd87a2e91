// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <type_traits>

#include <lvr/core/build_info.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/job.hpp>

namespace lvr::run {
namespace {

/// Under a launcher only rank 0 speaks of what every rank sees alike.
bool speaks() {
    for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
        if (const char* rank = std::getenv(name)) return std::string(rank) == "0";
    }
    return true;
}

void say(const std::string& text) {
    if (speaks()) write_stdout(text);
}

template <class T>
constexpr const char* k_wanted = std::is_integral_v<T> ? "an integer" : "a number";

std::string option_name(const core::Field& field) {
    if (field.positional) return field.name;
    std::string name = "--" + field.name;
    std::replace(name.begin() + 2, name.end(), '_', '-');
    return name;
}

void add_map(CLI::App& app, const std::string& name, core::StringMap* map, const std::string& doc) {
    app.add_option_function<std::vector<std::string>>(
           name,
           [map, name](const std::vector<std::string>& items) {
               for (const auto& item : items) {
                   const auto equals = item.find('=');
                   if (equals == std::string::npos)
                       throw CLI::ValidationError(name, "'" + item + "' is not NAME=TEXT");
                   (*map)[item.substr(0, equals)] = item.substr(equals + 1);
               }
           },
           doc)
        ->type_name("NAME=TEXT")
        ->take_all()
        ->allow_extra_args(false);
}

/// The whole text as one number; CLI11's own reading stops at the ends of the type without a word.
template <class T>
T number_in(const std::string& option, const std::string& text) {
    T value{};
    const char* const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data() + text.starts_with('+'), last, value);
    bool fits = code == std::errc() && end == last;
    if constexpr (std::is_floating_point_v<T>) fits = fits && std::isfinite(value);
    if (!fits) throw CLI::ValidationError(option, fmt::format("'{}' is not {}", text, k_wanted<T>));
    return value;
}

template <class T>
void add_number(CLI::App& app, const std::string& name, T* value, const std::string& doc) {
    app.add_option_function<std::string>(
           name, [=](const std::string& text) { *value = number_in<T>(name, text); }, doc)
        ->type_name(k_wanted<T>)
        ->default_str(core::shortest(static_cast<double>(*value)));
}

void add_numbers(CLI::App& app, const std::string& name, std::vector<double>* values,
                 const std::string& doc) {
    const auto read = [=](const std::vector<std::string>& texts) {
        values->clear();
        for (const auto& text : texts) values->push_back(number_in<double>(name, text));
    };
    std::vector<std::string> defaults;
    for (const double value : *values) defaults.push_back(core::shortest(value));
    app.add_option_function<std::vector<std::string>>(name, read, doc)
        ->default_str(fmt::format("{}", fmt::join(defaults, ",")))
        ->type_name("NUMBER,NUMBER")
        ->expected(1)
        ->delimiter(',')
        ->take_all()
        ->allow_extra_args(false);
}

void add_texts(CLI::App& app, const std::string& name, const core::Field& field,
               std::vector<std::string>* texts, const std::string& doc) {
    auto* const option = app.add_option(name, *texts, doc)->delimiter(',')->take_all();
    if (field.many)
        option->type_name("NAME NAME")->expected(1, CLI::detail::expected_max_vector_size);
    else  // one word; more would swallow what follows
        option->type_name("NAME,NAME")->expected(1)->allow_extra_args(false);
}

void add_field(CLI::App& app, const core::Field& field) {
    const std::string name = option_name(field);
    std::string doc = field.doc;
    if (!field.choices.empty()) doc += fmt::format(" [{}]", core::choices_text(field));
    if (auto* const* flag = std::get_if<bool*>(&field.value)) {
        app.add_flag(name, **flag, doc);
    } else if (auto* const* whole = std::get_if<std::int64_t*>(&field.value)) {
        add_number(app, name, *whole, doc);
    } else if (auto* const* real = std::get_if<double*>(&field.value)) {
        add_number(app, name, *real, doc);
    } else if (auto* const* text = std::get_if<std::string*>(&field.value)) {
        app.add_option(name, **text, doc)->capture_default_str();
    } else if (auto* const* texts = std::get_if<std::vector<std::string>*>(&field.value)) {
        add_texts(app, name, field, *texts, doc);
    } else if (auto* const* reals = std::get_if<std::vector<double>*>(&field.value)) {
        add_numbers(app, name, *reals, doc);
    } else {
        add_map(app, name, std::get<core::StringMap*>(field.value), doc);
    }
}

/// What every program understands besides its own fields.
struct CommonOptions {
    std::string config;
    std::string log_level = "info";
    bool dump_config = false;
    bool version = false;
};

void build(CLI::App& app, const JobInfo& info, const core::Fields& fields, CommonOptions& common) {
    app.footer(info.footer +
               "\n\nExit status: 0 ok, 2 usage, 3 input, 4 output, 5 out of a resource, 6 internal, 75 "
               "interrupted.");
    app.get_formatter()->column_width(34);
    for (const auto& field : fields) add_field(app, field);
    app.add_option("--config", common.config,
                   "TOML file with any of these options; the command line overrides it");
    app.add_flag("--dump-config", common.dump_config, "print the resolved configuration as TOML and stop");
    app.add_option("--log-level", common.log_level, "what stderr gets: debug, info, warning, error")
        ->capture_default_str();
    app.add_flag("--version", common.version, "print version and build and stop");
}

/// The value of --config, before anything else is looked at: the file comes under the other options.
std::string config_file(int argc, char** argv) {
    const std::string flag = "--config";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == flag && i + 1 < argc) return argv[i + 1];
        if (word.rfind(flag + "=", 0) == 0) return word.substr(flag.size() + 1);
    }
    return "";
}

constexpr const char* k_see_help = "see --help";

std::string suggestion(const CLI::App& app, int argc, char** argv) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        word = word.substr(0, word.find('='));
        if (word.rfind("--", 0) != 0 || std::find(names.begin(), names.end(), word) != names.end()) continue;
        const std::string near = core::nearest(word, names);
        return near.empty() ? "see --help for the options" : "did you mean " + near + "?";
    }
    return k_see_help;
}

/// What the user typed is wrong on all ranks alike; a file may be missing on one node only, so there each
/// rank speaks.
int failure(core::ErrorKind kind, const std::string& message) {
    core::start_log(core::LogLevel::error);
    if (speaks() || kind == core::ErrorKind::input) {
        core::error("{}", message);
    } else {  // the launcher ends all ranks once one has failed: not before rank 0 has said why
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    return exit_status(kind);
}

/// CLI11's message, and what to do: if an option is unknown, the nearest that there is.
std::string usage_message(const CLI::ParseError& error, const CLI::App& app, int argc, char** argv) {
    const std::string remedy = suggestion(app, argc, argv);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && remedy == k_see_help)
        return std::string(error.what()) + "\n  remedy: write lists with commas, as in NAME,NAME; see --help";
    return std::string(error.what()) + "\n  remedy: " + remedy;
}

std::optional<int> parse(int argc, char** argv, const JobInfo& info, const core::Fields& fields,
                         CommonOptions& common) {
    const std::string file = config_file(argc, argv);
    if (!file.empty()) core::load_toml(file, fields);
    CLI::App app(info.summary, info.name);
    build(app, info, fields, common);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        say(app.help());
        return k_exit_ok;
    } catch (const CLI::ParseError& error) {
        return failure(core::ErrorKind::usage, usage_message(error, app, argc, argv));
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> parse_command_line(int argc, char** argv, const JobInfo& info, const core::Fields& fields,
                                      const std::function<void()>& validate) {
    CommonOptions common;
    try {
        if (const auto status = parse(argc, argv, info, fields, common)) return status;
        core::start_log(core::log_level(common.log_level));
        if (common.version) {
            say(info.name + " " + core::to_text(core::build_info()) + "\n");
            return k_exit_ok;
        }
        core::check_choices(fields);
        if (common.dump_config) {
            say(core::to_toml(fields));
            return k_exit_ok;
        }
        validate();
    } catch (const core::Error& error) {
        return failure(error.kind(), error.what());
    }
    return std::nullopt;
}

}  // namespace lvr::run
