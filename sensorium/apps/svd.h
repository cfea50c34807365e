#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium svd`: SVD, PCA and LSA of features or texts. Returns 0, or throws.
int run_svd(const std::vector<std::string>& words);

}  // namespace sensorium
