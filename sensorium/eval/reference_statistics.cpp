#include "sensorium/eval/reference_kinds.h"
#include "sensorium/eval/significance.h"

#include <numeric>

namespace sensorium {
namespace {

Json pair_of(const Interval& i) {
  return {i.low, i.high};
}

/// Means of the stored resamples (B x n indices).
std::vector<double> stored_means(const std::vector<double>& values, const std::vector<int64_t>& indices) {
  std::vector<double> means;
  for (size_t at = 0; at + values.size() <= indices.size(); at += values.size()) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values.at(static_cast<size_t>(indices[at + i]));
    means.push_back(sum / static_cast<double>(values.size()));
  }
  return means;
}

void check_bootstrap(const ExpectedCase& c, ExpectedReport& report) {
  const auto a = c.input_doubles("correct_a"), b = c.input_doubles("correct_b"), skewed = c.input_doubles("skewed");
  const auto indices = c.input_integers("indices");
  std::vector<double> difference;
  for (size_t i = 0; i < a.size(); ++i) difference.push_back(a[i] - b.at(i));
  for (const auto& [name, values] :
       {std::pair{"accuracy_a", &a}, {"difference_a_minus_b", &difference}, {"skewed_mean", &skewed}}) {
    const BootstrapSummary s = summarise_bootstrap(*values, stored_means(*values, indices));
    report.offer_json(name,
                      {{"estimate", s.estimate},
                       {"standard_error", s.standard_error},
                       {"percentile_95", pair_of(s.percentile)},
                       {"basic_95", pair_of(s.basic)},
                       {"bca_95", pair_of(s.accelerated)},
                       {"bca_z0", s.z0},
                       {"bca_acceleration", s.acceleration},
                       {"bca_levels", pair_of(s.levels)}},
                      kClosedForm);
  }
}

void check_mcnemar(const ExpectedCase& c, ExpectedReport& report) {
  Json rows = Json::array();
  for (const Json& row : c.input_json("rows")) {
    const McNemar m = mcnemar(row.at("b").get<int64_t>(), row.at("c").get<int64_t>());
    rows.push_back({{"b", m.b},
                    {"c", m.c},
                    {"exact_p", m.exact_p},
                    {"mid_p", m.mid_p},
                    {"chi2", m.chi2},
                    {"chi2_p", m.chi2_p},
                    {"chi2_corrected", m.chi2_corrected},
                    {"chi2_corrected_p", m.chi2_corrected_p}});
  }
  report.offer_json("rows", rows, kClosedForm);
}

void check_permutation(const ExpectedCase& c, ExpectedReport& report) {
  const auto u = c.input_doubles("u"), v = c.input_doubles("v");
  const auto signs = c.input_doubles("signs");
  std::vector<double> d;
  for (size_t i = 0; i < u.size(); ++i) d.push_back(u[i] - v.at(i));
  const size_t n = d.size();
  const auto replicates = static_cast<int>(signs.size() / n);
  const auto turned = [&](int64_t b, int64_t i) {
    return signs[static_cast<size_t>(b) * n + static_cast<size_t>(i)] < 0;
  };
  const PairedPermutation p = permutation_test(d, replicates, turned);
  report.offer_json("statistic", p.statistic, kClosedForm);
  report.offer_json("count_two_sided", p.count_two_sided, kClosedForm);
  report.offer_json("p_two_sided", p.p_two_sided, kClosedForm);
  report.offer_json("p_one_sided", p.p_one_sided, kClosedForm);
  for (const std::string& key : c.expected_keys()) {
    if (key.starts_with("exact_first_")) {
      const auto first = static_cast<size_t>(std::stoul(key.substr(12)));
      report.offer_json(key, exact_permutation_p(std::span(d).first(std::min(first, n))), kClosedForm);
    } else if (key.starts_with("replicates_first_")) {
      std::vector<double> means;
      for (size_t b = 0; b < std::stoul(key.substr(17)); ++b) {
        double sum = 0;
        for (size_t i = 0; i < n; ++i) sum += signs[b * n + i] * d[i];
        means.push_back(sum / static_cast<double>(n));
      }
      report.offer(key, means, kClosedForm);
    }
  }
}

}  // namespace

ExpectedKind statistics_kind() {
  return metric_kind("statistics",
                     {{"correct_a", check_bootstrap}, {"signs", check_permutation}, {"rows", check_mcnemar}});
}

}  // namespace sensorium
