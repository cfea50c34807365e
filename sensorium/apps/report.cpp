#include "sensorium/apps/report.h"

#include "sensorium/apps/leakage_gate.h"
#include "sensorium/apps/report_content.h"
#include "sensorium/base/options.h"

#include <cstdio>
#include <ctime>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium report",
                        "Evaluates a model on unseen pictures, searches and classifies among them, prints all that, "
                        "and writes one HTML file\n"
                        "that needs nothing else: figures beside chance, training curves, pictures.",
                        "sensorium report --model out/clip --data data/builtin --languages en --output report.html"};

struct Options {
  std::string model, data, split = "test", output, results, training_options, title;
  std::vector<std::string> languages;
  ContentPlan content;
  std::string labels;
  int batch_size = 32;
  bool allow_seen = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("data", data, "folder made by data prepare").required();
    o.field("output", output, "HTML file to write").required();
    o.field("split", split, "split of the data");
    o.field("languages", languages, "languages of captions; all if none is given");
    o.field("results", results, "results.jsonl of the training; by default the one in or above the model's folder");
    o.field("training_options", training_options,
            "JSON file shown as the training's options; by default those of the run");
    o.field("title", title, "heading of the page");
    o.field("queries", content.queries, "words to search for; by default captions of unseen pictures");
    o.field("searches", content.searches, "number of searches").range(0, 100);
    o.field("classifications", content.classifications, "number of classifications").range(0, 100);
    o.field("labels", labels, "labels to classify by, a,b,c or a file; by default captions of unseen pictures");
    o.field("template", content.templates, "texts with {} for the label");
    o.field("seed", content.seed, "chooses the searches and classifications");
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    runtime.describe(o);
    o.field("allow_seen", allow_seen, "evaluate even on pictures that the model was trained on");
  }
};

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &local);
  return text;
}

/// A file of the training in the model's folder or the one above, or nothing.
fs::path beside_model(const Options& options, const std::string& given, const char* name) {
  if (!given.empty()) return given;
  const fs::path model = fs::absolute(options.model).lexically_normal();
  for (const fs::path& folder : {model, model.parent_path(), model.parent_path().parent_path()})
    if (std::error_code ignored; fs::is_regular_file(folder / name, ignored)) return folder / name;
  return {};
}

/// The options of the training: of a given file, or as the run beside the model keeps them in last/state.json.
std::optional<OrderedJson> training_options(const Options& options) {
  const fs::path file = beside_model(options, options.training_options, "last/state.json");
  if (file.empty()) return std::nullopt;
  OrderedJson json = OrderedJson::parse(read_file(file), nullptr, false);
  if (json.is_discarded()) throw InputError("report", "{}: expected JSON, got something else", file.string());
  const auto nested = json.find("options");
  return options.training_options.empty() && nested != json.end() ? OrderedJson(*nested) : json;
}

void print_search(const ReportSearch& s) {
  fmt::print("\nsearch: \"{}\"{}\n", s.query,
             s.own_rank > 0 ? fmt::format("   (its own picture: rank {:g})", s.own_rank) : "");
  for (const ReportHit& h : s.hits) fmt::print("  {:7.4f} {} {}\n", h.score, h.is_own ? "*" : " ", h.caption);
}

void print_classification(const ReportClassification& c) {
  fmt::print("\nclassification of {} (\"{}\")\n", c.picture.filename().string(), c.caption);
  for (const auto& [label, p] : c.labels)
    fmt::print("  {:6.2f} % {} {}\n", 100 * p, label == c.truth ? "*" : " ", label);
}

ReportPage make_page(const Options& options, const Embedder& model, const EmbeddedSplit& split) {
  ReportPage page;
  page.title = options.title.empty() ? "How well " + fs::path(options.model).lexically_normal().string() + " sees"
                                     : options.title;
  page.retrieval = evaluate_split(split, {.threads = options.runtime.threads});
  page.searches = make_searches(split, model, options.content);
  page.classifications = make_classifications(split, model, options.content);
  if (const fs::path results = beside_model(options, options.results, "results.jsonl"); !results.empty())
    page.charts = training_charts(results);
  page.training_options = training_options(options);
  page.facts = {
      {"model", fs::absolute(options.model).lexically_normal().string()},
      {"data", fmt::format("{}, split {}", fs::absolute(options.data).lexically_normal().string(), options.split)},
      {"captions", options.languages.empty() ? "all languages" : fmt::format("{}", fmt::join(options.languages, ", "))},
      {"embeddings", fmt::format("{} wide, logit scale {:.2f}", model.width, model.logits.scale)},
      {"machine", machine_text()},
      {"date", now_text()}};
  return page;
}

}  // namespace

int run_report(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (!options.labels.empty()) options.content.labels = read_labels(options.labels);
  if (options.content.templates.empty()) options.content.templates = {"a photo of a {}"};
  read_manifest_header(options.data);
  refuse_seen_pictures(options.model, options.data, options.split, options.languages, options.allow_seen);
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  require_texts(model, kInfo.name, options.model);
  const EmbeddedSplit split =
      embed_split({options.data, options.split, options.languages, options.batch_size, options.runtime.threads}, model);
  const ReportPage page = make_page(options, model, split);
  write_file(options.output, render_report(page));
  fmt::print("{}", to_table(page.retrieval));
  for (const auto& s : page.searches) print_search(s);
  for (const auto& c : page.classifications) print_classification(c);
  fmt::print("\nreport: {}\n", fs::absolute(options.output).lexically_normal().string());
  return 0;
}

}  // namespace sensorium
