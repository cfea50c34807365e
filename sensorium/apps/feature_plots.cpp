#include "sensorium/apps/feature_plots.h"

#include <fmt/format.h>

namespace sensorium {
namespace {

constexpr const char* kStyle =
    "svg{--c1:#2f6fed;--c2:#e0702b;--c3:#1a9c72;--text:#1b1f27;background:#fff}text{fill:#68707d;font:12px "
    "system-ui,sans-serif}"
    ".title{font-weight:600;font-size:14px}.grid{stroke:#e3e6eb;stroke-width:1}"
    ".series{fill:none;stroke-width:2;stroke-linejoin:round}.series.c1{stroke:var(--c1)}.series.c2{stroke:var(--c2)}"
    ".series.c3{stroke:var(--c3)}.dot.c1{fill:var(--c1)}.dot.c2{fill:var(--c2)}.dot.c3{fill:var(--c3)}"
    "@media(prefers-color-scheme:dark){svg{--c1:#6c9dff;--c2:#ff9d5c;--c3:#4fd1a5;--text:#e7eaf0;background:#1b1f27}"
    "text{fill:#949daa}.grid{stroke:#2d333e}}";

std::string legend(const Chart& chart) {
  std::string text;
  if (chart.series.size() < 2) return text;
  double y = 22;
  for (const Series& s : chart.series) {
    text += fmt::format("<circle class=\"dot c{}\" cx=\"650\" cy=\"{}\" r=\"4\"/><text x=\"660\" y=\"{}\">{}</text>",
                        s.colour, y - 4, y, html_escape(s.name));
    y += 18;
  }
  return text;
}

}  // namespace

std::string chart_file(const Chart& chart) {
  const std::string figure = draw_chart(chart);
  const size_t from = figure.find("<svg"), inside = figure.find('>', from), to = figure.find("</svg>");
  if (from == std::string::npos || to == std::string::npos) return "";
  const int width = chart.series.size() < 2 ? 640 : 800;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 -28 {} 308\" width=\"{}\" height=\"308\"><style>{}</style>"
      "<text class=\"title\" x=\"16\" y=\"-8\">{}</text>{}{}</svg>\n",
      width, width, kStyle, html_escape(chart.title), figure.substr(inside + 1, to - inside - 1), legend(chart));
}

std::string figure_file(const std::string& svg) {
  const size_t from = svg.find("<svg"), inside = svg.find('>', from), to = svg.rfind("</svg>");
  if (from == std::string::npos || to == std::string::npos) return "";
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\"{}><style>{}</style>{}</svg>\n",
                     svg.substr(from + 4, inside - from - 4), kStyle, svg.substr(inside + 1, to - inside - 1));
}

Chart component_chart(const std::string& title, const std::string& y_label, const std::vector<double>& values) {
  Chart chart{title, "component", y_label, {}, true};
  Series series{"", {}, 1, values.size() <= 60};
  for (size_t i = 0; i < values.size(); ++i) series.points.emplace_back(static_cast<double>(i + 1), values[i]);
  chart.series.push_back(std::move(series));
  return chart;
}

}  // namespace sensorium
