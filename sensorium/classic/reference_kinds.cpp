#include "sensorium/classic/reference_kinds.h"

#include <algorithm>
#include <memory>

namespace sensorium::classic {

std::vector<ExpectedKind> reference_kinds() {
  return {information_kind(), svd_kind(), nmf_kind(), cca_kind(), fusion_kind(), neighbours_kind(), normalise_kind()};
}

ExpectedKind kind_of_group(const std::string& group, std::vector<ReferenceCheck> checks) {
  const auto all = std::make_shared<const std::vector<ReferenceCheck>>(std::move(checks));
  const auto find = [all](const ExpectedCase& c) {
    return std::find_if(all->begin(), all->end(), [&](const auto& check) { return c.has_expected(check.key); });
  };
  return {group, [=](const ExpectedCase& c) { return c.group() == group && find(c) != all->end(); },
          [=](const ExpectedCase& c, ExpectedReport& report) { find(c)->run(c, report); }};
}

Matrix input_matrix(const ExpectedCase& c, const std::string& key) {
  const auto& shape = c.input(key).shape;
  if (shape.empty() || shape.size() > 2)
    throw InputError("verify", "expected \"{}\" of 1 or 2 dimensions, got {}", key, shape.size());
  return matrix_of(c.input_doubles(key), shape[0], shape.size() == 2 ? shape[1] : 1);
}

Vector input_vector(const ExpectedCase& c, const std::string& key) {
  return vector_of(c.input_doubles(key));
}

void offer(ExpectedReport& report, const std::string& key, const Matrix& m, double tolerance) {
  report.offer(key, values_of(m), tolerance);
}

void offer(ExpectedReport& report, const std::string& key, const Vector& v, double tolerance) {
  report.offer(key, values_of(v), tolerance);
}

}  // namespace sensorium::classic
