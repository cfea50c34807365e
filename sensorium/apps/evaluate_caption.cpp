#include "sensorium/apps/evaluate_caption.h"

#include "sensorium/apps/caption_clip_score.h"
#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_picture.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/bootstrap.h"
#include "sensorium/eval/caption_files.h"
#include "sensorium/eval/item_file.h"
#include "sensorium/eval/meteor.h"
#include "sensorium/eval/ptb_tokenizer.h"
#include "sensorium/eval/text_overlap.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate caption",
    "Says how well captions agree with references, as the COCO evaluation counts: BLEU-1 to 4, ROUGE-L, CIDEr-D (what\n"
    "pycocoevalcap calls CIDEr) and CIDEr, on Penn Treebank tokens; with 95 % bootstrap intervals over pictures. With "
    "--clip\n"
    "also CLIPScore and RefCLIPScore; with METEOR's tables (./run meteor fetches them) also METEOR 1.5 for English.",
    "sensorium caption --model out/captioner --data data/flickr --split val --json > captions.jsonl\n"
    "sensorium evaluate caption --candidates captions.jsonl --references data/flickr --split val --report "
    "captions.html\n"
    "sensorium evaluate caption --candidates results.json --references captions_val2014.json --items run.jsonl"};

constexpr const char* kMeteor = "meteor";

struct Options {
  std::string candidates, references, split = "test", tokens = "ptb", items, report, clip, meteor;
  std::vector<std::string> languages;
  int bootstrap = 1000;
  RuntimeOptions runtime;
  uint64_t seed = 0;
  bool json = false;
  void describe(OptionSet& o) {
    o.field("candidates", candidates, "captions to judge: JSON or JSON lines").required();
    o.field("references", references, "JSON, JSON lines, or a folder made by data prepare").required();
    o.field("split", split, "split of that folder");
    o.field("languages", languages, "languages of its captions; all if none is given");
    o.field("tokens", tokens, "how texts become words").one_of({"ptb", "simple", "none"});
    o.field("clip", clip, "dual encoder for CLIPScore, which looks at the pictures of that folder");
    o.field("meteor", meteor, "folder with METEOR's tables; SENSORIUM_METEOR if none is given");
    runtime.describe(o);
    o.field("items", items, "write what came out for each picture (JSON lines)");
    o.field("report", report, "write a page (HTML)");
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(1, 1000000);
    o.field("seed", seed, "seed of the resamples");
    o.field("json", json, "print JSON");
  }
};

/// A figure of the set, its interval, and the figure of each caption.
struct Figure {
  std::string key, name;
  CorpusScore score;
  Interval interval;
};

CaptionSet tokenized(CaptionSet set, const std::string& how) {
  const auto apply = [&](std::string& text) {
    if (how == "ptb") text = coco_caption_tokens(text);
    if (how == "simple") text = simple_caption_tokens(text);
  };
  for (std::string& s : set.candidates) apply(s);
  for (auto& references : set.references)
    for (std::string& s : references) apply(s);
  return set;
}

/// What adds up over captions to figures of a selection of them.
struct SummedCounts {
  std::vector<BleuCounts> bleu;
  std::vector<MeteorCounts> meteor;  // none where it is left out
};

/// Bootstrap over captions: BLEU and METEOR from the summed counts, the others as means; document frequencies stay
/// those of the whole set.
void add_intervals(std::vector<Figure>& figures, const SummedCounts& counts, const Options& options) {
  const auto n = static_cast<int64_t>(counts.bleu.size());
  const auto intervals = bootstrap_95({n, options.bootstrap, options.seed}, [&](std::span<const int64_t> items) {
    BleuCounts sum;
    MeteorCounts meteor_sum;
    std::vector<double> values(figures.size());
    for (const int64_t i : items) {
      sum.add(counts.bleu[static_cast<size_t>(i)]);
      if (!counts.meteor.empty()) meteor_sum.add(counts.meteor[static_cast<size_t>(i)]);
      for (size_t f = 4; f < figures.size(); ++f)
        values[f] += figures[f].score.items[static_cast<size_t>(i)] / static_cast<double>(n);
    }
    const auto of_bleu = sum.bleu();
    std::copy(of_bleu.begin(), of_bleu.end(), values.begin());
    for (size_t f = 0; f < figures.size(); ++f)
      if (figures[f].key == kMeteor) values[f] = meteor_sum.score();
    return values;
  });
  for (size_t f = 0; f < figures.size(); ++f) figures[f].interval = intervals[f];
}

/// METEOR's counts, or none, which is said, where no tables are named.
std::vector<MeteorCounts> meteor_counts_of(const CaptionSet& set, const Options& options) {
  const fs::path folder = options.meteor.empty() ? meteor_folder() : fs::path(options.meteor);
  if (!folder.empty()) return meteor_counts(set, read_meteor_tables(folder), options.runtime.threads);
  spdlog::info("METEOR is left out: neither --meteor nor SENSORIUM_METEOR names a folder with its tables");
  return {};
}

std::vector<Figure> figures_of(const MatchedCaptions& matched, const Options& options) {
  const CaptionSet set = tokenized(matched.set, options.tokens);
  std::vector<Figure> figures;
  auto of_bleu = bleu(set);
  for (size_t n = 0; n < of_bleu.size(); ++n)
    figures.push_back({fmt::format("bleu_{}", n + 1), fmt::format("BLEU-{}", n + 1), std::move(of_bleu[n]), {}});
  figures.push_back({"rouge_l", "ROUGE-L", rouge_l(set), {}});
  figures.push_back({"cider_d", "CIDEr-D", cider_d(set), {}});
  figures.push_back({"cider", "CIDEr", cider(set), {}});
  const SummedCounts counts{bleu_counts(set), meteor_counts_of(set, options)};
  if (!counts.meteor.empty()) figures.push_back({kMeteor, "METEOR", score_of(counts.meteor), {}});
  if (!options.clip.empty()) {
    CaptionClipScores scores =
        caption_clip_scores({options.clip, options.references, options.split, 32, options.runtime}, matched);
    figures.push_back({"clip_score", "CLIPScore", std::move(scores.score), {}});
    figures.push_back({"ref_clip_score", "RefCLIPScore", std::move(scores.with_references), {}});
  }
  add_intervals(figures, counts, options);
  return figures;
}

std::string html_of(const MatchedCaptions& matched, const std::vector<Figure>& figures, const Options& options) {
  std::string html =
      page_head("How well captions agree with references", fmt::format("Sensorium {}", SENSORIUM_VERSION));
  html += "<div class=\"tiles\">";
  for (const size_t f : {size_t{3}, size_t{4}, size_t{5}})
    html +=
        fmt::format("<div class=\"card tile\"><b>{:.3f}</b><span>{}</span><small>95 %: {:.3f} to {:.3f}</small></div>",
                    figures[f].score.corpus, figures[f].name, figures[f].interval.low, figures[f].interval.high);
  html += "</div>\n<h2>Figures</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>value</th><th>95 %</th></tr>\n";
  for (const Figure& f : figures)
    html += fmt::format("<tr><th>{}</th><td>{:.4f}</td><td>{:.4f} to {:.4f}</td></tr>\n", f.name, f.score.corpus,
                        f.interval.low, f.interval.high);
  html += "</table></div>\n";
  const auto& by_cider = figures[5].score.items;
  std::vector<size_t> order(by_cider.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return by_cider[a] > by_cider[b]; });
  const auto table = [&](const std::string& title, const std::vector<size_t>& shown) {
    html += "<h2>" + title + "</h2>\n";
    for (const size_t i : shown) {
      html += fmt::format(
          "<div class=\"card\"><h3>“{}”</h3><p class=\"note\">{} · CIDEr-D {:.3f} · BLEU-4 {:.3f}</p><ul>",
          html_escape(matched.set.candidates[i]), html_escape(matched.ids[i]), by_cider[i], figures[3].score.items[i]);
      for (const std::string& r : matched.set.references[i]) html += "<li>" + html_escape(r) + "</li>";
      html += "</ul></div>\n";
    }
  };
  const size_t n = std::min<size_t>(5, order.size());
  table("The best", {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n)});
  if (order.size() >= 2 * n) table("The worst", {order.rbegin(), order.rbegin() + static_cast<std::ptrdiff_t>(n)});
  return html +
         facts_card({{"candidates", options.candidates},
                     {"references", options.references},
                     {"captions", fmt::format("{}", matched.ids.size())},
                     {"words", options.tokens}}) +
         "</main></body></html>\n";
}

void write_items(const MatchedCaptions& matched, const std::vector<Figure>& figures, const Options& options) {
  ItemWriter writer(options.items, {{"task", "captioning"}, {"candidates", options.candidates}});
  for (size_t i = 0; i < matched.ids.size(); ++i) {
    EvaluatedItem item{matched.ids[i], {}, "", {}};
    for (const Figure& f : figures) item.figures[f.key] = f.score.items[i];
    writer.add(item);
  }
  writer.commit();
}

}  // namespace

int run_evaluate_caption(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  std::error_code ignored;
  const bool prepared = fs::is_directory(options.references, ignored);
  if (!options.clip.empty() && !prepared)
    throw UsageError(kInfo.name, "expected a folder made by data prepare as --references with --clip, got {}",
                     options.references);
  const CaptionsById references = prepared ? captions_of_manifest(options.references, options.split, options.languages)
                                           : read_captions(options.references);
  const MatchedCaptions matched = match_captions(read_captions(options.candidates), references, options.candidates);
  if (matched.unused > 0) spdlog::warn("{} pictures have references but no caption", matched.unused);
  const std::vector<Figure> figures = figures_of(matched, options);
  if (!options.items.empty()) write_items(matched, figures, options);
  if (!options.report.empty()) write_file(options.report, html_of(matched, figures, options));
  if (!options.json) {
    fmt::print("{} captions; value [95 % interval]\n", matched.ids.size());
    for (const Figure& f : figures)
      fmt::print("{:<14}{:.4f} [{:.4f}, {:.4f}]\n", f.name, f.score.corpus, f.interval.low, f.interval.high);
    return 0;
  }
  OrderedJson metrics;
  for (const Figure& f : figures)
    metrics[f.key] = {{"value", f.score.corpus}, {"low", f.interval.low}, {"high", f.interval.high}};
  const OrderedJson json{
      {"dataset", options.references},    {"model", options.candidates}, {"task", "captioning"},
      {"tokens", options.tokens},         {"metrics", metrics},          {"captions", matched.ids.size()},
      {"without_caption", matched.unused}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace sensorium
