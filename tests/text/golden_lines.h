#pragma once
// The strings and lists of tests/goldens/tokenizers.

#include "sensorium/base/json.h"
#include "tests/support/test_support.h"

#include <string>
#include <vector>

namespace sensorium::test {

/// The values of a file of JSON lines there.
std::vector<Json> golden_lines(const std::string& file);
/// The texts of strings.jsonl.
std::vector<std::string> golden_texts();

}  // namespace sensorium::test
