#include "sensorium/apps/report_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensorium {
namespace {

constexpr double kWidth = 640, kHeight = 280, kLeft = 56, kRight = 16, kTop = 16, kBottom = 40;
constexpr size_t kMostPoints = 400;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
};

std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points) {
  const size_t group = (points.size() + kMostPoints - 1) / kMostPoints;
  if (group <= 1) return points;
  std::vector<std::pair<double, double>> out;
  for (size_t first = 0; first < points.size(); first += group) {
    const size_t last = std::min(points.size(), first + group);
    double x = 0, y = 0;
    for (size_t i = first; i < last; ++i) x += points[i].first, y += points[i].second;
    out.emplace_back(x / static_cast<double>(last - first), y / static_cast<double>(last - first));
  }
  return out;
}

/// 1, 2 or 5 times a power of ten: about `wanted` steps over the range.
double round_step(const Range& range, int wanted) {
  const double raw = (range.high - range.low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= raw) return m * power;
  return 10 * power;
}

/// Widened to whole steps.
Range rounded(Range range, int wanted, double& step) {
  if (range.high <= range.low) range.high = range.low + 1;
  step = round_step(range, wanted);
  return {std::floor(range.low / step + 1e-9) * step, std::ceil(range.high / step - 1e-9) * step};
}

class Canvas {
 public:
  Canvas(Range x, Range y) : x_(x), y_(y) {}
  double px(double x) const { return kLeft + (x - x_.low) / (x_.high - x_.low) * (kWidth - kLeft - kRight); }
  double py(double y) const {
    return kHeight - kBottom - (y - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }
  void axes(double x_step, double y_step, const Chart& chart) {
    for (double y = y_.low; y <= y_.high + y_step / 2; y += y_step) {
      svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                         kWidth - kRight, py(y), py(y));
      label(kLeft - 8, py(y) + 4, "end", fmt::format("{:g}", std::abs(y) < y_step * 1e-6 ? 0 : y));
    }
    for (double x = std::ceil(x_.low / x_step) * x_step; x <= x_.high + x_step * 1e-6; x += x_step)
      label(px(x), kHeight - kBottom + 18, "middle", fmt::format("{:g}", x));
    label(kWidth - kRight, kHeight - 6, "end", html_escape(chart.x_label));
    label(kLeft, kTop - 4, "start", html_escape(chart.y_label));
  }
  void line(const Series& s) {
    const auto points = thinned(s.points);
    svg += fmt::format("<polyline class=\"series c{}\" points=\"", s.colour);
    for (const auto& [x, y] : points) svg += fmt::format("{:.1f},{:.1f} ", px(x), py(y));
    svg += "\"/>";
    if (s.markers)
      for (const auto& [x, y] : points)
        svg += fmt::format(
            "<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}: {:.4g}</title></circle>",
            s.colour, px(x), py(y), html_escape(s.name), y);
  }
  void label(double x, double y, const char* anchor, const std::string& text) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, text);
  }
  std::string svg;

 private:
  Range x_, y_;
};

std::string legend(const Chart& chart) {
  if (chart.series.size() < 2) return "";
  std::string text = "<div class=\"legend\">";
  for (const Series& s : chart.series)
    if (!s.points.empty())
      text += fmt::format("<span><i class=\"key c{}\"></i>{}</span>", s.colour, html_escape(s.name));
  return text + "</div>";
}

}  // namespace

std::string html_escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string draw_chart(const Chart& chart) {
  Range x, y;
  for (const Series& s : chart.series)
    for (const auto& [px, py] : thinned(s.points)) x.add(px), y.add(py);
  if (!(x.low <= x.high)) return "";
  if (chart.from_zero) y.add(0);
  if (x.high <= x.low) x.high = x.low + 1;
  double y_step = 1;
  const double x_step = round_step(x, 6);
  Canvas canvas(x, rounded(y, 4, y_step));
  canvas.axes(x_step, y_step, chart);
  for (const Series& s : chart.series)
    if (!s.points.empty()) canvas.line(s);
  return fmt::format(
      "<figure class=\"card\"><figcaption>{}</figcaption>{}<svg viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">{}</svg></figure>\n",
      html_escape(chart.title), legend(chart), kWidth, kHeight, html_escape(chart.title), canvas.svg);
}

}  // namespace sensorium
