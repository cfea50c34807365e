#include "sensorium/eval/reference_kinds.h"

namespace sensorium {

ExpectedKind metric_kind(const std::string& group, std::vector<MetricCheck> checks) {
  const auto find = [checks = std::move(checks)](const ExpectedCase& c) -> const MetricCheck* {
    for (const MetricCheck& m : checks)
      if (c.has_expected(m.key) || c.has_input(m.key)) return &m;
    return nullptr;
  };
  return {group, [group, find](const ExpectedCase& c) { return c.group() == group && find(c) != nullptr; },
          [find](const ExpectedCase& c, ExpectedReport& report) { find(c)->run(c, report); }};
}

std::vector<ExpectedKind> metric_case_kinds() {
  return {classification_kind(), retrieval_kind(), caption_kind(), statistics_kind(), generation_kind()};
}

}  // namespace sensorium
