#include "sensorium/apps/bootstrap_page.h"

#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_picture.h"

namespace sensorium {
namespace {

std::string table(const OrderedJson& counts) {
  std::string html =
      "<div class=\"card scroll\"><table><tr><th>captions</th><th>kept</th><th>removed</th><th>kept, %</th></tr>\n";
  for (const auto& [source, n] : counts.items()) {
    const auto kept = n.at("kept").get<double>(), removed = n.at("removed").get<double>();
    html += fmt::format("<tr><th>{}</th><td>{:.0f}</td><td>{:.0f}</td><td>{:.1f}</td></tr>\n", html_escape(source),
                        kept, removed, kept + removed > 0 ? 100 * kept / (kept + removed) : 0);
  }
  return html + "</table></div>\n";
}

std::string gallery(const std::string& title, const CaptionSample& sample) {
  std::string html = "<h2>" + title + "</h2>\n<div class=\"card\"><div class=\"hits\">";
  for (const auto& [key, c] : sample.captions()) {
    const std::string text = html_escape(c.text);
    html += fmt::format(
        "<figure class=\"hit\">{}<figcaption title=\"{}\"><span>{}</span> {:.2f}, {}</figcaption></figure>\n",
        thumbnail(c.picture, c.text), text, text, c.match, html_escape(c.source));
  }
  return html + "</div></div>\n";
}

}  // namespace

void CaptionSample::offer(uint64_t key, FilteredCaption caption) {
  if (size_ == 0 || (captions_.size() == size_ && key >= captions_.rbegin()->first)) return;
  captions_.emplace(key, std::move(caption));
  if (captions_.size() > size_) captions_.erase(std::prev(captions_.end()));
}

std::string render_bootstrap(const BootstrapPage& page) {
  return page_head("Captions kept and removed", fmt::format("Sensorium {}", SENSORIUM_VERSION)) + table(page.counts) +
         gallery("Kept", page.kept) + gallery("Removed", page.removed) + facts_card(page.facts) +
         "</main></body></html>\n";
}

}  // namespace sensorium
