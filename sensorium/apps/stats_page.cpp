#include "sensorium/apps/stats_page.h"

#include "sensorium/apps/bar_chart.h"
#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_picture.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kWords = 15;
constexpr int kBins = 32;

std::string tile(const std::string& value, const std::string& name, const std::string& note) {
  return fmt::format("<div class=\"card tile\"><b>{}</b><span>{}</span><small>{}</small></div>", value, name, note);
}

std::string tiles(const StatsPage& page) {
  const DataProfile& p = page.profile;
  const uint64_t records = p.captions_per_picture.count(), captions = p.caption_words.count();
  std::string html = "<div class=\"tiles\">";
  html += tile(fmt::format("{}", records), "records", fmt::format("{} with a size", p.width.count()));
  html +=
      tile(fmt::format("{}", captions), "captions",
           fmt::format("{:.2f} a record", records ? static_cast<double>(captions) / static_cast<double>(records) : 0));
  html += tile(
      fmt::format("{}", p.caption_words.quantile(0.5)), "words in a caption (median)",
      fmt::format("5 % at most {}, 95 % at most {}", p.caption_words.quantile(0.05), p.caption_words.quantile(0.95)));
  html +=
      tile(fmt::format("{}", p.declared.size()), "languages",
           p.guess_languages ? fmt::format("{} captions in another than they say", p.contradicting) : "as declared");
  return html + "</div>\n";
}

uint64_t count_in(const Json& object, const std::string& key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_unsigned() ? it->get<uint64_t>() : 0;
}

std::string corpora(const Json& header) {
  const Json splits = header.value("splits", Json::object()), sources = header.value("sources", Json::object());
  std::string html =
      "<h2>Corpora and splits</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>records</th>"
      "<th>captions</th>";
  for (const auto& [split, n] : splits.items())
    html += fmt::format("<th>{}</th>", html_escape(split.empty() ? "no split" : split));
  html += "</tr>\n";
  const auto row = [&](const std::string& name, const Json& counts) {
    html += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td>", html_escape(name), count_in(counts, "records"),
                        count_in(counts, "captions"));
    const Json own = counts.value("splits", Json::object());
    for (const auto& [split, n] : splits.items()) html += fmt::format("<td>{}</td>", count_in(own, split));
    html += "</tr>\n";
  };
  for (const auto& [name, counts] : sources.items()) row(name, counts);
  if (sources.size() > 1) row("all", header);
  return html + "</table></div>\n";
}

std::string histograms(const DataProfile& p) {
  std::string charts = draw_histogram("Words in a caption", "words", p.caption_words.binned(kBins)) +
                       draw_histogram("Characters in a caption", "characters", p.caption_characters.binned(kBins)) +
                       draw_histogram("Captions of a record", "captions", p.captions_per_picture.binned(kBins)) +
                       draw_histogram("Width", "pixels", p.width.binned(kBins)) +
                       draw_histogram("Height", "pixels", p.height.binned(kBins)) +
                       draw_histogram("Width by height", "per cent", p.aspect_percent.binned(kBins)) +
                       draw_histogram("Regions of a picture", "regions", p.regions.binned(kBins)) +
                       draw_histogram("Objects of a picture", "objects", p.objects.binned(kBins)) +
                       draw_histogram("Questions about a picture", "questions", p.questions.binned(kBins));
  return "<h2>Lengths and sizes</h2>\n<div class=\"charts\">" + charts + "</div>\n";
}

std::string languages(const std::map<std::string, uint64_t>& counts, const std::string& title) {
  std::vector<std::pair<std::string, uint64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  order.resize(std::min(order.size(), kWords));
  return draw_word_bars(title, order);
}

std::string vocabularies(const DataProfile& p) {
  const std::string charts =
      draw_word_bars("Words", p.words.top(kWords)) + languages(p.declared, "Languages, as declared") +
      languages(p.guessed, "Languages, as guessed") + draw_word_bars("Labels", p.labels.top(kWords)) +
      draw_word_bars("Tags", p.tags.top(kWords)) + draw_word_bars("Objects", p.object_names.top(kWords)) +
      draw_word_bars("Attributes", p.attributes.top(kWords)) + draw_word_bars("Relations", p.predicates.top(kWords)) +
      draw_word_bars("Answers", p.answers.top(kWords));
  return "<h2>Vocabularies and languages</h2>\n<div class=\"charts\">" + charts + "</div>\n";
}

std::string left_out(const Json& header) {
  const Json counted = header.value("counted", Json::array());
  if (!counted.is_array() || counted.empty()) return "";
  std::string html = "<h2>Left out or noted when it was made</h2>\n<div class=\"card\"><dl>";
  for (const Json& entry : counted)
    if (entry.is_object())
      html += fmt::format("<dt>{}</dt><dd>{}</dd>", count_in(entry, "count"),
                          html_escape(entry.value("reason", std::string())));
  return html + "</dl></div>\n";
}

std::string pictures(const StatsPage& page) {
  if (page.pictures.empty()) return "";
  std::string html = "<h2>Some of the pictures</h2>\n<div class=\"card\"><div class=\"hits\">";
  for (const auto& [file, text] : page.pictures)
    html += fmt::format("<figure class=\"hit\">{}<figcaption title=\"{}\"><span>{}</span></figcaption></figure>",
                        thumbnail(file, text), html_escape(text), html_escape(text));
  return html + "</div></div>\n";
}

std::string facts(const StatsPage& page) {
  std::string html = "<h2>How it was made</h2>\n<div class=\"card\"><dl>";
  for (const auto& [name, value] : page.facts)
    html += fmt::format("<dt>{}</dt><dd>{}</dd>", html_escape(name), html_escape(value));
  html += "</dl></div>\n";
  if (const auto options = page.header.find("options"); options != page.header.end())
    html += "<details class=\"card\"><summary>options</summary><pre>" + html_escape(options->dump(2)) +
            "</pre></details>\n";
  return html;
}

}  // namespace

std::string render_stats(const StatsPage& page) {
  return page_head(page.title, fmt::format("Sensorium {}", SENSORIUM_VERSION)) + tiles(page) + corpora(page.header) +
         pictures(page) + histograms(page.profile) + vocabularies(page.profile) + left_out(page.header) + facts(page) +
         "</main></body></html>\n";
}

}  // namespace sensorium
