#include "sensorium/apps/mi.h"

#include "sensorium/apps/feature_views.h"
#include "sensorium/base/json.h"
#include "sensorium/base/options.h"
#include "sensorium/classic/cca.h"
#include "sensorium/classic/ksg.h"
#include "sensorium/classic/mutual_information.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/scalers.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

const CommandInfo kInfo{
    "sensorium mi",
    "Says how much two variables tell of each other, in nats and bits: from a table of counts, from labels, from "
    "numbers by\n"
    "distances to neighbours (KSG, Ross) or as Gaussians, or as bounds from scores of all pairs (InfoNCE).",
    "sensorium mi --counts table.csv\n"
    "sensorium mi photos.npy captions.npy --neighbours 3\n"
    "sensorium mi features.npy --labels classes.txt\n"
    "sensorium mi photos.npy captions.npy --method infonce --scale 20"};

struct Options {
  std::vector<std::string> views;
  std::string counts, labels, labels2, method = "auto";
  int neighbours = 3, threads = 0;
  double scale = 1;
  bool raw = false, json = false;
  void describe(OptionSet& o) {
    o.field("views", views, "one or two .npy, .csv, .tsv or .jsonl files, a row an item").positional();
    o.field("counts", counts, "table of counts: values of one variable down, of the other across");
    o.field("labels", labels, "file with a label an item");
    o.field("labels2", labels2, "another one: both together are counted");
    o.field("method", method, "auto: ksg for two files, ross for a file and labels")
        .one_of({"auto", "ksg", "gaussian", "infonce"});
    o.field("neighbours", neighbours, "of ksg and ross").range(1, 10000);
    o.field("scale", scale, "factor of the cosines of infonce").range(1e-9, 1e9);
    o.field("raw", raw, "do not divide columns by their standard deviation first");
    o.field("threads", threads, "threads, 0 for one a processor").range(0, 1024);
    o.field("json", json, "print JSON");
  }
};

OrderedJson both_units(double nats) {
  return {{"nats", nats}, {"bits", classic::to_bits(nats)}};
}

OrderedJson of_counts(const Matrix& counts) {
  const classic::DiscreteInformation d = classic::discrete_information(counts);
  OrderedJson out{{"method", "counts"},
                  {"mutual_information", both_units(d.mutual)},
                  {"entropy_x", both_units(d.h_x)},
                  {"entropy_y", both_units(d.h_y)},
                  {"entropy_xy", both_units(d.h_xy)},
                  {"variation_of_information", both_units(d.variation)}};
  using enum classic::EntropyMean;
  out["normalised"] = {{"arithmetic", classic::normalised_information(d, arithmetic)},
                       {"geometric", classic::normalised_information(d, geometric)},
                       {"min", classic::normalised_information(d, min)},
                       {"max", classic::normalised_information(d, max)}};
  const bool whole = counts.unaryExpr([](double v) { return v - std::floor(v); }).isZero(0);
  if (whole) out["adjusted"] = classic::adjusted_information(counts);
  return out;
}

OrderedJson of_labels(const Options& options) {
  const Labels a = read_label_file(options.labels), b = read_label_file(options.labels2);
  if (a.ids.size() != b.ids.size())
    throw InputError(kInfo.name, "{}: expected {} labels as in {}, got {}", options.labels2, a.ids.size(),
                     options.labels, b.ids.size());
  return of_counts(classic::contingency(a.ids, b.ids));
}

OrderedJson of_columns(const Options& options, const Matrix& x) {
  const Labels labels = read_label_file(options.labels);
  if (static_cast<Index>(labels.ids.size()) != x.rows())
    throw InputError(kInfo.name, "{}: expected {} labels as {} has rows, got {}", options.labels, x.rows(),
                     options.views[0], labels.ids.size());
  OrderedJson columns = OrderedJson::array();
  for (Index j = 0; j < x.cols(); ++j)
    columns.push_back(both_units(classic::ross_information(x.col(j), labels.ids, options.neighbours)));
  return {{"method", "ross"}, {"columns", columns}};
}

OrderedJson of_pairs(const Options& options, const Matrix& x, const Matrix& y) {
  if (x.rows() != y.rows())
    throw InputError(kInfo.name, "{}: expected {} rows as in {}, got {}", options.views[1], x.rows(), options.views[0],
                     y.rows());
  if (options.method == "infonce") {
    const Matrix cosines = classic::multiply_by_transposed(classic::normalise_rows(x), classic::normalise_rows(y));
    const classic::InformationBounds b = classic::information_bounds(cosines * options.scale);
    return {{"method", "infonce"},
            {"mutual_information", both_units(b.symmetric)},
            {"x_to_y", both_units(b.infonce)},
            {"y_to_x", both_units(b.infonce_columns)},
            {"limit", both_units(b.limit)},
            {"donsker_varadhan", both_units(b.donsker_varadhan)},
            {"nwj", both_units(b.nwj)}};
  }
  if (options.method == "gaussian") {
    const classic::Cca cca = classic::fit_cca(x, y, 1, {});
    if (!cca.warnings.empty())
      throw InputError(kInfo.name, "expected more rows than directions, got: {}", cca.warnings[0]);
    return {{"method", "gaussian"}, {"mutual_information", both_units(classic::gaussian_information(cca.all_values))}};
  }
  return {{"method", "ksg"}, {"mutual_information", both_units(classic::ksg_information(x, y, options.neighbours))}};
}

OrderedJson run(const Options& options) {
  if (!options.counts.empty()) return of_counts(classic::read_all(*open_view(options.counts).rows));
  if (!options.labels2.empty()) return of_labels(options);
  const std::vector<FeatureView> files = open_views(options.views);
  std::vector<Matrix> x = matrices_of(files);
  if (!options.raw && options.method != "infonce")
    for (Matrix& view : x) view = classic::unit_deviation(view);
  return options.labels.empty() ? of_pairs(options, x[0], x[1]) : of_columns(options, x[0]);
}

void check(const Options& options) {
  const size_t wanted = !options.counts.empty() || !options.labels2.empty() ? 0 : options.labels.empty() ? 2 : 1;
  if (options.views.size() != wanted)
    throw UsageError(kInfo.name,
                     "expected --counts, --labels with --labels2, one file with --labels, or two files, got {} files",
                     options.views.size());
  if (!options.labels2.empty() && options.labels.empty())
    throw UsageError(kInfo.name, "expected --labels with --labels2, got none");
}

void print_text(const OrderedJson& json) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object() && value.contains("nats"))
      fmt::print("{:<26}{:>12.6f} nats {:>12.6f} bits\n", key, value["nats"].get<double>(),
                 value["bits"].get<double>());
    else if (value.is_object())
      for (const auto& [name, inner] : value.items())
        fmt::print("{:<26}{:>12.6f}\n", key + " (" + name + ")", inner.get<double>());
    else if (value.is_array())
      for (size_t i = 0; i < value.size(); ++i)
        fmt::print("{:<26}{:>12.6f} nats {:>12.6f} bits\n", fmt::format("column {}", i), value[i]["nats"].get<double>(),
                   value[i]["bits"].get<double>());
    else if (value.is_number())
      fmt::print("{:<26}{:>12.6f}\n", key, value.get<double>());
  }
}

}  // namespace

int run_mi(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  check(options);
  classic::set_num_threads(options.threads);
  const OrderedJson json = run(options);
  if (options.json)
    fmt::print("{}\n", json.dump(2));
  else
    print_text(json);
  return 0;
}

}  // namespace sensorium
