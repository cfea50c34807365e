#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate retrieval`: recall and ranks of a model on a split of a manifest. Returns 0, or throws.
int run_evaluate_retrieval(const std::vector<std::string>& words);

}  // namespace sensorium
