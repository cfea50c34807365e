#include "sensorium/apps/bar_chart.h"

#include "sensorium/apps/report_chart.h"

#include <fmt/format.h>

#include <algorithm>

namespace sensorium {
namespace {

constexpr double kWidth = 640, kHeight = 280, kLeft = 56, kRight = 16, kTop = 16, kBottom = 40;

uint64_t largest(const auto& pairs) {
  uint64_t most = 1;
  for (const auto& [name, count] : pairs) most = std::max<uint64_t>(most, count);
  return most;
}

}  // namespace

std::string draw_histogram(const std::string& title, const std::string& x_label,
                           const std::vector<std::pair<int64_t, uint64_t>>& bins) {
  if (bins.empty()) return "";
  const auto most = static_cast<double>(largest(bins));
  const double step = (kWidth - kLeft - kRight) / static_cast<double>(bins.size());
  std::string svg = fmt::format(
      "<figure class=\"card\"><figcaption>{}</figcaption><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
      html_escape(title), kWidth, kHeight, html_escape(title));
  for (int i = 0; i <= 4; ++i) {
    const double y = kHeight - kBottom - (kHeight - kTop - kBottom) * i / 4;
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{:.0f}</text>",
        kLeft, kWidth - kRight, y, y, kLeft - 6, y + 4, most * i / 4);
  }
  const size_t every = std::max<size_t>(1, bins.size() / 8);
  for (size_t i = 0; i < bins.size(); ++i) {
    const double height = (kHeight - kTop - kBottom) * static_cast<double>(bins[i].second) / most;
    const double x = kLeft + step * static_cast<double>(i);
    svg += fmt::format(
        "<rect class=\"dot c1\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}: "
        "{}</title></rect>",
        x + step * 0.08, kHeight - kBottom - height, step * 0.84, height, bins[i].first, bins[i].second);
    if (i % every == 0)
      svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>", x + step / 2,
                         kHeight - kBottom + 16, bins[i].first);
  }
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></svg></figure>\n", kWidth / 2,
                     kHeight - 6, html_escape(x_label));
  return svg;
}

std::string draw_word_bars(const std::string& title, const std::vector<std::pair<std::string, uint64_t>>& words) {
  if (words.empty()) return "";
  const auto most = static_cast<double>(largest(words));
  std::string html =
      fmt::format("<figure class=\"card\"><figcaption>{}</figcaption><div class=\"bars\">", html_escape(title));
  for (const auto& [word, count] : words)
    html += fmt::format("<div class=\"bar\"><span>{}</span><i style=\"width:{:.2f}%\"></i><small>{}</small></div>",
                        html_escape(word), std::max(0.4, 100 * static_cast<double>(count) / most), count);
  return html + "</div></figure>\n";
}

}  // namespace sensorium
