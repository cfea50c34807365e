#include "sensorium/eval/generation_scores.h"
#include "sensorium/eval/reference_kinds.h"

#include <algorithm>

namespace sensorium {
namespace {

/// Features with their storage.
struct Features {
  std::vector<double> values;
  int64_t width;
  Features(const ExpectedCase& c, const std::string& key)
      : values(c.input_doubles(key)), width(c.input(key).shape.at(1)) {}
  FeatureRows rows() const { return {values, width}; }
};

void check_frechet(const ExpectedCase& c, ExpectedReport& report) {
  const Features x(c, "x"), y(c, "y");
  const FeatureGaussian a = fit_gaussian(x.rows()), b = fit_gaussian(y.rows());
  report.offer("mean_x", a.mean, kClosedForm);
  report.offer("mean_y", b.mean, kClosedForm);
  report.offer("cov_x", a.covariance, kClosedForm);
  report.offer("cov_y", b.covariance, kClosedForm);
  report.offer_json("trace_sqrt", trace_of_root(a, b), kRounded);
  report.offer_json("fid", frechet_distance(a, b), kRounded);
  report.offer_json("fid_x_x", frechet_distance(a, a), kRounded);
}

FeatureRows rows_at(const Features& f, std::span<const int64_t> indices, std::vector<double>& storage) {
  storage.clear();
  for (const int64_t i : indices) {
    if (i < 0 || i >= f.rows().count())
      throw InputError("verify", "expected rows below {}, got {}", f.rows().count(), i);
    const auto row = f.rows().row(i);
    storage.insert(storage.end(), row.begin(), row.end());
  }
  return {storage, f.width};
}

void check_kernel(const ExpectedCase& c, ExpectedReport& report) {
  const Features x(c, "x"), y(c, "y");
  report.offer_json("mmd2_full", kernel_distance(x.rows(), y.rows()), kClosedForm);
  const auto of_x = c.input_integers("subset_x"), of_y = c.input_integers("subset_y");
  const auto size = static_cast<size_t>(c.input("subset_x").shape.at(1));
  std::vector<double> values, own, other;
  for (size_t at = 0; at + size <= of_x.size(); at += size)
    values.push_back(kernel_distance(rows_at(x, std::span(of_x).subspan(at, size), own),
                                     rows_at(y, std::span(of_y).subspan(at, size), other)));
  const MeanDeviation m = mean_deviation(values);
  report.offer("subset_values", values, kClosedForm);
  report.offer_json("kid_mean", m.mean, kClosedForm);
  report.offer_json("kid_std", m.deviation, kClosedForm);
}

void check_inception(const ExpectedCase& c, ExpectedReport& report) {
  const Features p(c, "probabilities"), zeros(c, "with_zeros");
  const TensorView* expected = c.expected_array("split_scores");
  const auto splits = expected ? static_cast<int>(expected->numel()) : 10;
  const auto scores = inception_scores(p.rows(), splits);
  const MeanDeviation m = mean_deviation(scores);
  report.offer("split_scores", scores, kClosedForm);
  report.offer_json("score", inception_score(p.rows()), kClosedForm);
  report.offer_json("mean", m.mean, kClosedForm);
  report.offer_json("std", m.deviation, kClosedForm);
  report.offer_json("score_with_zeros", inception_score(zeros.rows()), kClosedForm);
}

std::vector<float> floats(const ExpectedCase& c, const std::string& key) {
  const auto values = c.input_doubles(key);
  return {values.begin(), values.end()};
}

void check_clipscore(const ExpectedCase& c, ExpectedReport& report) {
  const ClipScores s =
      clip_scores(floats(c, "image"), floats(c, "caption"), floats(c, "references"), c.input("image").shape.at(1));
  report.offer("cosine", s.cosine, kClosedForm);
  report.offer("clipscore", s.score, kClosedForm);
  report.offer("reference_cosine_max", s.reference_cosine, kClosedForm);
  report.offer("refclipscore", s.reference_score, kClosedForm);
  report.offer_json("clipscore_mean", mean_deviation(s.score).mean, kClosedForm);
  report.offer_json("refclipscore_mean", mean_deviation(s.reference_score).mean, kClosedForm);
  report.offer_json("clip_score_100", std::max(100 * mean_deviation(s.cosine).mean, 0.0), kClosedForm);
}

}  // namespace

ExpectedKind generation_kind() {
  return metric_kind("generation", {{"fid", check_frechet},
                                    {"mmd2_full", check_kernel},
                                    {"with_zeros", check_inception},
                                    {"clipscore", check_clipscore}});
}

}  // namespace sensorium
