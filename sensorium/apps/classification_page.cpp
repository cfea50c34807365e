#include "sensorium/apps/classification_result.h"
#include "sensorium/apps/feature_plots.h"
#include "sensorium/apps/report_picture.h"
#include "sensorium/eval/score_curves.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium {
namespace {

constexpr size_t kShownClasses = 24;  // in the matrix: more cannot be read
constexpr size_t kCurves = 3;

std::string percent(double v) {
  return std::isnan(v) ? "–" : fmt::format("{:.1f} %", 100 * v);
}

std::string tile(const std::string& value, const std::string& name, const std::string& note) {
  return fmt::format("<div class=\"card tile\"><b>{}</b><span>{}</span><small>{}</small></div>", value, name, note);
}

std::string tiles(const ClassificationResult& r) {
  const auto chance = 1 / static_cast<double>(r.confusion.classes());
  return "<div class=\"tiles\">" +
         tile(percent(r.confusion.accuracy()), "accuracy",
              fmt::format("95 %: {} to {}; by guessing {}", percent(r.accuracy.low), percent(r.accuracy.high),
                          percent(chance))) +
         tile(percent(r.confusion.balanced_accuracy()), "balanced accuracy",
              fmt::format("95 %: {} to {}", percent(r.balanced_accuracy.low), percent(r.balanced_accuracy.high))) +
         tile(fmt::format("{:.3f}", r.confusion.macro().f1), "F1, mean over classes",
              fmt::format("Matthews {:.3f}", r.confusion.matthews())) +
         tile(fmt::format("{:.3f}", r.calibration.expected_error), "calibration error",
              fmt::format("log loss {:.3f}, Brier {:.3f}", r.log_loss, r.brier)) +
         "</div>\n";
}

/// The classes with the most items, in their own order.
std::vector<size_t> shown_classes(const Confusion& c) {
  std::vector<size_t> order(static_cast<size_t>(c.classes()));
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return c.support(static_cast<int64_t>(a)) > c.support(static_cast<int64_t>(b));
  });
  order.resize(std::min(order.size(), kShownClasses));
  std::sort(order.begin(), order.end());
  return order;
}

std::string shortened(const std::string& name) {
  size_t end = std::min<size_t>(name.size(), 18);
  while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return end < name.size() ? name.substr(0, end) + "…" : name;
}

/// Squares as dark as the share of the row's items; the number in each where it can be read.
std::string matrix_figure(const Classified& data, const Confusion& c) {
  const auto shown = shown_classes(c);
  size_t longest = 4;  // bytes of a name
  for (const size_t c : shown) longest = std::max(longest, std::min<size_t>(data.classes[c].size(), 18));
  const double cell = std::clamp(560.0 / static_cast<double>(shown.size()), 22.0, 64.0);
  const double left = 24 + 7.0 * static_cast<double>(longest), top = 24 + 5.6 * static_cast<double>(longest);
  const double side = cell * static_cast<double>(shown.size());
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" style=\"max-width:{:.0f}px\" role=\"img\" "
      "aria-label=\"confusion matrix\">",
      left + side + 10, top + side + 10, left + side + 10);
  for (size_t t = 0; t < shown.size(); ++t) {
    const double y = top + cell * static_cast<double>(t);
    const auto truth = static_cast<int64_t>(shown[t]);
    const std::string name = html_escape(shortened(data.classes[shown[t]]));
    svg +=
        fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 8, y + cell / 2 + 4, name);
    svg += fmt::format("<text transform=\"translate({:.1f},{:.1f}) rotate(-50)\">{}</text>",
                       left + cell * (static_cast<double>(t) + 0.6), top - 8, name);
    for (size_t p = 0; p < shown.size(); ++p) {
      const int64_t n = c.at(truth, static_cast<int64_t>(shown[p]));
      const double share = c.support(truth) > 0 ? static_cast<double>(n) / static_cast<double>(c.support(truth)) : 0;
      const double x = left + cell * static_cast<double>(p);
      svg += fmt::format(
          "<rect class=\"dot {}\" fill-opacity=\"{:.3f}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
          "height=\"{:.1f}\"><title>{} taken for {}: {}</title></rect>",
          p == t ? "c3" : "c1", n == 0 ? 0.03 : 0.12 + 0.88 * share, x + 1, y + 1, cell - 2, cell - 2,
          html_escape(data.classes[shown[t]]), html_escape(data.classes[shown[p]]), n);
      if (n > 0)
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" style=\"fill:{}\">{}</text>",
                           x + cell / 2, y + cell / 2 + 4, share > 0.5 ? "#fff" : "var(--text)", n);
    }
  }
  return svg + "</svg>";
}

std::string matrix(const Classified& data, const Confusion& c) {
  const auto shown = shown_classes(c);
  const std::string note =
      shown.size() < data.classes.size()
          ? fmt::format("The {} of {} classes with the most items. ", shown.size(), data.classes.size())
          : "";
  return "<h2>Confusion</h2>\n<div class=\"card\">" + matrix_figure(data, c) + "<p class=\"note\">" + note +
         "A row is a true class, a column what it was taken for; the darker, the larger the share of the "
         "row.</p></div>\n";
}

/// ROC curves of the best, a middle and the worst class.
Chart roc_chart(const Classified& data, const ClassificationResult& r) {
  std::vector<size_t> order;
  for (size_t c = 0; c < r.roc_auc.size(); ++c)
    if (!std::isnan(r.roc_auc[c])) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return r.roc_auc[a] > r.roc_auc[b]; });
  std::vector<size_t> chosen;
  if (order.size() <= kCurves)
    chosen = order;
  else
    chosen = {order.front(), order[order.size() / 2], order.back()};
  Chart chart{"ROC, one class against the rest", "false positive rate", "true positive rate", {}, true};
  for (size_t s = 0; s < chosen.size(); ++s) {
    std::vector<uint8_t> positive;
    std::vector<double> scores;
    for (size_t i = 0; i < data.truth.size(); ++i) {
      positive.push_back(data.truth[i] == static_cast<int64_t>(chosen[s]));
      scores.push_back(data.rows().row(static_cast<int64_t>(i))[chosen[s]]);
    }
    const RocCurve curve = roc_curve(positive, scores);
    Series series{
        fmt::format("{} ({:.3f})", data.classes[chosen[s]], r.roc_auc[chosen[s]]), {}, static_cast<int>(s) + 1};
    for (size_t k = 0; k < curve.true_positive_rate.size(); ++k)
      series.points.emplace_back(curve.false_positive_rate[k], curve.true_positive_rate[k]);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

Chart reliability_chart(const Calibration& c) {
  Chart chart{
      "Reliability: how often it is right, by how sure it is", "probability of the label", "share right", {}, true};
  Series ideal{"what it should be", {{0, 0}, {1, 1}}, 2}, own{"this model", {}, 1, true};
  for (const CalibrationBin& b : c.bins)
    if (b.count > 0) own.points.emplace_back(b.confidence, b.accuracy);
  chart.series = {ideal, own};
  return chart;
}

std::string class_table(const Classified& data, const ClassificationResult& r) {
  std::string html =
      "<h2>Classes</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>items</th><th>predicted</th>"
      "<th>precision</th><th>recall</th><th>F1</th><th>ROC AUC</th><th>average precision</th></tr>\n";
  for (size_t k = 0; k < data.classes.size(); ++k) {
    const auto c = static_cast<int64_t>(k);
    const ClassFigures f = r.confusion.of_class(c);
    const auto figure = [](double v) { return std::isnan(v) ? std::string("–") : fmt::format("{:.3f}", v); };
    html += fmt::format(
        "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        html_escape(data.classes[k]), r.confusion.support(c), r.confusion.predictions(c), figure(f.precision),
        figure(f.recall), figure(f.f1), figure(r.roc_auc[k]), figure(r.average_precision[k]));
  }
  return html + "</table></div>\n";
}

}  // namespace

std::string render_classification(const std::string& title,
                                  const std::vector<std::pair<std::string, std::string>>& facts, const Classified& data,
                                  const ClassificationResult& result) {
  std::string html = page_head(title, fmt::format("Sensorium {}", SENSORIUM_VERSION)) + tiles(result) +
                     matrix(data, result.confusion) + "<h2>Curves</h2>\n<div class=\"charts\">" +
                     draw_chart(roc_chart(data, result)) + draw_chart(reliability_chart(result.calibration)) +
                     "</div>\n" + class_table(data, result);
  return html + facts_card(facts) + "</main></body></html>\n";
}

std::map<std::string, std::string> classification_plots(const Classified& data, const ClassificationResult& result) {
  return {{"confusion.svg", figure_file(matrix_figure(data, result.confusion))},
          {"roc.svg", chart_file(roc_chart(data, result))},
          {"reliability.svg", chart_file(reliability_chart(result.calibration))}};
}

}  // namespace sensorium
