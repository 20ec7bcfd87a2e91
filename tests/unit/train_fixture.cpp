// SPDX-License-Identifier: Apache-2.0
#include "unit/train_fixture.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>

#include <lvr/core/text_file.hpp>

namespace lvr::test {
namespace {

void flatten(const core::Json& json, std::vector<float>& values) {
    if (json.is_number()) values.push_back(json.get<float>());
    if (json.is_array())
        for (const auto& one : json) flatten(one, values);
}

at::Tensor loss_of(const weights::WeightStore& store, const at::Tensor& x, const at::Tensor& y) {
    const auto& all = store.all();
    const auto dtype = all.at("first.weight").scalar_type();
    const auto hidden = at::gelu(at::linear(x.to(dtype), all.at("first.weight"), all.at("first.bias")));
    return at::linear(hidden, all.at("second.weight"), all.at("second.bias"))
        .to(at::kFloat)
        .sub(y)
        .square()
        .mean();
}

}  // namespace

const core::Json& adamw_golden() {
    static const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/adamw_steps.json";
    static const core::Json json = core::parse_json(core::read_text(file), file);
    return json;
}

at::Tensor tensor_of(const core::Json& json) {
    std::vector<std::int64_t> shape;
    for (const core::Json* level = &json; level->is_array(); level = &level->at(0))
        shape.push_back(static_cast<std::int64_t>(level->size()));
    std::vector<float> values;
    flatten(json, values);
    return at::from_blob(values.data(), shape, at::kFloat).clone();
}

weights::WeightStore network() {
    weights::WeightStore store;
    for (const auto& [name, value] : adamw_golden().at("start").items()) store.put(name, tensor_of(value));
    return store;
}

const std::vector<std::string>& network_names() {
    static const std::vector<std::string> names = {"first.weight", "first.bias", "second.weight",
                                                   "second.bias", "unused.weight"};
    return names;
}

double update_network(train::ShardedOptimizer& optimizer, const weights::WeightStore& store,
                      const comm::TensorComm& comm, std::int64_t batch, std::int64_t backwards, double rate,
                      double* norm) {
    static const auto inputs = tensor_of(adamw_golden().at("inputs"));
    static const auto targets = tensor_of(adamw_golden().at("targets"));
    const auto parts = comm.size() * backwards, length = inputs.size(1) / parts;
    double loss = 0;
    for (std::int64_t i = 0; i < backwards; ++i) {
        const auto from = (comm.rank() * backwards + i) * length;
        const auto part =
            loss_of(store, inputs[batch].narrow(0, from, length), targets[batch].narrow(0, from, length));
        optimizer.begin_backward(i + 1 == backwards);
        part.div(backwards).backward();
        optimizer.finish_backward();
        loss += part.item<double>() / static_cast<double>(parts);
    }
    comm.group().sum(std::span(&loss, 1));
    const auto report = optimizer.update(rate);
    if (norm != nullptr) *norm = report.gradient_norm;
    return loss;
}

}  // namespace lvr::test
