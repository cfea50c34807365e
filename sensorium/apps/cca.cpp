#include "sensorium/apps/cca.h"

#include "sensorium/apps/feature_pairs.h"
#include "sensorium/apps/feature_plots.h"
#include "sensorium/apps/feature_views.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"
#include "sensorium/classic/multiview.h"
#include "sensorium/classic/products.h"
#include "sensorium/serve/model/feature_model.h"

#include <cstdio>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;
using classic::Vector;

const CommandInfo kInfo{
    "sensorium cca",
    "Finds the directions in two or more views of the same items whose coordinates correlate most. With encoders the\n"
    "result is a model that embed, search, classify and evaluate retrieval take.",
    "sensorium cca photos.npy captions.npy --components 32 --shrinkage 0.1 --output out/cca\n"
    "sensorium cca --data data/builtin --picture-encoder resnet-50 --text-encoder minilm --ridge 0.3 --weighted "
    "--output out/cca\n"
    "sensorium cca new_photos.npy new_captions.npy --model out/cca --scores new"};

struct Options {
  std::vector<std::string> views, encoders, test;
  std::vector<double> shrinkage, ridge;
  std::string method = "cca", kernel = "rbf", output, scores, model;
  PairPlan pairs;
  int components = 0, degree = 3, landmarks = 0;
  double gamma = 0, coef0 = 1;
  uint64_t seed = 0;
  bool weighted = false, json = false;
  void describe(OptionSet& o) {
    o.field("views", views, ".npy, .csv, .tsv or .jsonl files, a row an item, the same items in each").positional();
    pairs.describe(o, "views");
    o.field("method", method,
            "pls is cca with shrinkage 1; pls_canonical deflates; mcca, gcca, tensor: three views or more")
        .one_of({"cca", "pls", "pls_canonical", "mcca", "gcca", "tensor", "kernel"});
    o.field("components", components, "pairs of directions kept; 0: as many as there are, at most 64")
        .range(0, 1000000);
    o.field("shrinkage", shrinkage, "c in (1 - c) S + c I, one for all views or one for each").range(0, 1);
    o.field("ridge", ridge, "added to the diagonal of each view's covariance, in means of that diagonal")
        .range(0, 1e300);
    o.field("weighted", weighted, "coordinates times their value: what agrees most counts most in search");
    o.field("kernel", kernel, "of the kernel method").one_of({"linear", "rbf", "polynomial"});
    o.field("gamma", gamma, "of the kernel; 0: one over the number of columns").range(0, 1e300);
    o.field("coef0", coef0, "of the polynomial kernel").range(0, 1e300);
    o.field("degree", degree, "of the polynomial kernel").range(1, 100);
    o.field("landmarks", landmarks, "rows that stand for all in the kernel method (Nystroem); 0: all").range(0, 100000);
    o.field("test", test, "files of held-out items, one for each view: their correlations are told");
    o.field("encoders", encoders, "checkpoint folders that made the views, kept with the model");
    o.field("seed", seed, "chooses the landmarks");
    o.field("output", output, "folder for the model and its plot");
    o.field("scores", scores, "NAME: coordinates go to NAME1.npy, NAME2.npy, ...");
    o.field("model", model, "apply this model instead of fitting one");
    o.field("threads", pairs.threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print JSON");
  }
};

/// Views of any origin.
struct Input {
  std::vector<FeatureView> files;
  FeaturePairs pairs;
  std::vector<const classic::RowSource*> rows() const {
    if (!pairs.split) return sources_of(files);
    return {pairs.pictures.get(), pairs.texts.get()};
  }
  std::vector<Matrix> matrices() const {
    std::vector<Matrix> all;
    for (const classic::RowSource* source : rows()) all.push_back(classic::read_all(*source));
    return all;
  }
};

/// Throws for views of one row, and of other numbers of rows than the first.
void check_rows(const std::vector<const classic::RowSource*>& views) {
  for (const classic::RowSource* view : views) {
    if (view->rows() < 2) throw InputError("cca", "{}: expected at least 2 rows, got {}", view->name(), view->rows());
    if (view->rows() != views[0]->rows())
      throw InputError("cca", "{}: expected {} rows as in {}, got {}", view->name(), views[0]->rows(), views[0]->name(),
                       view->rows());
  }
}

struct Fit {
  classic::LinearViews views;
  std::vector<classic::KernelFeatures> kernels;
  std::vector<std::string> warnings;
};

std::vector<classic::Penalty> penalties_of(const Options& options) {
  if (options.method == "pls") return {{.shrinkage = 1}};
  const size_t n = std::max(options.shrinkage.size(), options.ridge.size());
  std::vector<classic::Penalty> penalties(n);
  const auto at = [](const std::vector<double>& values, size_t i) {
    return values.empty() ? 0.0 : values.size() == 1 ? values[0] : values.at(i);
  };
  if (options.shrinkage.size() > 1 && options.ridge.size() > 1 && options.shrinkage.size() != options.ridge.size())
    throw UsageError(kInfo.name, "expected as many --shrinkage as --ridge, got {} and {}", options.shrinkage.size(),
                     options.ridge.size());
  for (size_t i = 0; i < n; ++i) penalties[i] = {at(options.shrinkage, i), 0, at(options.ridge, i)};
  return penalties;
}

Fit fit_kernel(const Options& options, const std::vector<Matrix>& x, Index k) {
  std::vector<classic::Kernel> kernels;
  for (const Matrix& view : x)
    kernels.push_back({options.kernel == "linear" ? classic::KernelType::linear
                       : options.kernel == "rbf"  ? classic::KernelType::rbf
                                                  : classic::KernelType::polynomial,
                       options.gamma > 0 ? options.gamma : 1 / static_cast<double>(view.cols()), options.coef0,
                       options.degree});
  const double shrinkage = options.shrinkage.empty() ? 0.1 : options.shrinkage[0];
  classic::KernelCca model =
      classic::fit_kernel_cca(x[0], x[1], k, kernels, shrinkage, options.landmarks, options.seed);
  return {std::move(model.views), std::move(model.features), {}};
}

Fit fit(const Options& options, const Input& input) {
  const auto rows = input.rows();
  check_rows(rows);
  const bool many = options.method == "mcca" || options.method == "gcca" || options.method == "tensor";
  if (many ? rows.size() < (options.method == "tensor" ? 3 : 2) : rows.size() != 2)
    throw UsageError(kInfo.name, "expected {} views for --method {}, got {}",
                     options.method == "tensor" ? "3"
                     : many                     ? "2 or more"
                                                : "2",
                     options.method, rows.size());
  Index least = rows[0]->columns();
  for (const classic::RowSource* source : rows) least = std::min(least, source->columns());
  const Index k = options.components > 0 ? options.components : std::min<Index>(64, least);
  if (k > least) throw UsageError(kInfo.name, "expected at most {} components of the narrowest view, got {}", least, k);
  if (options.method == "tensor") return {classic::fit_tensor_cca(input.matrices()), {}, {}};
  if (options.method == "kernel") return fit_kernel(options, input.matrices(), k);
  if (options.method == "pls_canonical") {
    const std::vector<Matrix> x = input.matrices();
    return {classic::fit_pls_canonical(x[0], x[1], k), {}, {}};
  }
  const auto penalties = penalties_of(options);
  const bool few = rows[0]->rows() < 4 * std::max(rows[0]->columns(), rows.back()->columns());
  if (!many && few) {
    const std::vector<Matrix> x = input.matrices();
    classic::Cca cca = classic::fit_cca(x[0], x[1], k, penalties);
    return {std::move(cca.views), {}, std::move(cca.warnings)};
  }
  const classic::Moments moments = classic::stream_moments(rows, "cca");
  if (options.method == "mcca") return {classic::fit_mcca(moments, k, penalties), {}, {}};
  if (options.method == "gcca") return {classic::fit_gcca(moments, k, penalties), {}, {}};
  classic::Cca cca = classic::fit_cca(moments, k, penalties);
  return {std::move(cca.views), {}, std::move(cca.warnings)};
}

FeatureModel to_model(const Options& options, Fit fit, const std::vector<const classic::RowSource*>& rows) {
  FeatureModel model;
  model.method = options.method;
  for (size_t v = 0; v < fit.views.weights.size(); ++v) {
    FeatureMap map;
    map.width = rows[v]->columns();
    if (!fit.kernels.empty()) map.kernel = std::move(fit.kernels[v]);
    map.linear = {fit.views.means[v], fit.views.weights[v].transpose(), {}};
    if (options.weighted) map.linear->scale = fit.views.values.cwiseMax(1e-12).cwiseInverse();
    model.maps.push_back(std::move(map));
  }
  return model;
}

/// Coordinates of rows, block by block: only they are held.
Matrix coordinates(const FeatureMap& map, const classic::RowSource& rows, Index most) {
  constexpr Index kBlock = 4096;
  const Index n = std::min(rows.rows(), most);
  Matrix out;
  for (Index first = 0; first < n; first += kBlock) {
    Matrix block(std::min(kBlock, n - first), rows.columns());
    classic::read_finite(rows, first, block.rows(), block.data());
    const Matrix part = map.apply(block);
    if (first == 0) out.resize(n, part.cols());
    out.middleRows(first, part.rows()) = part;
  }
  return out;
}

std::vector<double> correlations(const FeatureModel& model, const std::vector<const classic::RowSource*>& rows) {
  constexpr Index kAll = std::numeric_limits<Index>::max();
  if (rows.size() < 2 || rows[0]->rows() != rows[1]->rows()) return {};
  const Vector r = classic::column_correlations(coordinates(model.maps[0], *rows[0], kAll),
                                                coordinates(model.maps[1], *rows[1], kAll));
  return {r.begin(), r.end()};
}

void write_scores(const Options& options, const FeatureModel& model,
                  const std::vector<const classic::RowSource*>& rows) {
  for (size_t v = 0; v < rows.size() && !options.scores.empty(); ++v)
    write_npy(fmt::format("{}{}.npy", options.scores, v + 1),
              coordinates(model.maps[v], *rows[v], std::numeric_limits<Index>::max()));
}

void print(const Options& options, const OrderedJson& facts) {
  if (options.json) {
    fmt::print("{}\n", facts.dump(2));
    return;
  }
  const auto values = facts.at("values").get<std::vector<double>>();
  const auto held_out = facts.value("test_correlations", std::vector<double>{});
  fmt::print("{} of {} rows, {} components\n{:>9}{:>12}{:>12}\n", options.method, facts.at("rows").get<Index>(),
             values.size(), "component", "value", held_out.empty() ? "" : "held out");
  for (size_t i = 0; i < std::min<size_t>(10, values.size()); ++i)
    fmt::print("{:>9}{:>12.6f}{:>12}\n", i + 1, values[i],
               i < held_out.size() ? fmt::format("{:.6f}", held_out[i]) : "");
}

int apply_model(const Options& options) {
  const FeatureModel model = load_feature_model(options.model);
  const std::vector<FeatureView> files = open_views(options.views);
  if (options.scores.empty()) throw UsageError(kInfo.name, "expected --scores with --model, got none");
  if (files.empty() || files.size() > model.maps.size())
    throw UsageError(kInfo.name, "expected 1 to {} views for this model, got {}", model.maps.size(), files.size());
  const auto rows = sources_of(files);
  write_scores(options, model, rows);
  const std::vector<double> r = correlations(model, rows);
  for (size_t i = 0; i < std::min<size_t>(10, r.size()); ++i) fmt::print("{:>9}{:>12.6f}\n", i + 1, r[i]);
  return 0;
}

void check(const Options& options) {
  if (!options.pairs.data.empty() && (!options.views.empty() || !options.encoders.empty()))
    throw UsageError(
        kInfo.name,
        "expected either views (and --encoders) or --data (with --picture-encoder and --text-encoder), got both");
  if (options.pairs.data.empty() && options.views.empty())
    throw UsageError(kInfo.name, "expected views or --data, got neither");
  if (!options.test.empty() && options.test.size() < 2)
    throw UsageError(kInfo.name, "expected a --test file for each view, got 1");
}

}  // namespace

int run_cca(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  check(options);
  classic::set_num_threads(options.pairs.threads);
  if (!options.model.empty()) return apply_model(options);
  Input input;
  if (options.pairs.data.empty())
    input.files = open_views(options.views);
  else
    input.pairs = embed_pairs(options.pairs, kInfo.name);
  const std::vector<FeatureView> test = open_views(options.test);
  const auto rows = input.rows();
  Fit found = fit(options, input);
  for (const std::string& warning : found.warnings) spdlog::warn("{}", warning);
  const std::vector<double> values(found.views.values.begin(), found.views.values.end());
  FeatureModel model = to_model(options, std::move(found), rows);
  model.facts = {
      {"method", options.method}, {"rows", rows[0]->rows()}, {"components", values.size()}, {"values", values}};
  if (!test.empty()) model.facts["test_correlations"] = correlations(model, sources_of(test));
  constexpr Index kSample = 512;
  model.logit_scale =
      fit_logit_scale(coordinates(model.maps[0], *rows[0], kSample), coordinates(model.maps[1], *rows[1], kSample));
  write_scores(options, model, rows);
  if (!options.output.empty()) {
    std::vector<std::string> encoders = options.encoders;
    if (input.pairs.split) encoders = {options.pairs.picture_encoder, options.pairs.text_encoder};
    save_feature_model(options.output, model, encoders,
                       {{"correlations.svg", chart_file(component_chart("Canonical correlations", "value", values))}});
  }
  print(options, model.facts);
  return 0;
}

}  // namespace sensorium
