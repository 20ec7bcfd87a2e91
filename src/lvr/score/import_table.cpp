// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_table.hpp>

#include <cmath>

#include <lvr/core/log.hpp>

namespace lvr::score {
namespace {

using files::Measurement;

class Splitter {
  public:
    Splitter(const files::Results& table, const Measurement& source) : table_(table), source_(source) {}

    std::vector<Measurement> run() {
        for (std::size_t row = 0; row < table_.representations.size(); ++row) {
            const std::size_t before = all_.size();
            take_row(row);
            if (all_.size() == before)
                core::warn("{}: nothing was measured of {}, which is left out", source_.file,
                           table_.representations[row].name);
        }
        return std::move(all_);
    }

  private:
    Measurement about(std::size_t row, const char* kind) const {
        const auto& representation = table_.representations[row];
        Measurement m = source_;
        m.kind = kind;
        m.representation = representation.name;
        m.family = representation.family;
        m.training_gpu_hours = representation.gpu_hours;
        for (std::size_t i = 0; i < table_.label_columns.size(); ++i) {
            if (!representation.labels[i].empty())
                m.labels[table_.label_columns[i]] = representation.labels[i];
        }
        return m;
    }

    void add(Measurement m, double value, double standard_error) {
        if (std::isnan(value)) return;
        m.value = value;
        m.standard_error = standard_error;
        all_.push_back(std::move(m));
    }

    void take_row(std::size_t row) {
        for (const auto& column : table_.alignment) {
            Measurement m = about(row, "alignment");
            m.name = column.name;
            if (column.definition != "unspecified") m.definition = column.definition;
            add(std::move(m), column.value[row], column.standard_error[row]);
        }
        Measurement m = about(row, "correspondence");
        m.definition = table_.correspondence_definition;
        add(std::move(m), table_.correspondence[row], table_.correspondence_error[row]);
        for (const auto& score : table_.scores) {
            if (score.representation == static_cast<std::int64_t>(row)) take_score(score);
        }
    }

    void take_score(const files::Score& score) {
        const auto& benchmark = table_.benchmarks[static_cast<std::size_t>(score.benchmark)];
        Measurement m = about(static_cast<std::size_t>(score.representation), "score");
        m.name = benchmark.name;
        m.unit = benchmark.unit;
        m.scale = benchmark.scale;
        m.seed = score.seed;
        m.samples = score.samples;
        m.gpu_hours = score.gpu_hours;
        add(std::move(m), score.value, score.standard_error);
    }

    const files::Results& table_;
    const Measurement& source_;
    std::vector<Measurement> all_;
};

}  // namespace

std::vector<Measurement> measurements_of(const files::Results& table, const Measurement& source) {
    return Splitter(table, source).run();
}

}  // namespace lvr::score
