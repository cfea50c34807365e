#include "sensorium/classic/fusion.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/folds.h"

#include <algorithm>
#include <cmath>

namespace sensorium::classic {
namespace {

constexpr double kLeastChance = 1e-12;

void check(const ModelProbabilities& models, const Vector& weights) {
  if (models.empty() || models[0].size() == 0)
    throw InputError("fuse", "expected probabilities of a model or more, got none");
  for (const Matrix& m : models)
    if (m.rows() != models[0].rows() || m.cols() != models[0].cols())
      throw InputError("fuse", "expected probabilities of {} x {} from every model, got {} x {}", models[0].rows(),
                       models[0].cols(), m.rows(), m.cols());
  if (weights.size() != 0 && weights.size() != static_cast<Index>(models.size()))
    throw UsageError("fuse", "expected a weight for each of {} models, got {}", models.size(), weights.size());
  if (weights.size() != 0 && (weights.minCoeff() < 0 || !(weights.sum() > 0)))
    throw UsageError("fuse", "expected weights of at least 0 and one above 0, got a sum of {}", weights.sum());
}

double weight_of(const Vector& weights, size_t model) {
  return weights.size() ? weights(static_cast<Index>(model)) : 1.0;
}

Matrix to_sum_one(Matrix m) {
  const Vector sums = m.rowwise().sum();
  for (Index i = 0; i < m.rows(); ++i)
    if (sums(i) > 0)
      m.row(i) /= sums(i);
    else
      m.row(i).setConstant(1.0 / static_cast<double>(m.cols()));
  return m;
}

Index first_largest(const Eigen::Ref<const Eigen::RowVectorXd>& row, double tolerance) {
  const double most = row.maxCoeff();
  Index at = 0;
  while (row(at) < most - tolerance) ++at;
  return at;
}

}  // namespace

Concatenation fit_concatenation(const std::vector<Matrix>& views, bool scaled) {
  Concatenation c;
  for (const Matrix& view : views) {
    c.means.push_back(view.colwise().mean().transpose());
    if (scaled) c.scalers.push_back(fit_standard(*rows_of(view, "a view")).scaler);
  }
  return c;
}

Matrix Concatenation::transform(const std::vector<Matrix>& views,
                                const std::vector<std::vector<uint8_t>>& present) const {
  if (views.size() != means.size()) throw InputError("fuse", "expected {} views, got {}", means.size(), views.size());
  Index width = 0;
  for (const Vector& mean : means) width += mean.size();
  Matrix out(views[0].rows(), width);
  Index column = 0;
  for (size_t v = 0; v < views.size(); ++v) {
    if (views[v].cols() != means[v].size() || views[v].rows() != out.rows())
      throw InputError("fuse", "expected {} x {} values of view {}, got {} x {}", out.rows(), means[v].size(), v + 1,
                       views[v].rows(), views[v].cols());
    Matrix filled = views[v];
    for (Index i = 0; i < filled.rows() && !present.empty(); ++i)
      if (!present.at(v).at(static_cast<size_t>(i))) filled.row(i) = means[v].transpose();
    out.middleCols(column, filled.cols()) = scalers.empty() ? filled : scalers[v].transform(filled);
    column += filled.cols();
  }
  return out;
}

Votes hard_vote(const ModelProbabilities& models, const Vector& weights) {
  check(models, weights);
  Votes v;
  v.sums = Matrix::Zero(models[0].rows(), models[0].cols());
  for (size_t m = 0; m < models.size(); ++m)
    for (Index i = 0; i < v.sums.rows(); ++i) {
      const Index vote = first_largest(models[m].row(i), 0);
      v.votes.push_back(vote);
      v.sums(i, vote) += weight_of(weights, m);
    }
  for (Index i = 0; i < v.sums.rows(); ++i) v.winners.push_back(first_largest(v.sums.row(i), 1e-12));
  return v;
}

Matrix soft_vote(const ModelProbabilities& models, const Vector& weights,
                 const std::vector<std::vector<uint8_t>>& present) {
  check(models, weights);
  Matrix sum = Matrix::Zero(models[0].rows(), models[0].cols());
  Vector total = Vector::Zero(sum.rows());
  for (size_t m = 0; m < models.size(); ++m)
    for (Index i = 0; i < sum.rows(); ++i) {
      if (!present.empty() && !present.at(m).at(static_cast<size_t>(i))) continue;
      sum.row(i) += weight_of(weights, m) * models[m].row(i);
      total(i) += weight_of(weights, m);
    }
  for (Index i = 0; i < sum.rows(); ++i)
    if (total(i) > 0)
      sum.row(i) /= total(i);
    else
      sum.row(i).setConstant(1.0 / static_cast<double>(sum.cols()));
  return sum;
}

Matrix product_fusion(const ModelProbabilities& models, const Vector& weights) {
  check(models, weights);
  Matrix logs = Matrix::Zero(models[0].rows(), models[0].cols());
  for (size_t m = 0; m < models.size(); ++m)
    logs.array() += weight_of(weights, m) * models[m].array().max(kLeastChance).log();
  return row_softmax(std::move(logs));
}

Matrix pick_fusion(const ModelProbabilities& models, Pick pick) {
  check(models, {});
  Matrix out = models[0];
  std::vector<double> values(models.size());
  for (Index i = 0; i < out.size(); ++i) {
    for (size_t m = 0; m < models.size(); ++m) values[m] = models[m].data()[i];
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    const double median = values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
    out.data()[i] = pick == Pick::max ? values.back() : pick == Pick::min ? std::max(values[0], kLeastChance) : median;
  }
  return to_sum_one(std::move(out));
}

Vector learn_weights(const ModelProbabilities& models, std::span<const int64_t> labels) {
  check(models, {});
  const Index n = models[0].rows(), m = static_cast<Index>(models.size());
  if (static_cast<Index>(labels.size()) != n) throw InputError("fuse", "expected {} labels, got {}", n, labels.size());
  Matrix right(n, m);  // each model's probability of the label
  for (Index i = 0; i < n; ++i) {
    const int64_t label = labels[static_cast<size_t>(i)];
    if (label < 0 || label >= models[0].cols())
      throw InputError("fuse", "expected labels of {} classes, got {}", models[0].cols(), label);
    for (Index j = 0; j < m; ++j) right(i, j) = std::max(models[static_cast<size_t>(j)](i, label), kLeastChance);
  }
  constexpr int kSteps = 10000;
  Vector weights = Vector::Constant(m, 1.0 / static_cast<double>(m));
  for (int step = 0; step < kSteps; ++step) {
    const Vector mixed = right * weights;
    const Vector next = weights.array() * (right.transpose() * mixed.cwiseInverse()).array() / static_cast<double>(n);
    const double moved = (next - weights).cwiseAbs().maxCoeff();
    weights = next;
    if (moved < 1e-10) break;
  }
  return weights / weights.sum();
}

Stacking fit_stacking(const std::vector<Matrix>& views, std::span<const int64_t> labels, std::span<const int64_t> fold,
                      std::span<const double> candidates) {
  if (views.empty() || labels.empty() || static_cast<Index>(labels.size()) != views[0].rows())
    throw InputError("stacking", "expected a label for each row, got {}", labels.size());
  const Index n = views[0].rows(), classes = *std::max_element(labels.begin(), labels.end()) + 1;
  Stacking s;
  s.out_of_fold.resize(n, classes * static_cast<Index>(views.size()));
  for (size_t v = 0; v < views.size(); ++v) {
    const double c = choose_penalty(views[v], labels, fold, candidates);
    s.penalties.push_back(c);
    for_each_fold(labels, fold, "stacking", [&](const Fold& one) {
      const LinearClassifier model = fit_logistic(views[v](one.outside, Eigen::all), one.outside_labels, c);
      s.out_of_fold(one.inside, Eigen::seqN(static_cast<Index>(v) * classes, classes)) =
          model.probabilities(views[v](one.inside, Eigen::all));
    });
    s.base.push_back(fit_logistic(views[v], labels, c));
  }
  s.penalties.push_back(choose_penalty(s.out_of_fold, labels, fold, candidates));
  s.meta = fit_logistic(s.out_of_fold, labels, s.penalties.back());
  return s;
}

Matrix Stacking::probabilities(const std::vector<Matrix>& views) const {
  if (views.size() != base.size()) throw InputError("stacking", "expected {} views, got {}", base.size(), views.size());
  Matrix features(views[0].rows(), meta.weights.cols());
  Index column = 0;
  for (size_t v = 0; v < views.size(); ++v) {
    const Matrix p = base[v].probabilities(views[v]);
    features.middleCols(column, p.cols()) = p;
    column += p.cols();
  }
  return meta.probabilities(features);
}

Vector kernel_ridge(const Matrix& kernel, const Vector& targets, double alpha) {
  Matrix k = kernel;
  k.diagonal().array() += alpha;
  return solve_positive(std::move(k), targets, "kernel ridge").col(0);
}

double kernel_alignment(const Matrix& k1, const Matrix& k2) {
  return k1.cwiseProduct(k2).sum() / (k1.norm() * k2.norm());
}

}  // namespace sensorium::classic
