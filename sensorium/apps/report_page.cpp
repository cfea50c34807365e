#include "sensorium/apps/report_page.h"

#include "sensorium/apps/report_picture.h"

#include <algorithm>

namespace sensorium {
namespace {

std::string tile(const std::string& value, const std::string& name, const std::string& note) {
  return fmt::format("<div class=\"card tile\"><b>{}</b><span>{}</span><small>{}</small></div>", value, name, note);
}

std::string tiles(const RetrievalMetrics& m) {
  const auto recall = [](const std::string& name, const DirectionMetrics& d) {
    const Estimate& e = d.recall[2];
    const double times = e.chance > 0 ? e.value / e.chance : 0;
    return tile(fmt::format("{:.1f} %", 100 * e.value), name + " R@10",
                fmt::format("{:.0f} times chance ({:.1f} %)", times, 100 * e.chance));
  };
  return "<div class=\"tiles\">" + recall("text to image", m.text_to_image) + recall("image to text", m.image_to_text) +
         tile(fmt::format("{:.1f}", m.text_to_image.median_rank.value), "median rank, text to image",
              fmt::format("of {}; chance {:.0f}", m.images, m.text_to_image.median_rank.chance)) +
         tile(fmt::format("{}", m.images), "unseen pictures", fmt::format("{} captions", m.texts)) + "</div>\n";
}

std::string cell(const Estimate& e, double unit) {
  return fmt::format("<td><b>{:.1f}</b> <small>{:.1f} – {:.1f}</small></td>", e.value * unit, e.interval.low * unit,
                     e.interval.high * unit);
}

std::string rows(const std::string& name, const DirectionMetrics& m) {
  std::string text = "<tr><th>" + name + "</th>";
  for (const Estimate& e : m.recall) text += cell(e, 100);
  text += cell(m.median_rank, 1) + cell(m.mean_rank, 1) + "</tr>\n<tr class=\"chance\"><th>chance</th>";
  for (const Estimate& e : m.recall) text += fmt::format("<td>{:.1f}</td>", e.chance * 100);
  return text + fmt::format("<td>{:.1f}</td><td>{:.1f}</td></tr>\n", m.median_rank.chance, m.mean_rank.chance);
}

std::string table(const RetrievalMetrics& m) {
  return "<h2>Retrieval on unseen pictures</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>R@1 %</th><th>R@5 "
         "%</th><th>R@10 %</th><th>median rank</th><th>mean rank</th></tr>\n" +
         rows("image to text", m.image_to_text) + rows("text to image", m.text_to_image) +
         "</table></div>\n<p class=\"note\">Small figures: 95 % bootstrap interval over pictures. Ties count by "
         "expectation. Chance: every score equal.</p>\n";
}

std::string search(const ReportSearch& s) {
  std::string text = fmt::format("<div class=\"card search\"><h3>“{}”</h3>", html_escape(s.query));
  if (s.own_rank > 0) text += fmt::format("<p class=\"note\">its own picture stands at rank {:g}</p>", s.own_rank);
  text += "<div class=\"hits\">";
  for (const ReportHit& h : s.hits)
    text += fmt::format(
        "<figure class=\"hit{}\">{}<figcaption title=\"{}\"><span>{}</span><small>{:.3f}</small></figcaption></figure>",
        h.is_own ? " own" : "", thumbnail(h.picture, h.caption), html_escape(h.caption), html_escape(h.caption),
        h.score);
  return text + "</div></div>\n";
}

std::string classification(const ReportClassification& c) {
  std::string text = "<div class=\"card classification\"><figure>" + thumbnail(c.picture, c.caption) + "<figcaption>" +
                     html_escape(c.caption) + "</figcaption></figure><div class=\"bars\">";
  for (const auto& [label, probability] : c.labels)
    text += fmt::format(
        "<div class=\"bar{}\"><span>{}</span><i style=\"width:{:.2f}%\"></i><small>{:.1f} %</small></div>",
        label == c.truth ? " own" : "", html_escape(label), std::max(0.4, 100 * probability), 100 * probability);
  return text + "</div></div>\n";
}

std::string facts(const ReportPage& page) {
  std::string text = "<h2>How it was made</h2>\n<div class=\"card\"><dl>";
  for (const auto& [name, value] : page.facts)
    text += fmt::format("<dt>{}</dt><dd>{}</dd>", html_escape(name), html_escape(value));
  text += "</dl></div>\n";
  if (page.training_options)
    text += "<details class=\"card\"><summary>training options</summary><pre>" +
            html_escape(page.training_options->dump(2)) + "</pre></details>\n";
  return text;
}

}  // namespace

std::string render_report(const ReportPage& page) {
  std::string html = page_head(page.title, fmt::format("Sensorium {}", SENSORIUM_VERSION));
  html += tiles(page.retrieval) + table(page.retrieval);
  std::string charts;
  for (const Chart& c : page.charts) charts += draw_chart(c);
  if (!charts.empty()) html += "<h2>Training</h2>\n<div class=\"charts\">" + charts + "</div>\n";
  if (!page.searches.empty()) {
    html += "<h2>Searches: words to pictures</h2>\n";
    if (std::any_of(page.searches.begin(), page.searches.end(), [](const auto& s) { return s.own_rank > 0; }))
      html += "<p class=\"note\">Outlined: the picture that the words were written for.</p>\n";
    for (const auto& s : page.searches) html += search(s);
  }
  if (!page.classifications.empty()) {
    html += "<h2>Classifications: a picture to words</h2>\n<div class=\"charts\">";
    for (const auto& c : page.classifications) html += classification(c);
    html += "</div>\n";
  }
  return html + facts(page) + "</main></body></html>\n";
}

}  // namespace sensorium
