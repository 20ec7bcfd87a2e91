// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/train/sharded_optimizer.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::test {

/// tests/golden/adamw_steps.json: the small network, its data, and what PyTorch makes of it.
const core::Json& adamw_golden();
at::Tensor tensor_of(const core::Json& json);
weights::WeightStore network();

/// The network's parameters in forward's order.
const std::vector<std::string>& network_names();

/// One update with a batch, in so many backwards on each rank. @return its loss, the mean over all ranks
double update_network(train::ShardedOptimizer& optimizer, const weights::WeightStore& store,
                      const comm::TensorComm& comm, std::int64_t batch, std::int64_t backwards, double rate,
                      double* norm = nullptr);

}  // namespace lvr::test
