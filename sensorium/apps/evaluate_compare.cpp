#include "sensorium/apps/evaluate_compare.h"

#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/apps/report_picture.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/item_file.h"
#include "sensorium/eval/significance.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <unordered_map>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate compare",
    "Says whether two runs differ on the items that both have: for each figure both means, the difference with a 95 %\n"
    "interval (paired bootstrap) and a permutation test; McNemar's test where a figure is right or wrong.",
    "sensorium evaluate classify --model a --data d --items a.jsonl\n"
    "sensorium evaluate classify --model b --data d --items b.jsonl\n"
    "sensorium evaluate compare a.jsonl b.jsonl"};

struct Options {
  std::vector<std::string> runs;
  int bootstrap = 10000, permutations = 10000;
  uint64_t seed = 0;
  std::string report;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("runs", runs, "two files that evaluate wrote with --items").required().positional();
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(2, 1000000);
    o.field("permutations", permutations, "random signs for the test").range(1, 1000000);
    o.field("seed", seed, "seed of both");
    o.field("report", report, "write a page (HTML)");
    o.field("json", json, "print JSON");
  }
};

/// A figure of both runs on the items they share.
struct Comparison {
  std::string figure;
  double first = 0, second = 0;
  BootstrapSummary difference;  // first - second
  PairedPermutation permutation;
  std::optional<McNemar> mcnemar;
};

using Pairs = std::vector<std::pair<const EvaluatedItem*, const EvaluatedItem*>>;

Pairs shared_items(const ItemFile& a, const ItemFile& b) {
  std::unordered_map<std::string, const EvaluatedItem*> second;
  for (const EvaluatedItem& item : b.items) second[item.id] = &item;
  Pairs pairs;
  for (const EvaluatedItem& item : a.items)
    if (const auto found = second.find(item.id); found != second.end()) pairs.emplace_back(&item, found->second);
  return pairs;
}

Comparison compare(const std::string& figure, const Pairs& pairs, const Options& options) {
  std::vector<double> first, second, differences;
  for (const auto& [a, b] : pairs) {
    const auto fa = a->figures.find(figure), fb = b->figures.find(figure);
    if (fa == a->figures.end() || fb == b->figures.end()) continue;
    first.push_back(fa->second);
    second.push_back(fb->second);
    differences.push_back(fa->second - fb->second);
  }
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x;
    return sum / static_cast<double>(v.size());
  };
  const auto binary = [](double v) { return v == 0 || v == 1; };
  Comparison c{figure, mean(first), mean(second), {}, {}, {}};
  c.difference = summarise_bootstrap(differences, resampled_means(differences, options.bootstrap, options.seed));
  c.permutation = permutation_test(differences, options.permutations, options.seed);
  if (std::all_of(first.begin(), first.end(), binary) && std::all_of(second.begin(), second.end(), binary)) {
    int64_t only_first = 0, only_second = 0;
    for (const double d : differences) only_first += d > 0, only_second += d < 0;
    c.mcnemar = mcnemar(only_first, only_second);
  }
  return c;
}

std::vector<std::string> common_figures(const Pairs& pairs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : pairs[0].first->figures)
    if (pairs[0].second->figures.count(name)) names.push_back(name);
  return names;
}

void print_table(const std::vector<Comparison>& comparisons, size_t items, const Options& options) {
  fmt::print("{} items in both; A: {}, B: {}\n", items, options.runs[0], options.runs[1]);
  fmt::print("{:<18}{:>10}{:>10}{:>12}{:>26}{:>14}\n", "", "A", "B", "A - B", "95 % interval", "permutation p");
  for (const Comparison& c : comparisons)
    fmt::print("{:<18}{:>10.4f}{:>10.4f}{:>12.4f}{:>26}{:>14.4g}\n", c.figure, c.first, c.second, c.difference.estimate,
               fmt::format("[{:.4f}, {:.4f}]", c.difference.percentile.low, c.difference.percentile.high),
               c.permutation.p_two_sided);
  for (const Comparison& c : comparisons)
    if (c.mcnemar)
      fmt::print("{}: {} only by A, {} only by B; McNemar exact p {:.4g}, mid-p {:.4g}\n", c.figure, c.mcnemar->b,
                 c.mcnemar->c, c.mcnemar->exact_p, c.mcnemar->mid_p);
}

/// An interval on a line through 0, as wide as the largest of them.
std::string interval_bar(const Interval& i, double middle, double widest) {
  const auto x = [&](double v) { return 110 + 100 * v / widest; };
  return fmt::format(
      "<svg viewBox=\"0 0 220 20\" style=\"width:220px;margin:0\"><path class=\"grid\" d=\"M110 0V20\"/>"
      "<path class=\"series c1\" d=\"M{:.1f} 10H{:.1f}\"/><circle class=\"dot c1\" cx=\"{:.1f}\" cy=\"10\" r=\"4\"/>"
      "</svg>",
      x(i.low), x(i.high), x(middle));
}

std::string render_comparison(const std::vector<Comparison>& comparisons, size_t items, const Options& options) {
  std::string html =
      page_head("Two runs beside each other", fmt::format("Sensorium {}", SENSORIUM_VERSION)) +
      "<h2>Figures</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>A</th><th>B</th><th>A - B</th>"
      "<th>95 % interval</th><th></th><th>permutation p</th><th>McNemar p</th></tr>\n";
  for (const Comparison& c : comparisons) {
    const Interval& i = c.difference.percentile;
    const double widest = std::max({std::abs(i.low), std::abs(i.high), 1e-12});
    html += fmt::format(
        "<tr><th>{}</th><td>{:.4f}</td><td>{:.4f}</td><td>{:.4f}</td><td>{:.4f} to "
        "{:.4f}</td><td>{}</td><td>{:.4g}</td>"
        "<td>{}</td></tr>\n",
        html_escape(c.figure), c.first, c.second, c.difference.estimate, i.low, i.high,
        interval_bar(i, c.difference.estimate, widest), c.permutation.p_two_sided,
        c.mcnemar ? fmt::format("{:.4g} ({} : {})", c.mcnemar->exact_p, c.mcnemar->b, c.mcnemar->c) : "");
  }
  html +=
      "</table><p class=\"note\">Paired over the items that both runs have. Intervals by the bootstrap, each drawn to "
      "its "
      "own scale around 0; McNemar's exact test where a figure is right or wrong, with how many only A and only B got "
      "right.</p></div>\n";
  return html +
         facts_card(
             {{"A", options.runs[0]},
              {"B", options.runs[1]},
              {"items in both", fmt::format("{}", items)},
              {"resamples", fmt::format("{} (bootstrap), {} (permutations)", options.bootstrap, options.permutations)},
              {"machine", machine_text()}}) +
         "</main></body></html>\n";
}

OrderedJson to_json(const Comparison& c) {
  const auto pair = [](const Interval& i) { return OrderedJson{i.low, i.high}; };
  OrderedJson json{{"a", c.first},
                   {"b", c.second},
                   {"difference", c.difference.estimate},
                   {"standard_error", c.difference.standard_error},
                   {"percentile_95", pair(c.difference.percentile)},
                   {"bca_95", pair(c.difference.accelerated)},
                   {"permutation_p", c.permutation.p_two_sided},
                   {"permutation_p_a_larger", c.permutation.p_one_sided}};
  if (c.mcnemar)
    json["mcnemar"] = {{"only_a", c.mcnemar->b},    {"only_b", c.mcnemar->c},  {"exact_p", c.mcnemar->exact_p},
                       {"mid_p", c.mcnemar->mid_p}, {"chi2", c.mcnemar->chi2}, {"chi2_p", c.mcnemar->chi2_p}};
  return json;
}

}  // namespace

int run_evaluate_compare(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.runs.size() != 2) throw UsageError(kInfo.name, "expected two files, got {}", options.runs.size());
  const ItemFile a = read_items(options.runs[0]), b = read_items(options.runs[1]);
  if (a.task != b.task)
    throw InputError("evaluate compare", "expected two runs of one task, got {} and {}", a.task, b.task);
  const Pairs pairs = shared_items(a, b);
  if (pairs.empty()) throw InputError("evaluate compare", "expected items that both runs have, got none");
  if (pairs.size() < std::max(a.items.size(), b.items.size()))
    spdlog::warn("{} of {} and {} items are in both runs", pairs.size(), a.items.size(), b.items.size());
  std::vector<Comparison> comparisons;
  for (const std::string& figure : common_figures(pairs)) comparisons.push_back(compare(figure, pairs, options));
  if (comparisons.empty()) throw InputError("evaluate compare", "expected a figure that both runs have, got none");
  if (!options.report.empty()) write_file(options.report, render_comparison(comparisons, pairs.size(), options));
  if (!options.json) {
    print_table(comparisons, pairs.size(), options);
    if (!options.report.empty()) fmt::print("report: {}\n", fs::absolute(options.report).lexically_normal().string());
    return 0;
  }
  OrderedJson figures;
  for (const Comparison& c : comparisons) figures[c.figure] = to_json(c);
  const OrderedJson json{
      {"task", a.task}, {"a", options.runs[0]}, {"b", options.runs[1]}, {"items", pairs.size()}, {"figures", figures}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace sensorium
