#include "sensorium/base/error.h"
#include "sensorium/classic/kernel_cca.h"
#include "sensorium/classic/multiview.h"
#include "sensorium/classic/reference_kinds.h"

#include <charconv>

namespace sensorium::classic {
namespace {

std::vector<Matrix> views_of(const ExpectedCase& c, const std::string& prefix) {
  std::vector<Matrix> views;
  for (int i = 1; c.has_input(fmt::format("{}{}", prefix, i)); ++i)
    views.push_back(input_matrix(c, fmt::format("{}{}", prefix, i)));
  return views;
}

Index columns(const ExpectedCase& c, const std::string& key) {
  const TensorView* view = c.expected_array(key);
  if (!view) throw InputError("verify", "expected an array \"{}\", got none", key);
  return view->shape.back();
}

/// Weights, scores of test rows, and correlations, under `prefix`.
void offer_views(const ExpectedCase& c, ExpectedReport& report, const std::string& prefix, const LinearViews& views) {
  const std::vector<Matrix> train = views_of(c, "view"), test = views_of(c, "test");
  for (size_t i = 0; i < views.weights.size(); ++i) {
    offer(report, fmt::format("{}weights{}", prefix, i + 1), views.weights[i], kClosed);
    offer(report, fmt::format("{}test_scores{}", prefix, i + 1), views.transform(i, test[i]), kClosed);
  }
  offer(report, prefix + "singular_values", views.values, kClosed);
  const auto correlations = [&](const std::vector<Matrix>& rows) {
    return column_correlations(views.transform(0, rows[0]), views.transform(1, rows[1]));
  };
  offer(report, prefix + "test_correlation", correlations(test), kClosed);
  offer(report, prefix + "train_correlation", correlations(train), kClosed);
}

void check_two_views(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> train = views_of(c, "view");
  const Cca cca = fit_cca(train.at(0), train.at(1), columns(c, "weights1"), {});
  offer(report, "canonical_correlations_all", cca.all_values, kClosed);
  offer(report, "mean1", cca.views.means[0], kClosed);
  offer(report, "mean2", cca.views.means[1], kClosed);
  report.offer_json("wilks_lambda", cca.wilks_lambda(), kClosed);
  offer_views(c, report, "", cca.views);
}

/// "ridge_0.1_0.5_" and the like: a penalty for each view.
std::vector<Penalty> penalties_of(const std::string& prefix) {
  std::vector<Penalty> penalties;
  const bool additive = prefix.starts_with("additive_");
  for (size_t at = prefix.find('_') + 1; at < prefix.size(); at = prefix.find('_', at) + 1) {
    double value = 0;
    std::from_chars(prefix.data() + at, prefix.data() + prefix.size(), value);
    penalties.push_back(additive ? Penalty{0, value} : Penalty{value, 0});
  }
  return prefix == "pls_" ? std::vector<Penalty>{{1, 0}} : penalties;
}

void check_penalised(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> train = views_of(c, "view");
  for (const std::string& key : c.expected_keys()) {
    const std::string end = "singular_values";
    if (!key.ends_with(end)) continue;
    const std::string prefix = key.substr(0, key.size() - end.size());
    offer_views(c, report, prefix, fit_cca(train.at(0), train.at(1), columns(c, key), penalties_of(prefix)).views);
  }
  if (c.has_expected("unregularised_canonical_correlations"))
    offer(report, "unregularised_canonical_correlations", fit_cca(train.at(0), train.at(1), 1, {}).all_values, kClosed);
}

void check_pls(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> train = views_of(c, "view");
  const LinearViews pls = fit_pls_canonical(train.at(0), train.at(1), columns(c, "x_weights"));
  offer(report, "x_weights", pls.weights[0], kIterative);  // the reference iterates to its vectors
  offer(report, "y_weights", pls.weights[1], kIterative);
}

void check_three_views(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> train = views_of(c, "view"), test = views_of(c, "test");
  std::vector<std::unique_ptr<RowSource>> sources;
  std::vector<const RowSource*> rows;
  std::vector<const Matrix*> matrices;
  for (const Matrix& view : train) {
    sources.push_back(rows_of(view, "a view"));
    rows.push_back(sources.back().get());
    matrices.push_back(&view);
  }
  const Moments moments = stream_moments(rows, "cca");
  for (const std::string& key : c.expected_keys()) {
    const std::string end = "eigenvalues";
    if (!key.ends_with(end)) continue;
    const std::string prefix = key.substr(0, key.size() - end.size());
    const bool gcca = prefix.starts_with("gcca");
    const Index k = columns(c, key);
    const LinearViews views =
        gcca ? fit_gcca(moments, k, penalties_of(prefix)) : fit_mcca(moments, k, penalties_of(prefix));
    offer(report, key, views.values, kClosed);
    std::vector<Matrix> scores;
    for (size_t i = 0; i < train.size(); ++i) {
      scores.push_back(views.transform(i, train[i]));
      offer(report, fmt::format("{}weights{}", prefix, i + 1), views.weights[i], kClosed);
      offer(report, fmt::format("{}test_scores{}", prefix, i + 1), views.transform(i, test[i]), kClosed);
    }
    Vector mean = Vector::Zero(k);
    double pairs = 0;
    for (size_t i = 0; i < scores.size(); ++i)
      for (size_t j = i + 1; j < scores.size(); ++j, ++pairs) mean += column_correlations(scores[i], scores[j]);
    offer(report, prefix + "train_mean_pairwise_correlation", Vector(mean / pairs), kClosed);
    if (gcca) offer(report, prefix + "shared", gcca_shared(views, matrices), kClosed);
  }
}

void check_tensor(const ExpectedCase& c, ExpectedReport& report) {
  const LinearViews views = fit_tensor_cca(views_of(c, "view"));
  report.ignore("tolerance");
  report.offer_json("value", views.values(0), kIterative);
  for (size_t i = 0; i < 3; ++i) offer(report, fmt::format("weights{}", i + 1), views.weights[i], kIterative);
}

void check_kernel(const ExpectedCase& c, ExpectedReport& report) {
  const std::vector<Matrix> train = views_of(c, "view"), test = views_of(c, "test");
  const std::vector<std::pair<std::string, Kernel>> kernels = {{"linear_", {KernelType::linear, 1, 0, 1}},
                                                               {"rbf_", {KernelType::rbf, 0.05, 0, 1}},
                                                               {"poly_", {KernelType::polynomial, 0.1, 1, 2}}};
  for (const auto& [prefix, kernel] : kernels) {
    if (!c.has_expected(prefix + "singular_values")) continue;
    const KernelCca model =
        fit_kernel_cca(train.at(0), train.at(1), columns(c, prefix + "singular_values"), {kernel}, 0.1);
    offer(report, prefix + "singular_values", model.views.values, kClosed);
    std::vector<Matrix> now, then;
    for (size_t i = 0; i < 2; ++i) {
      now.push_back(model.transform(i, train[i]));
      then.push_back(model.transform(i, test[i]));
      offer(report, fmt::format("{}train_scores{}", prefix, i + 1), now[i], kClosed);
      offer(report, fmt::format("{}test_scores{}", prefix, i + 1), then[i], kClosed);
    }
    offer(report, prefix + "train_correlation", column_correlations(now[0], now[1]), kClosed);
    offer(report, prefix + "test_correlation", column_correlations(then[0], then[1]), kClosed);
  }
}

}  // namespace

ExpectedKind cca_kind() {
  return kind_of_group("cca", {{"canonical_correlations_all", check_two_views},
                               {"x_weights", check_pls},
                               {"mcca_0.0_eigenvalues", check_three_views},
                               {"value", check_tensor},
                               {"rbf_singular_values", check_kernel},
                               {"pls_singular_values", check_penalised},
                               {"unregularised_canonical_correlations", check_penalised}});
}

}  // namespace sensorium::classic
