#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium verify --tensor torch`: all kinds of cases, training ones too. Returns 1 when a case failed.
int run_train_verify(const std::vector<std::string>& words);

}  // namespace sensorium
