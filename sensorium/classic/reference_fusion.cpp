#include "sensorium/base/error.h"
#include "sensorium/classic/fusion.h"
#include "sensorium/classic/kernel_cca.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/rank_fusion.h"
#include "sensorium/classic/reference_kinds.h"

#include <charconv>

namespace sensorium::classic {
namespace {

std::vector<Matrix> pair_of(const ExpectedCase& c, const std::string& prefix) {
  return {input_matrix(c, prefix + "1"), input_matrix(c, prefix + "2")};
}

Matrix side_by_side(const std::vector<Matrix>& views) {
  return fit_concatenation(views, false).transform(views);
}

/// Arrays of (models x rows x classes).
ModelProbabilities models_of(const ExpectedCase& c) {
  const auto& shape = c.input("probabilities").shape;
  if (shape.size() != 3) throw InputError("verify", "expected probabilities of 3 dimensions, got {}", shape.size());
  const std::vector<double> all = c.input_doubles("probabilities");
  const auto size = static_cast<size_t>(shape[1] * shape[2]);
  ModelProbabilities models;
  for (size_t m = 0; m < static_cast<size_t>(shape[0]); ++m)
    models.push_back(matrix_of(std::span(all).subspan(m * size, size), shape[1], shape[2]));
  return models;
}

void check_early(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = side_by_side(pair_of(c, "view")), test = side_by_side(pair_of(c, "test"));
  const std::vector<int64_t> y = c.input_integers("y"), y_test = c.input_integers("y_test");
  for (const std::string& key : c.expected_keys()) {
    if (!key.starts_with("C") || !key.ends_with("_coef")) continue;
    const std::string prefix = key.substr(0, key.size() - 4);
    double strength = 1;
    std::from_chars(key.data() + 1, key.data() + key.size(), strength);
    const LinearClassifier model = fit_logistic(x, y, strength);
    const Matrix p = model.probabilities(test);
    offer(report, key, model.weights, kOptimum);
    offer(report, prefix + "intercept", model.intercept, kOptimum);
    offer(report, prefix + "test_probabilities", p, kOptimum);
    report.offer_json(prefix + "objective", model.objective, kOptimum);
    report.offer_json(prefix + "test_accuracy", accuracy(p, y_test), kClosed);
  }
  std::vector<int64_t> one(y.size());
  for (size_t i = 0; i < y.size(); ++i) one[i] = y[i] == 1;
  const LinearClassifier binary = fit_logistic(x, one), svm = fit_linear_svm(x, one);
  offer(report, "binary_coef", binary.weights, kOptimum);
  offer(report, "binary_intercept", binary.intercept, kOptimum);
  offer(report, "binary_test_probabilities", Vector(binary.probabilities(test).col(1)), kOptimum);
  offer(report, "svm_coef", svm.weights, kOptimum);
  offer(report, "svm_intercept", svm.intercept, kOptimum);
  offer(report, "svm_test_decision", svm.scores(test), kOptimum);
}

void check_late(const ExpectedCase& c, ExpectedReport& report) {
  const ModelProbabilities models = models_of(c);
  const Vector weights = input_vector(c, "weights");
  const Votes plain = hard_vote(models), weighted = hard_vote(models, weights);
  std::vector<int64_t> counts;
  for (Index i = 0; i < plain.sums.size(); ++i) counts.push_back(std::llround(plain.sums.data()[i]));
  report.offer_integers("votes", plain.votes);
  report.offer_integers("hard", plain.winners);
  report.offer_integers("hard_counts", counts);
  report.offer_integers("hard_weighted", weighted.winners);
  offer(report, "hard_weighted_sums", weighted.sums, kClosed);
  offer(report, "soft", soft_vote(models), kClosed);
  offer(report, "weighted", soft_vote(models, weights), kClosed);
  offer(report, "product", product_fusion(models), kClosed);
  offer(report, "geometric_weighted", product_fusion(models, weights), kClosed);
  offer(report, "max", pick_fusion(models, Pick::max), kClosed);
  offer(report, "min", pick_fusion(models, Pick::min), kClosed);
  offer(report, "median", pick_fusion(models, Pick::median), kClosed);
}

void check_missing(const ExpectedCase& c, ExpectedReport& report) {
  const ModelProbabilities models = models_of(c);
  const std::vector<int64_t> mask = c.input_integers("present");
  const size_t n = mask.size() / models.size();
  std::vector<std::vector<uint8_t>> present(models.size());
  for (size_t i = 0; i < mask.size(); ++i) present[i / n].push_back(mask[i] != 0);
  offer(report, "late_weighted", soft_vote(models, input_vector(c, "weights"), present), kClosed);
  const std::vector<Matrix> views = pair_of(c, "view"), test = pair_of(c, "test");
  const Concatenation early = fit_concatenation(views, false);
  offer(report, "view1_training_mean", early.means[0], kClosed);
  std::vector<std::vector<uint8_t>> third(2, std::vector<uint8_t>(static_cast<size_t>(test[0].rows()), 1));
  for (size_t i = 0; i < third[0].size(); i += 3) third[0][i] = 0;  // rows 0, 3, 6 ... lack view 1
  const LinearClassifier model = fit_logistic(early.transform(views), c.input_integers("y"));
  offer(report, "early_probabilities", model.probabilities(early.transform(test, third)), kOptimum);
}

void check_stacking(const ExpectedCase& c, ExpectedReport& report) {
  const Stacking s = fit_stacking(pair_of(c, "view"), c.input_integers("y"), c.input_integers("test_fold"));
  offer(report, "out_of_fold", s.out_of_fold, kOptimum);
  offer(report, "meta_coef", s.meta.weights, kOptimum);
  offer(report, "meta_intercept", s.meta.intercept, kOptimum);
  offer(report, "test_probabilities", s.probabilities(pair_of(c, "test")), kOptimum);
  for (size_t v = 0; v < s.base.size(); ++v) {
    offer(report, fmt::format("base{}_coef", v + 1), s.base[v].weights, kOptimum);
    offer(report, fmt::format("base{}_intercept", v + 1), s.base[v].intercept, kOptimum);
  }
}

void offer_ranks(ExpectedReport& report, const std::string& key, const FusedRanks& fused) {
  Json scores = Json::object();
  for (const auto& [item, score] : fused.scores) scores[std::to_string(item)] = score;
  report.offer_json(key, {{"order", fused.order}, {"score", scores}}, kClosed);
}

void check_ranks(const ExpectedCase& c, ExpectedReport& report) {
  const auto lists = c.input_json("lists").get<std::vector<RankedList>>();
  const auto scores = c.input_json("scores").get<std::vector<std::vector<double>>>();
  const std::vector<double> weights = {0.5, 0.2, 0.2, 0.1};  // the case's words
  offer_ranks(report, "rrf", reciprocal_ranks(lists));
  offer_ranks(report, "rrf_weighted", reciprocal_ranks(lists, weights));
  offer_ranks(report, "borda", borda(lists, false));
  offer_ranks(report, "borda_mean_for_unranked", borda(lists, true));
  offer_ranks(report, "combsum_minmax", combined_scores(lists, scores, false));
  offer_ranks(report, "combmnz_minmax", combined_scores(lists, scores, true));
  report.offer_json("interleave", interleave(lists), 0);
}

void check_kernel(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> views = pair_of(c, "view"), test = pair_of(c, "test");
  std::vector<Matrix> train_kernels, test_kernels;
  for (size_t v = 0; v < 2; ++v) {
    const Kernel kernel{KernelType::rbf, 1.0 / static_cast<double>(views[v].cols()), 0, 1};
    train_kernels.push_back(kernel_matrix(kernel, views[v], views[v]));
    test_kernels.push_back(kernel_matrix(kernel, test[v], views[v]));
  }
  const Matrix mean = (train_kernels[0] + train_kernels[1]) / 2, across = (test_kernels[0] + test_kernels[1]) / 2;
  const Vector target = input_vector(c, "target");
  for (const std::string& key : c.expected_keys()) {
    if (!key.starts_with("alpha") || !key.ends_with("_dual")) continue;
    double alpha = 1;
    std::from_chars(key.data() + 5, key.data() + key.size(), alpha);
    const Vector dual = kernel_ridge(mean, target, alpha);
    offer(report, key, dual, kClosed);
    offer(report, key.substr(0, key.size() - 4) + "prediction", Vector(across * dual), kClosed);
  }
  offer(report, "kernel_first_10_rows", Matrix(mean.topRows(10)), kClosed);
  report.offer_json("alignment_view1_view2", kernel_alignment(train_kernels[0], train_kernels[1]), kClosed);
}

}  // namespace

ExpectedKind fusion_kind() {
  return kind_of_group("fusion", {{"C1.0_coef", check_early},
                                  {"hard_counts", check_late},
                                  {"late_weighted", check_missing},
                                  {"out_of_fold", check_stacking},
                                  {"rrf", check_ranks},
                                  {"kernel_first_10_rows", check_kernel}});
}

}  // namespace sensorium::classic
