#include "sensorium/apps/svd.h"

#include "sensorium/apps/feature_plots.h"
#include "sensorium/apps/feature_views.h"
#include "sensorium/base/options.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"
#include "sensorium/serve/model/feature_model.h"

#include <cstdio>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;
using classic::Vector;

const CommandInfo kInfo{
    "sensorium svd",
    "Finds the directions in which features vary most: SVD; with --centre PCA; with --texts LSA (TF-IDF, then SVD).\n"
    "With --model the directions of an earlier run are applied to new features.",
    "sensorium svd photos.npy --components 64 --centre --encoder resnet-50 --output out/pca\n"
    "sensorium svd --texts captions.txt --components 100 --output out/lsa\n"
    "sensorium svd new.npy --model out/pca --scores new_scores.npy"};

struct Options {
  std::string features, texts, method = "auto", encoder, output, scores, model;
  int components = 0, iterations = 4, oversamples = 10, threads = 0;
  uint64_t seed = 0;
  bool centre = false, whiten = false, sublinear = false, json = false;
  void describe(OptionSet& o) {
    o.field("features", features, ".npy, .csv, .tsv or .jsonl, a row an item").positional();
    o.field("texts", texts, "file with a text a line, instead of features");
    o.field("components", components, "directions kept; 0: as many as there are, at most 64").range(0, 1000000);
    o.field("method", method,
            "exact; randomised; streamed: one pass, rows stay on the disk; auto: exact up to 2000 columns")
        .one_of({"auto", "exact", "randomised", "streamed"});
    o.field("centre", centre, "take the columns' means off first: PCA");
    o.field("whiten", whiten, "scores of variance 1 (with --centre)");
    o.field("sublinear", sublinear, "1 + ln(count) instead of counts (with --texts)");
    o.field("iterations", iterations, "passes of the randomised method").range(0, 100);
    o.field("oversamples", oversamples, "extra directions of the randomised method").range(0, 10000);
    o.field("seed", seed, "of the randomised method");
    o.field("encoder", encoder, "checkpoint folder that made the features, kept with the model for embed and search");
    o.field("output", output, "folder for the model and its plot");
    o.field("scores", scores, "X.npy for the items' coordinates");
    o.field("model", model, "apply this model instead of fitting one");
    o.field("threads", threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print JSON");
  }
};

/// What a fit found.
struct Fit {
  FeatureModel model;
  Vector singular_values, explained;  // explained: shares of the (centred) squares
};

Fit from_projection(classic::Projection projection, Vector s, double total, int64_t width, const char* method) {
  Fit fit;
  fit.explained = s.array().square() / (total > 0 ? total : 1);
  fit.singular_values = std::move(s);
  fit.model.method = method;
  fit.model.maps.resize(1);
  fit.model.maps[0].width = width;
  fit.model.maps[0].linear = std::move(projection);
  return fit;
}

Index component_count(const Options& options, Index n, Index p) {
  const Index most = std::min(n, p);
  if (options.components > most)
    throw UsageError(kInfo.name, "expected at most {} components of {} x {} values, got {}", most, n, p,
                     options.components);
  return options.components > 0 ? options.components : std::min<Index>(64, most);
}

Fit fit_matrix(const Options& options, Matrix x, const std::string& method, const char* name) {
  const Index k = component_count(options, x.rows(), x.cols());
  classic::Projection projection;
  if (options.centre) {
    projection.mean = x.colwise().mean().transpose();
    x.rowwise() -= projection.mean.transpose();
  }
  const double total = x.squaredNorm();
  if (!(total > 0))
    throw InputError(kInfo.name, "expected features that {}, got none", options.centre ? "vary" : "are not 0");
  const classic::Svd svd = method == "randomised"
                               ? classic::randomized_svd(x, k, {options.oversamples, options.iterations, options.seed})
                               : classic::truncated_svd(x, k);
  projection.components = svd.vt;
  if (options.whiten)
    projection.scale = svd.s.cwiseMax(1e-12 * svd.s(0)) / std::sqrt(static_cast<double>(x.rows() - 1));
  return from_projection(std::move(projection), svd.s, total, x.cols(), name);
}

Fit fit_streamed(const Options& options, const classic::RowSource& rows) {
  const Index k = component_count(options, rows.rows(), rows.columns());
  const classic::StreamedSvd s = classic::streamed_svd(rows, k, options.centre);
  classic::Projection projection;
  if (options.centre) projection.mean = s.mean;
  projection.components = s.svd.vt;
  if (options.whiten)
    projection.scale = s.svd.s.cwiseMax(1e-8 * s.svd.s(0)) / std::sqrt(static_cast<double>(s.rows - 1));
  return from_projection(std::move(projection), s.svd.s, s.total, rows.columns(), options.centre ? "pca" : "svd");
}

Fit fit_features(const Options& options, const classic::RowSource& rows) {
  constexpr Index kExactWidth = 2000;
  if (options.centre && rows.rows() < 2)
    throw InputError(kInfo.name, "{}: expected at least 2 rows, got 1", rows.name());
  if (options.method == "streamed") return fit_streamed(options, rows);
  const std::string method = options.method != "auto"                               ? options.method
                             : std::min(rows.rows(), rows.columns()) <= kExactWidth ? "exact"
                                                                                    : "randomised";
  return fit_matrix(options, classic::read_all(rows), method, options.centre ? "pca" : "svd");
}

Fit fit_texts(const Options& options, const std::vector<std::string>& texts) {
  const classic::Tfidf words = classic::fit_tfidf(texts, options.sublinear);
  Fit fit =
      fit_matrix(options, words.transform(texts), options.method == "auto" ? "randomised" : options.method, "lsa");
  fit.model.maps[0].words = words;
  return fit;
}

void print(const Options& options, const Fit& fit, Index rows) {
  const OrderedJson& facts = fit.model.facts;
  if (options.json) {
    fmt::print("{}\n", facts.dump(2));
    return;
  }
  fmt::print("{} of {} rows, {} components explain {:.1f} %\n", fit.model.method, rows, fit.singular_values.size(),
             100 * fit.explained.sum());
  for (Index i = 0; i < std::min<Index>(10, fit.singular_values.size()); ++i)
    fmt::print("{:5}  {:12.6g}  {:6.2f} %\n", i + 1, fit.singular_values(i), 100 * fit.explained(i));
}

void save(const Options& options, const Fit& fit) {
  if (options.output.empty()) return;
  const std::vector<double> shares(fit.explained.begin(), fit.explained.end());
  const std::string plot = chart_file(component_chart("Share of the variation a component explains", "share", shares));
  std::vector<std::string> encoders;
  if (!options.encoder.empty()) encoders.push_back(options.encoder);
  save_feature_model(options.output, fit.model, encoders, {{"components.svg", plot}});
}

int apply_model(const Options& options) {
  if (options.scores.empty()) throw UsageError(kInfo.name, "expected --scores with --model, got none");
  const FeatureModel model = load_feature_model(options.model);
  const FeatureMap& map = model.maps[0];
  if (map.words.has_value() == options.texts.empty())
    throw UsageError(kInfo.name, "{}: expected {} for this model, got {}", options.model,
                     map.words ? "--texts" : "features", options.texts.empty() ? "features" : "--texts");
  const Matrix x = map.words ? map.words->transform(read_lines(options.texts))
                             : classic::read_all(*open_view(options.features).rows);
  const Matrix scores = map.apply(x);
  write_npy(options.scores, scores);
  fmt::print("{} rows of {} coordinates in {}\n", scores.rows(), scores.cols(), options.scores);
  return 0;
}

}  // namespace

int run_svd(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.features.empty() == options.texts.empty())
    throw UsageError(kInfo.name, "expected features or --texts, got {}", options.texts.empty() ? "neither" : "both");
  classic::set_num_threads(options.threads);
  if (!options.model.empty()) return apply_model(options);
  if (options.whiten && !options.centre) throw UsageError(kInfo.name, "expected --centre with --whiten, got none");

  FeatureView view;
  std::vector<std::string> texts;
  if (options.texts.empty())
    view = open_view(options.features);
  else
    texts = read_lines(options.texts);
  Fit fit = options.texts.empty() ? fit_features(options, *view.rows) : fit_texts(options, texts);
  const Index rows = options.texts.empty() ? view.rows->rows() : static_cast<Index>(texts.size());
  fit.model.facts = {{"method", fit.model.method},
                     {"rows", rows},
                     {"width", fit.model.maps[0].width},
                     {"components", fit.singular_values.size()},
                     {"singular_values", std::vector<double>(fit.singular_values.begin(), fit.singular_values.end())},
                     {"explained", std::vector<double>(fit.explained.begin(), fit.explained.end())}};
  if (!options.scores.empty()) {
    const FeatureMap& map = fit.model.maps[0];
    write_npy(options.scores, map.apply(map.words ? map.words->transform(texts) : classic::read_all(*view.rows)));
  }
  save(options, fit);
  print(options, fit, rows);
  return 0;
}

}  // namespace sensorium
