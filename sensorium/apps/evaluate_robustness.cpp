#include "sensorium/apps/evaluate_robustness.h"

#include "sensorium/apps/leakage_gate.h"
#include "sensorium/apps/pixel_corruption.h"
#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/apps/report_picture.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/base/options.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate robustness",
    "Says what noise, blur, and missing pictures or captions cost a model's retrieval: one row a strength, both\n"
    "directions. Noise is in units of a pixel's full range, blur in pixels of the model's input; a missing picture is\n"
    "plain colour, a missing caption an empty text.",
    "sensorium evaluate robustness --model out/clip --data data/builtin --split test --languages en\n"
    "sensorium evaluate robustness --model out/clip --data d --noise 0.05 0.1 --blur 1 2 --missing 0.3 --report "
    "r.html"};

struct Options {
  std::string model, data, split = "test", report;
  std::vector<std::string> languages;
  std::vector<double> noise = {0.05, 0.1, 0.2, 0.4}, blur = {1, 2, 4}, missing = {0.1, 0.3, 0.5};
  int batch_size = 32, bootstrap = 1000;
  RuntimeOptions runtime;
  uint64_t seed = 0;
  bool allow_seen = false, json = false;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("data", data, "folder made by data prepare").required();
    o.field("split", split, "split of it");
    o.field("languages", languages, "languages of captions; all if none is given");
    o.field("noise", noise, "standard deviations of noise").range(0, 10);
    o.field("blur", blur, "standard deviations of blur").range(0, 100);
    o.field("missing", missing, "shares of pictures, and then of captions, left out").range(0, 1);
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(1, 1000000);
    o.field("seed", seed, "seed of noise, of what is missing, and of the resamples");
    runtime.describe(o);
    o.field("allow_seen", allow_seen, "evaluate even on pictures that the model was trained on");
    o.field("report", report, "write a page (HTML)");
    o.field("json", json, "print JSON");
  }
};

struct Row {
  std::string name, series;
  double amount = 0;
  RetrievalMetrics metrics;
};

/// The split's pictures again, through a corrupted encoder.
std::vector<float> embed_corrupted(const Options& options, const Embedder& model, const EmbeddedSplit& split,
                                   const Corruption& corruption) {
  std::vector<float> rows;
  Tally ignored;
  encode_pictures(walk_list(split.pictures), *model.processor,
                  corrupted(model.encode_pixels, *model.processor, corruption, options.seed),
                  {options.batch_size, options.runtime.threads, split.pictures.size()}, ignored,
                  [&](PictureBatch&& batch) { rows.insert(rows.end(), batch.rows.begin(), batch.rows.end()); });
  if (rows.size() != split.picture_rows.size())
    throw InputError("evaluate robustness", "expected the pictures to stay readable, got {} of {} values", rows.size(),
                     split.picture_rows.size());
  return rows;
}

std::vector<float> without_captions(const Options& options, const Embedder& model, const EmbeddedSplit& split,
                                    double share) {
  const std::string nothing;
  const std::vector<float> empty = model.encode_texts(std::span(&nothing, 1));
  const auto missing = missing_items(split.texts.size(), share, options.seed);
  std::vector<float> rows = split.text_rows;
  for (size_t j = 0; j < missing.size(); ++j)
    if (missing[j]) std::copy(empty.begin(), empty.end(), rows.begin() + static_cast<std::ptrdiff_t>(j * empty.size()));
  return rows;
}

std::vector<Row> sweep(const Options& options, const Embedder& model, const EmbeddedSplit& split) {
  const RetrievalOptions how{options.bootstrap, options.seed, options.runtime.threads};
  std::vector<Row> rows = {{"as it is", "", 0, evaluate_split(split, how)}};
  const auto with_pictures = [&](Corruption::Kind kind, const std::vector<double>& amounts, const std::string& series) {
    for (const double amount : amounts) {
      const Corruption corruption{kind, amount};
      const auto pictures = embed_corrupted(options, model, split, corruption);
      rows.push_back({series + fmt::format(" {:g}", amount), series, amount,
                      evaluate_retrieval({pictures, split.width}, {split.text_rows, split.width}, split.pairs, how)});
    }
  };
  with_pictures(Corruption::Kind::noise, options.noise, "noise");
  with_pictures(Corruption::Kind::blur, options.blur, "blur");
  with_pictures(Corruption::Kind::missing, options.missing, "pictures missing");
  for (const double share : options.missing) {
    const auto texts = without_captions(options, model, split, share);
    rows.push_back({fmt::format("captions missing {:g}", share), "captions missing", share,
                    evaluate_retrieval({split.picture_rows, split.width}, {texts, split.width}, split.pairs, how)});
  }
  return rows;
}

std::string cell(const Estimate& e) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", 100 * e.value, 100 * e.interval.low, 100 * e.interval.high);
}

void print_table(const std::vector<Row>& rows) {
  const RetrievalMetrics& m = rows[0].metrics;
  fmt::print("{} pictures, {} captions; recall in %, [95 % interval]\n", m.images, m.texts);
  fmt::print("{:<24}{:>22}{:>22}{:>22}{:>22}\n", "", "image to text R@1", "R@10", "text to image R@1", "R@10");
  for (const Row& r : rows)
    fmt::print("{:<24}{:>22}{:>22}{:>22}{:>22}\n", r.name, cell(r.metrics.image_to_text.recall[0]),
               cell(r.metrics.image_to_text.recall[2]), cell(r.metrics.text_to_image.recall[0]),
               cell(r.metrics.text_to_image.recall[2]));
}

std::string render(const Options& options, const std::vector<Row>& rows) {
  std::string html =
      page_head("What noise, blur and missing parts cost", fmt::format("Sensorium {}", SENSORIUM_VERSION));
  html += "<h2>Recall at 10</h2>\n<div class=\"charts\">";
  for (const char* series : {"noise", "blur", "pictures missing", "captions missing"}) {
    Series to_text{"image to text", {{0, 100 * rows[0].metrics.image_to_text.recall[2].value}}, 1, true};
    Series to_image{"text to image", {{0, 100 * rows[0].metrics.text_to_image.recall[2].value}}, 2, true};
    for (const Row& r : rows)
      if (r.series == series) {
        to_text.points.emplace_back(r.amount, 100 * r.metrics.image_to_text.recall[2].value);
        to_image.points.emplace_back(r.amount, 100 * r.metrics.text_to_image.recall[2].value);
      }
    if (to_text.points.size() > 1) html += draw_chart({series, series, "R@10 %", {to_text, to_image}, true});
  }
  html +=
      "</div>\n<h2>Figures</h2>\n<div class=\"card scroll\"><table><tr><th></th><th>image to text R@1 %</th><th>R@10 "
      "%</th><th>text to image R@1 %</th><th>R@10 %</th></tr>\n";
  for (const Row& r : rows) {
    html += "<tr><th>" + html_escape(r.name) + "</th>";
    for (const Estimate* e : {&r.metrics.image_to_text.recall[0], &r.metrics.image_to_text.recall[2],
                              &r.metrics.text_to_image.recall[0], &r.metrics.text_to_image.recall[2]})
      html += fmt::format("<td><b>{:.1f}</b> <small>{:.1f} – {:.1f}</small></td>", 100 * e->value,
                          100 * e->interval.low, 100 * e->interval.high);
    html += "</tr>\n";
  }
  return html + "</table></div>\n" +
         facts_card({{"model", options.model},
                     {"data", fmt::format("{}, split {}", options.data, options.split)},
                     {"seed", fmt::format("{}", options.seed)},
                     {"machine", machine_text()}}) +
         "</main></body></html>\n";
}

}  // namespace

int run_evaluate_robustness(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  read_manifest_header(options.data);
  refuse_seen_pictures(options.model, options.data, options.split, options.languages, options.allow_seen);
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  require_texts(model, kInfo.name, options.model);
  const EmbeddedSplit split =
      embed_split({options.data, options.split, options.languages, options.batch_size, options.runtime.threads}, model);
  const std::vector<Row> rows = sweep(options, model, split);
  if (!options.report.empty()) write_file(options.report, render(options, rows));
  if (!options.json) {
    print_table(rows);
    return 0;
  }
  OrderedJson list = OrderedJson::array();
  for (const Row& r : rows) {
    OrderedJson row{{"condition", r.name}};
    row.update(to_json(r.metrics));
    list.push_back(row);
  }
  const OrderedJson json{{"model", options.model},
                         {"data", options.data},
                         {"split", options.split},
                         {"task", "robustness"},
                         {"conditions", list}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace sensorium
