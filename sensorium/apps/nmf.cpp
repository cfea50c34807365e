#include "sensorium/apps/nmf.h"

#include "sensorium/apps/feature_pairs.h"
#include "sensorium/apps/feature_views.h"
#include "sensorium/base/options.h"
#include "sensorium/classic/joint_nmf.h"
#include "sensorium/classic/nnls.h"
#include "sensorium/classic/products.h"
#include "sensorium/serve/model/feature_model.h"

#include <cstdio>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

const CommandInfo kInfo{"sensorium nmf",
                        "Factors features of at least 0 into nonnegative parts. Several files, or --data, are factored "
                        "jointly: the same items,\n"
                        "one set of coordinates. A row of NaN alone says that the item lacks that modality. With "
                        "encoders the result is a model\n"
                        "that embed, search and evaluate retrieval take.",
                        "sensorium nmf counts.csv --components 20 --output out/topics --scores topics.npy\n"
                        "sensorium nmf photos.npy captions.npy --components 64 --split-signs --encoders resnet-50 "
                        "minilm --output out/joint\n"
                        "sensorium nmf new.npy --model out/topics --scores new.npy"};

struct Options {
  std::vector<std::string> views, encoders;
  std::string solver = "cd", loss = "frobenius", start = "nndsvd", output, scores, model;
  PairPlan pairs;
  int components = 16, iterations = 200;
  double tolerance = 1e-4, alpha_w = 0, alpha_h = 0, l1_ratio = 0;
  uint64_t seed = 0;
  bool split_signs = false, json = false;
  void describe(OptionSet& o) {
    o.field("views", views, ".npy, .csv, .tsv or .jsonl files, a row an item").positional();
    pairs.describe(o, "modalities");
    o.field("components", components, "parts").range(1, 100000);
    o.field("solver", solver, "cd: coordinate descent; mu: multiplicative updates (one file)").one_of({"cd", "mu"});
    o.field("loss", loss, "kl needs --solver mu").one_of({"frobenius", "kl"});
    o.field("start", start, "of one file; nndsvd zeros become the mean with mu; several files start at random")
        .one_of({"nndsvd", "random"});
    o.field("iterations", iterations, "at most").range(1, 1000000);
    o.field("tolerance", tolerance, "stops when little changes; 0: never").range(0, 1);
    o.field("alpha_w", alpha_w, "penalty of the coordinates (cd, one file)").range(0, 1e300);
    o.field("alpha_h", alpha_h, "penalty of the parts (cd, one file)").range(0, 1e300);
    o.field("l1_ratio", l1_ratio, "share of the penalties that is of absolute values").range(0, 1);
    o.field("split_signs", split_signs, "signed features: positive and negative halves side by side");
    o.field("seed", seed, "of a random start");
    o.field("encoders", encoders, "checkpoint folders that made the files, kept with the model");
    o.field("output", output, "folder for the model");
    o.field("scores", scores, "X.npy for the items' coordinates");
    o.field("model", model, "apply this model to one file instead of fitting one");
    o.field("view", view, "which modality that file is, from 1").range(1, 64);
    o.field("threads", pairs.threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print JSON");
  }
  int view = 1;
};

struct Fit {
  FeatureModel model;
  Matrix coordinates;
  double error = 0, size = 0;  // of the residual, and of what was factored
  int iterations = 0;
};

classic::NmfOptions nmf_options(const Options& options) {
  return {options.solver == "cd" ? classic::NmfSolver::coordinate_descent : classic::NmfSolver::multiplicative_updates,
          options.loss == "frobenius" ? classic::NmfLoss::frobenius : classic::NmfLoss::kullback_leibler,
          options.iterations,
          options.tolerance,
          options.alpha_w,
          options.alpha_h,
          options.l1_ratio};
}

FeatureMap to_map(Matrix factors, double scale, int64_t width, bool split) {
  FeatureMap map;
  map.width = width;
  map.factors = std::move(factors);
  map.factor_scale = scale;
  map.split_signs = split;
  return map;
}

Fit fit_one(const Options& options, const Matrix& x, int64_t width) {
  const Index k = options.components;
  classic::require_nonnegative(x, "nmf");
  const double fill = options.solver == "mu" ? x.mean() : 0;
  classic::NmfStart start =
      options.start == "nndsvd" ? classic::nndsvd(x, k, fill, options.seed) : classic::random_start(x, k, options.seed);
  classic::Nmf nmf = classic::fit_nmf(x, std::move(start.w), std::move(start.h), nmf_options(options));
  Fit fit;
  fit.model.method = "nmf";
  fit.model.maps.push_back(to_map(std::move(nmf.h), 1, width, options.split_signs));
  fit.coordinates = std::move(nmf.w);
  fit.error = nmf.error;
  fit.size = x.norm();
  fit.iterations = nmf.iterations;
  return fit;
}

Fit fit_several(const Options& options, const PartialViews& views, const std::vector<int64_t>& widths) {
  if (options.solver != "cd" || options.alpha_w > 0 || options.alpha_h > 0)
    throw UsageError(kInfo.name, "expected --solver cd without penalties for several modalities, got others");
  classic::JointNmf joint = classic::fit_joint_nmf(
      views.values, views.complete ? std::vector<std::vector<uint8_t>>{} : views.present,
      classic::joint_random_start(views.values, options.components, options.seed), nmf_options(options));
  Fit fit;
  fit.model.method = "joint_nmf";
  for (size_t v = 0; v < joint.h.size(); ++v)
    fit.model.maps.push_back(to_map(std::move(joint.h[v]), classic::kJointNorm / joint.scales(static_cast<Index>(v)),
                                    widths[v], options.split_signs));
  fit.coordinates = std::move(joint.w);
  fit.error = joint.error;
  fit.size = classic::kJointNorm * std::sqrt(static_cast<double>(widths.size()));
  fit.iterations = joint.iterations;
  return fit;
}

PartialViews read_input(const Options& options, std::vector<int64_t>& widths) {
  PartialViews views;
  if (options.pairs.data.empty()) {
    views = partial_views(open_views(options.views));
  } else {
    const FeaturePairs pairs = embed_pairs(options.pairs, kInfo.name);
    views.values = {classic::read_all(*pairs.pictures), classic::read_all(*pairs.texts)};
  }
  for (Matrix& x : views.values) {
    widths.push_back(x.cols());
    if (options.split_signs) x = split_by_sign(x);
  }
  return views;
}

int apply_model(const Options& options) {
  if (options.scores.empty() || options.views.size() != 1)
    throw UsageError(kInfo.name, "expected --scores and one file with --model, got {} files", options.views.size());
  const FeatureModel model = load_feature_model(options.model);
  if (static_cast<size_t>(options.view) > model.maps.size())
    throw UsageError(kInfo.name, "expected --view of 1 to {}, got {}", model.maps.size(), options.view);
  const FeatureMap& map = model.maps[static_cast<size_t>(options.view - 1)];
  const Matrix scores = map.apply(classic::read_all(*open_view(options.views[0]).rows));
  write_npy(options.scores, scores);
  fmt::print("{} rows of {} coordinates in {}\n", scores.rows(), scores.cols(), options.scores);
  return 0;
}

}  // namespace

int run_nmf(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.views.empty() == options.pairs.data.empty())
    throw UsageError(kInfo.name, "expected files or --data, got {}", options.views.empty() ? "neither" : "both");
  classic::set_num_threads(options.pairs.threads);
  if (!options.model.empty()) return apply_model(options);
  std::vector<int64_t> widths;
  const PartialViews views = read_input(options, widths);
  if (views.values.size() == 1 && !views.complete)
    throw InputError(kInfo.name, "{}: expected numbers in every row of the only modality, got a row of NaN",
                     options.views[0]);
  Fit fit =
      views.values.size() == 1 ? fit_one(options, views.values[0], widths[0]) : fit_several(options, views, widths);
  if (fit.model.maps.size() == 2) {
    constexpr Index kSample = 512;
    const auto sample = [&](size_t v) {
      return classic::nonnegative_rows(
          views.values[v].topRows(std::min(kSample, views.values[v].rows())) * fit.model.maps[v].factor_scale,
          *fit.model.maps[v].factors);
    };
    fit.model.logit_scale = fit_logit_scale(sample(0), sample(1));
  }
  fit.model.facts = {{"method", fit.model.method},
                     {"rows", views.values[0].rows()},
                     {"components", options.components},
                     {"iterations", fit.iterations},
                     {"error", fit.error},
                     {"relative_error", fit.error / fit.size}};
  if (!options.scores.empty()) write_npy(options.scores, fit.coordinates);
  if (!options.output.empty()) {
    std::vector<std::string> encoders = options.encoders;
    if (!options.pairs.data.empty()) encoders = {options.pairs.picture_encoder, options.pairs.text_encoder};
    save_feature_model(options.output, fit.model, encoders, {});
  }
  if (options.json)
    fmt::print("{}\n", fit.model.facts.dump(2));
  else
    fmt::print("{} of {} rows, {} components, {} iterations, relative error {:.4f}\n", fit.model.method,
               views.values[0].rows(), options.components, fit.iterations, fit.error / fit.size);
  return 0;
}

}  // namespace sensorium
