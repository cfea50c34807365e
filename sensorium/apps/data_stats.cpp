#include "sensorium/apps/data_stats.h"

#include "sensorium/apps/manifest_text.h"
#include "sensorium/apps/stats_page.h"
#include "sensorium/base/hash.h"
#include "sensorium/base/options.h"
#include "sensorium/base/progress.h"
#include "sensorium/data/statistics.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

struct Options {
  std::string data, output, title;
  std::vector<std::string> splits;
  int pictures = 20;
  uint64_t seed = 0;
  bool guess_languages = false, json = false;
  void describe(OptionSet& o) {
    o.field("data", data, "folder made by data prepare, clean or download").required().positional();
    o.field("output", output, "HTML page to write; default: none");
    o.field("splits", splits, "splits to look at; default: all");
    o.field("pictures", pictures, "pictures shown on the page").range(0, 1000);
    o.field("seed", seed, "chooses the pictures");
    o.field("guess_languages", guess_languages, "also tell each caption's language from its words");
    o.field("title", title, "heading of the page");
    o.field("json", json, "print JSON");
  }
};

/// The records with the smallest hashes of their ids: the same for the same seed, whatever the order.
class Chosen {
 public:
  Chosen(size_t wanted, uint64_t seed) : wanted_(wanted), seed_(seed) {}
  void offer(const Record& record, const fs::path& folder) {
    if (record.image.empty()) return;
    const uint64_t rank = stable_hash(record.id, seed_);
    if (pictures_.size() == wanted_ && (wanted_ == 0 || rank >= pictures_.rbegin()->first)) return;
    const std::string text = !record.captions.empty()  ? record.captions[0].text
                             : !record.label.empty()   ? record.label
                             : !record.regions.empty() ? record.regions[0].text
                                                       : record.id;
    pictures_[rank] = {picture_path(folder, record), text};
    if (pictures_.size() > wanted_) pictures_.erase(std::prev(pictures_.end()));
  }
  std::vector<std::pair<fs::path, std::string>> take() const {
    std::vector<std::pair<fs::path, std::string>> list;
    for (const auto& [rank, picture] : pictures_) list.push_back(picture);
    return list;
  }

 private:
  size_t wanted_;
  uint64_t seed_;
  std::map<uint64_t, std::pair<fs::path, std::string>> pictures_;
};

void print_histogram(const char* name, const Histogram& h) {
  if (h.count())
    fmt::print("{:<24}{:>10}{:>8}{:>8}{:>8}{:>8}{:>10.2f}\n", name, h.count(), h.quantile(0), h.quantile(0.05),
               h.quantile(0.5), h.quantile(0.95), h.mean());
}

void print_vocabulary(const char* name, const Vocabulary& v) {
  if (v.empty()) return;
  std::string line;
  for (const auto& [word, times] : v.top(10)) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", word, times);
  fmt::print("{} ({} different): {}\n", name, v.to_json(0)["distinct"].get<uint64_t>(), line);
}

void print_profile(const DataProfile& p) {
  fmt::print("\n{:<24}{:>10}{:>8}{:>8}{:>8}{:>8}{:>10}\n", "", "count", "least", "5 %", "half", "95 %", "mean");
  print_histogram("captions a record", p.captions_per_picture);
  print_histogram("words a caption", p.caption_words);
  print_histogram("characters a caption", p.caption_characters);
  print_histogram("width", p.width);
  print_histogram("height", p.height);
  print_histogram("width by height, %", p.aspect_percent);
  print_histogram("regions a picture", p.regions);
  print_histogram("objects a picture", p.objects);
  print_histogram("questions a picture", p.questions);
  fmt::print("\n");
  print_vocabulary("words", p.words);
  print_vocabulary("tags", p.tags);
  print_vocabulary("labels", p.labels);
  print_vocabulary("objects", p.object_names);
  print_vocabulary("attributes", p.attributes);
  print_vocabulary("relations", p.predicates);
  print_vocabulary("answers", p.answers);
  if (p.guess_languages) fmt::print("captions in another language than they say: {}\n", p.contradicting);
}

}  // namespace

int run_data_stats(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const CommandInfo info{
      "sensorium data stats",
      "Says what a data set is like: counts, lengths, sizes, vocabularies, languages; as a table, as "
      "JSON, and as one\nHTML page with pictures and plots.",
      "sensorium data stats data/builtin --output stats.html --guess-languages"};
  if (!parse_command_line(info, set, words)) return 0;
  StatsPage page;
  page.header = read_manifest_header(options.data);
  page.profile.guess_languages = options.guess_languages;
  DataStatistics counts;
  Chosen chosen(static_cast<size_t>(options.pictures), options.seed);
  {
    Progress progress("records", 0);
    for_each_record(options.data, {options.splits, {}, {}, false}, [&](Record&& record) {
      counts.add(record);
      page.profile.add(record);
      chosen.offer(record, options.data);
      progress.advance();
    });
  }
  const OrderedJson counted = counts.to_json();
  for (const auto& [key, value] : counted.items()) page.header[key] = Json::parse(value.dump());
  if (!options.output.empty()) {
    page.title =
        options.title.empty() ? "What is in " + fs::path(options.data).lexically_normal().string() : options.title;
    page.pictures = chosen.take();
    page.facts = {{"data", fs::absolute(options.data).lexically_normal().string()},
                  {"fingerprint", page.header.value("fingerprint", std::string("none"))}};
    write_file(options.output, render_stats(page));
  }
  if (options.json) {
    OrderedJson json = counted;
    json.update(page.profile.to_json());
    fmt::print("{}\n", json.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
    return 0;
  }
  print_manifest_sources(counted);
  print_manifest_languages(counted);
  print_profile(page.profile);
  if (!options.output.empty()) fmt::print("\npage: {}\n", options.output);
  return 0;
}

}  // namespace sensorium
