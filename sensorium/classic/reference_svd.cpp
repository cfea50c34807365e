#include "sensorium/classic/pca.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/reference_kinds.h"
#include "sensorium/classic/tfidf.h"

namespace sensorium::classic {
namespace {

void check_thin(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix a = input_matrix(c, "A");
  const Svd svd = thin_svd(a);
  const Index rank = numerical_rank(svd.s, a.rows(), a.cols()), eight = std::min<Index>(8, svd.s.size());
  const Matrix low = multiply(svd.u.leftCols(eight) * svd.s.head(eight).asDiagonal(), svd.vt.topRows(eight));
  offer(report, "s", svd.s, kClosed);
  offer(report, "U", Matrix(svd.u.leftCols(rank)), kClosed);
  offer(report, "Vt", Matrix(svd.vt.topRows(rank)), kClosed);
  offer(report, "pseudo_inverse", pseudo_inverse(svd), kClosed);
  report.offer_json("rank", rank, 0);
  report.offer_json("reconstruction_rank8_frobenius_error", (a - low).norm(), kClosed);
  report.offer_json("condition", svd.s(0) / svd.s(rank - 1), kClosed);
  report.offer_json("nuclear_norm", svd.s.sum(), kClosed);
}

void check_truncated(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = input_matrix(c, "X"), test = input_matrix(c, "X_test");
  const Svd svd = truncated_svd(x, c.expected_array("components")->shape.at(0));
  const Projection projection{{}, svd.vt, {}};
  const TruncatedScores scores = truncated_scores(x, svd.vt);
  const Matrix projected = projection.transform(test);
  offer(report, "components", svd.vt, kClosed);
  offer(report, "singular_values", svd.s, kClosed);
  offer(report, "explained_variance", scores.explained_variance, kClosed);
  offer(report, "explained_variance_ratio", scores.explained_ratio, kClosed);
  offer(report, "scores", scores.scores, kClosed);
  offer(report, "scores_test", projected, kClosed);
  offer(report, "reconstruction_test", projection.inverse(projected), kClosed);
}

void check_pca(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = input_matrix(c, "X"), test = input_matrix(c, "X_test");
  const Index k = c.expected_array("components")->shape.at(0);
  const Pca pca = fit_pca(x, k, false), whitened = fit_pca(x, k, true);
  const Matrix projected = pca.projection.transform(test);
  offer(report, "mean", pca.projection.mean, kClosed);
  offer(report, "components", pca.projection.components, kClosed);
  offer(report, "explained_variance", pca.explained_variance, kClosed);
  offer(report, "explained_variance_ratio", pca.explained_ratio, kClosed);
  offer(report, "singular_values", pca.singular_values, kClosed);
  offer(report, "scores", pca.projection.transform(x), kClosed);
  offer(report, "scores_test", projected, kClosed);
  offer(report, "whiten_scores", whitened.projection.transform(x), kClosed);
  offer(report, "whiten_scores_test", whitened.projection.transform(test), kClosed);
  offer(report, "reconstruction_test", pca.projection.inverse(projected), kClosed);
  report.offer_json("noise_variance", pca.noise_variance, kClosed);
  report.offer_json("components_for_95_percent", components_for(x, 0.95), 0);
}

void check_randomised(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix a = input_matrix(c, "A");
  const auto k = c.input_json("k").get<Index>();
  const Svd svd = randomized_svd(a, k, input_matrix(c, "omega"), c.input_json("iterations").get<int>());
  offer(report, "s", svd.s, kClosed);
  offer(report, "U", svd.u, kClosed);
  offer(report, "Vt", svd.vt, kClosed);
  offer(report, "exact_s", truncated_svd(a, k).s, kClosed);
}

void check_lsa(const ExpectedCase& c, ExpectedReport& report) {
  const auto documents = c.input_json("documents").get<std::vector<std::string>>();
  const auto queries = c.input_json("queries").get<std::vector<std::string>>();
  const Tfidf tfidf = fit_tfidf(documents);
  const Matrix rows = tfidf.transform(documents);
  report.offer_json("vocabulary", tfidf.vocabulary, 0);
  offer(report, "idf", tfidf.idf, kClosed);
  offer(report, "tfidf", rows, kClosed);
  if (const TensorView* first = c.expected_array("tfidf_sublinear_first_8")) {
    const Matrix sublinear = fit_tfidf(documents, true).transform(documents);
    offer(report, "tfidf_sublinear_first_8", Matrix(sublinear.topRows(first->shape.at(0))), kClosed);
  }
  const Svd svd = truncated_svd(rows, c.expected_array("components")->shape.at(0));
  const Projection projection{{}, svd.vt, {}};
  offer(report, "singular_values", svd.s, kClosed);
  offer(report, "components", svd.vt, kClosed);
  offer(report, "document_scores", projection.transform(rows), kClosed);
  offer(report, "query_scores", projection.transform(tfidf.transform(queries)), kClosed);
}

}  // namespace

ExpectedKind svd_kind() {
  return kind_of_group("svd", {{"rank", check_thin},
                               {"scores_test",
                                [](const ExpectedCase& c, ExpectedReport& report) {
                                  c.has_expected("mean") ? check_pca(c, report) : check_truncated(c, report);
                                }},
                               {"exact_s", check_randomised},
                               {"tfidf", check_lsa}});
}

}  // namespace sensorium::classic
