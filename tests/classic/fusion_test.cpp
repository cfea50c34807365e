#include "sensorium/classic/fusion.h"
#include "sensorium/classic/folds.h"
#include "sensorium/classic/hash_sets.h"
#include "sensorium/classic/neighbours.h"
#include "sensorium/classic/rank_fusion.h"
#include "sensorium/classic/svd.h"
#include "sensorium/classic/tfidf.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace sensorium;
using namespace sensorium::classic;

TEST_CASE("learnt weights trust the model that is right") {
  const Index n = 400;
  std::vector<int64_t> labels;
  ModelProbabilities models(2, Matrix(n, 2));
  for (Index i = 0; i < n; ++i) {
    labels.push_back(i % 2);
    models[0](i, i % 2) = i % 10 == 0 ? 0.2 : 0.8;
    models[0](i, 1 - i % 2) = 1 - models[0](i, i % 2);
    models[1].row(i).setConstant(0.5);
  }
  const Vector weights = learn_weights(models, labels);
  CHECK(weights.sum() == doctest::Approx(1));
  CHECK(weights(0) > 0.9);
  CHECK(accuracy(soft_vote(models, weights), labels) == doctest::Approx(0.9));
}

TEST_CASE("with every modality missing nothing is known") {
  const ModelProbabilities models(2, (Matrix(1, 4) << 0.7, 0.1, 0.1, 0.1).finished());
  const Matrix fused = soft_vote(models, {}, {{0}, {0}});
  CHECK(fused.row(0).isConstant(0.25));
}

TEST_CASE("logistic regression separates, by columns of very different units too") {
  Matrix x = gaussian_matrix(300, 3, 1);
  std::vector<int64_t> y;
  for (Index i = 0; i < 300; ++i) y.push_back((x(i, 0) > 0.4) + (x(i, 0) > -0.4));
  x.col(1) *= 1e3;
  const LinearClassifier model = fit_logistic(x, y, 10);
  CHECK(accuracy(model.probabilities(x), y) > 0.95);
  CHECK(std::abs(model.intercept.sum()) < 1e-6);
}

TEST_CASE("labels that do not fit are refused") {
  const Matrix x = gaussian_matrix(4, 2, 1);
  const std::vector<int64_t> same = {1, 1, 1, 1}, few = {0, 1}, negative = {0, 1, -1, 0};
  CHECK(test::error_of([&] { fit_logistic(x, same); }) ==
        "[classifier] expected labels of two classes or more, got 1 alone");
  CHECK(test::error_of([&] { fit_logistic(x, few); }) == "[classifier] expected a label for each of 4 rows, got 2");
  CHECK(test::error_of([&] { fit_logistic(x, negative); }) == "[classifier] expected labels in 0 ... 100000, got -1");
}

TEST_CASE("equal reciprocal ranks go by id, and repeated items are refused") {
  const FusedRanks fused = reciprocal_ranks({{5, 3}, {3, 5}});
  CHECK(fused.order == std::vector<int64_t>{3, 5});
  CHECK(test::error_of([&] {
          borda({{1, 2, 1}}, false);
        }) == "[rank fusion] expected each item once in a list, got 1 twice");
}

TEST_CASE("words: lower case, two letters or more, any script") {
  CHECK(words_of("Dog's DOG, a x Straße_7 42 猫和狗") ==
        std::vector<std::string>{"dog", "dog", "straße_7", "42", "猫和狗"});
  const Tfidf model = fit_tfidf({"red red cat", "blue cat", ""});
  CHECK(model.vocabulary == std::vector<std::string>{"blue", "cat", "red"});
  CHECK(model.idf(1) == doctest::Approx(std::log(4.0 / 3) + 1));
  const Matrix rows = model.transform({"red red cat", "unseen"});
  CHECK(rows.row(0).norm() == doctest::Approx(1));
  CHECK(rows(0, 2) / rows(0, 1) == doctest::Approx(2 * (std::log(2.0) + 1) / (std::log(4.0 / 3) + 1)));
  CHECK(rows.row(1).isZero());
  CHECK(test::error_of([] {
          fit_tfidf({"", "a"});
        }) == "[tfidf] expected texts with words of two letters or more, got none");
}

TEST_CASE("hashes are the published ones, and MinHash estimates Jaccard") {
  CHECK(xxh64("", 0) == 0xEF46DB3751D8E999);
  int train = 0;
  for (int i = 0; i < 2000; ++i) train += hash_split(std::to_string(i), 7) == "train";
  CHECK(std::abs(train - 1600) < 80);
  CHECK(shingles(" A  cat ") == std::vector<std::string>{"a cat"});
  CHECK(shingles("\n").empty());
  CHECK(jaccard({}, {}) == 1);
  const auto a = shingles("a black dog runs in the snow"), b = shingles("a black dog runs in the grass");
  CHECK(std::abs(minhash_similarity(minhash(a, 512), minhash(b, 512)) - jaccard(a, b)) < 0.08);
}

TEST_CASE("k-means finds clusters that lie apart") {
  Matrix x = gaussian_matrix(300, 2, 5);
  for (Index i = 0; i < 300; ++i) x(i, 0) += 30.0 * static_cast<double>(i % 3);
  const KMeans km = k_means(x, k_means_start(x, 3, 1), 100);
  for (Index i = 3; i < 300; ++i) CHECK(km.labels[static_cast<size_t>(i)] == km.labels[static_cast<size_t>(i % 3)]);
  CHECK(test::error_of([&] { k_means_start(x, 301, 1); }) == "[k-means] expected 1 to 300 clusters, got 301");
}

TEST_CASE("the penalty that judges held-out folds best is chosen, whatever the width of the rows") {
  const Index n = 80;
  const std::vector<double> candidates = {1e-4, 1e-2, 1, 100};
  std::vector<int64_t> y, fold;
  for (Index i = 0; i < n; ++i) {
    y.push_back(i % 3);
    fold.push_back(i / 3 % 4);
  }
  Matrix clear = 0.01 * gaussian_matrix(n, 4, 1), noise = gaussian_matrix(n, 4, 2);
  for (Index i = 0; i < n; ++i) clear(i, i % 3) += 1;
  CHECK(choose_penalty(clear, y, fold, candidates) == 100);
  CHECK(choose_penalty(noise, y, fold, candidates) < 1);
  Matrix some = noise, wide = Matrix::Zero(n, 2 * n);
  for (Index i = 0; i < n; ++i) some(i, i % 3) += 1;
  wide.leftCols(4) = some;
  CHECK(choose_penalty(wide, y, fold, candidates) == choose_penalty(some, y, fold, candidates));
  CHECK(choose_penalty(noise, y, fold, std::vector<double>{7}) == 7);
  CHECK(test::error_of([&] { choose_penalty(noise, y, fold, {}); }) ==
        "[classifier] expected a C or several to choose from, got none");
  const std::vector<int64_t> by_class = y;
  CHECK(test::error_of([&] { choose_penalty(noise, y, by_class, candidates); }) ==
        "[classifier] expected all 3 classes outside fold 0, got fewer");
}

TEST_CASE("stacking tells the penalty of each classifier") {
  std::vector<int64_t> y, fold;
  Matrix x = 0.01 * gaussian_matrix(60, 3, 1);
  for (Index i = 0; i < 60; ++i) {
    y.push_back(i % 3);
    fold.push_back(i / 3 % 4);
    x(i, i % 3) += 1;
  }
  const std::vector<double> candidates = {0.1, 10};
  const Stacking s = fit_stacking({x, gaussian_matrix(60, 3, 2)}, y, fold, candidates);
  CHECK(s.penalties == std::vector<double>{10, 0.1, 10});
}

TEST_CASE("a classifier of wide rows is that of the turned ones") {
  const Matrix x = gaussian_matrix(20, 50, 1);
  std::vector<int64_t> y;
  for (Index i = 0; i < 20; ++i) y.push_back(i % 3);
  const Turned turned = turn_rows(x);
  CHECK(turned.rows.cols() == 20);
  const LinearClassifier direct = fit_logistic(x, y, 0.3),
                         detour = turned_back(fit_logistic(turned.rows, y, 0.3), turned.back);
  CHECK((direct.weights - detour.weights).cwiseAbs().maxCoeff() < 1e-7);
  CHECK((direct.intercept - detour.intercept).cwiseAbs().maxCoeff() < 1e-7);
  CHECK(turn_rows(x.leftCols(7)).back.size() == 0);
}
