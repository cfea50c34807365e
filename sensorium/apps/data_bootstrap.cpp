#include "sensorium/apps/data_bootstrap.h"

#include "sensorium/apps/blip_command.h"
#include "sensorium/apps/bootstrap_page.h"
#include "sensorium/base/hash.h"
#include "sensorium/data/statistics.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/serve/model/blip_match.h"

#include <cmath>
#include <cstdio>
#include <deque>
#include <mutex>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium data bootstrap",
    "Cleans captions by a model (CapFilt of the BLIP paper): a captioner writes new captions, and a matching model\n"
    "removes old and new ones that do not match their picture. The new manifest says for each caption where it came\n"
    "from and how well it matches; a page shows what was kept and what was removed.",
    "sensorium data bootstrap data/web --captioner out/captioner --filter out/matcher --out data/filtered"};

struct Options {
  std::string data, out, captioner, filter;
  std::vector<std::string> splits;
  WritingOptions writing;
  double threshold = 0.5;
  int batch_size = 8, examples = 24;
  bool json = false;
  Options() {
    writing.sample = true;  // the paper's captions are drawn, not searched
    writing.beams = 1;
  }
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("data", data, "prepared data folder").required().positional();
    o.field("out", out, "folder to write to").required();
    o.field("captioner", captioner, "checkpoint folder of a captioner; none: captions are only filtered");
    o.field("filter", filter, "checkpoint folder of a matching model").required();
    o.field("splits", splits, "splits to take; default: all");
    o.field("threshold", threshold, "captions of at least this match probability are kept").range(0, 1);
    o.field("examples", examples, "captions shown on the page, kept and removed ones each").range(0, 1000);
    writing.describe(o);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print the manifest's header as JSON");
  }
};

/// Records on their way, between the stream of their pictures and what becomes of them.
class RecordQueue {
 public:
  RecordQueue(const fs::path& folder, const std::vector<std::string>& splits)
      : root_(fs::absolute(folder).lexically_normal()), reader_(folder, {splits, {}, {}, false}) {}

  std::optional<PictureItem> next() {
    Record record;
    if (!reader_.next(record)) return std::nullopt;
    if (!record.image.empty()) record.image = picture_path(root_, record).string();
    for (Audio& audio : record.audio) audio.path = (root_ / audio.path).lexically_normal().string();
    PictureItem item{record.image, record.id};
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(record));
    return item;
  }

  /// The record of the picture at place `index`; those before it, whose pictures were broken, are let go.
  Record take(size_t index) {
    const std::lock_guard lock(mutex_);
    for (; first_ < index; ++first_) waiting_.pop_front();
    ++first_;
    Record record = std::move(waiting_.front());
    waiting_.pop_front();
    return record;
  }

 private:
  fs::path root_;
  ManifestReader reader_;
  std::mutex mutex_;
  std::deque<Record> waiting_;
  size_t first_ = 0;
};

/// The whole pass.
class Bootstrap {
 public:
  explicit Bootstrap(const Options& options)
      : o_(options),
        filter_(load_blip_model(kInfo.name, o_.filter, {BlipKind::retrieval, BlipKind::pretraining}, o_.runtime)) {
    if (!o_.captioner.empty()) {
      captioner_ = load_blip_model(kInfo.name, o_.captioner, {BlipKind::caption, BlipKind::pretraining}, o_.runtime);
      generation_ = o_.writing.generation(captioner_->model.config.text);
    }
    page_.kept = page_.removed = CaptionSample(static_cast<size_t>(o_.examples));
  }

  OrderedJson run(const fs::path& out) {
    RecordQueue records(o_.data, o_.splits);
    ManifestWriter writer(out);
    const ImageProcessor& processor = captioner_ ? captioner_->processor : filter_.processor;
    Tally skipped;
    decode_pictures([&] { return records.next(); }, processor, {o_.batch_size, o_.runtime.threads, 0}, skipped,
                    [&](const PixelBatch& batch) { take_batch(batch, processor, records, writer); });
    warn_skipped(skipped);
    tally_.merge(skipped);
    OrderedJson header = statistics_.to_json();
    if (header["records"] == 0)
      throw InputError(kInfo.name, "{}: expected at least one record with a caption that matches, got none{}", o_.data,
                       tally_.summary());
    header["counted"] = tally_.to_json();
    header["made_from"] = read_manifest_header(o_.data).value("fingerprint", std::string());
    header["bootstrap"] = {{"captioner", o_.captioner},
                           {"filter", o_.filter},
                           {"threshold", o_.threshold},
                           {"captions", counts_},
                           {"seed", o_.writing.seed}};
    page_.counts = counts_;
    page_.facts = {{"data", o_.data},
                   {"captioner", o_.captioner.empty() ? "none" : o_.captioner},
                   {"filter", o_.filter},
                   {"kept at a match of at least", fmt::format("{}", o_.threshold)}};
    write_file(out / "bootstrap.html", render_bootstrap(page_));
    writer.commit(header);
    return header;
  }

 private:
  void take_batch(const PixelBatch& batch, const ImageProcessor& processor, RecordQueue& records,
                  ManifestWriter& writer) {
    const auto pixels = pixel_tensor<rt::Tensor>(batch.pixels);
    std::vector<GeneratedText> written;
    if (captioner_) {
      BlipWriter<rt::Tensor> decoder(captioner_->model, {look(*captioner_, pixels), {}});
      written = generate(decoder, std::vector(batch.items.size(), begin_text(captioner_->model.config.text, {})),
                         generation_, {}, batch.indices.front());
    }
    const size_t each = written.size() / batch.items.size();
    for (size_t i = 0; i < batch.items.size(); ++i) {
      Record record = records.take(batch.indices[i]);
      for (size_t k = 0; k < each; ++k) propose(record, text_of(*captioner_, written[i * each + k].ids));
      const auto row = static_cast<int64_t>(i);
      filter(std::move(record), pixels.slice(row, row + 1), processor, writer);
    }
  }

  static void propose(Record& record, const std::string& text) {
    const auto same = [&](const Caption& c) { return c.text == text; };
    if (text.empty() || std::any_of(record.captions.begin(), record.captions.end(), same)) return;
    record.captions.push_back({text, "en", "synthetic"});
  }

  /// The scores by the filter's own pixels: those at hand where its processor is the captioner's too.
  std::vector<MatchScore> match(const Record& record, const rt::Tensor& picture, const ImageProcessor& processor,
                                const BlipTexts& texts) const {
    const ImageProcessor& own = filter_.processor;
    if (own.config() == processor.config()) return match_pictures(filter_, picture, texts);
    const Pixels pixels = own.process(read_image_alpha(record.image));
    return match_pictures(filter_, pixel_tensor<rt::Tensor>(pixels), texts);
  }

  void filter(Record record, const rt::Tensor& picture, const ImageProcessor& processor, ManifestWriter& writer) {
    if (record.captions.empty()) return tally_.add("no caption", record.id);
    std::vector<std::string> texts;
    for (const Caption& c : record.captions) texts.push_back(c.text);
    const std::vector<MatchScore> scores = match(record, picture, processor, prepare_texts(kInfo.name, filter_, texts));
    std::vector<Caption> kept;
    std::vector<MatchScore> kept_scores;
    for (size_t i = 0; i < texts.size(); ++i) {
      const Caption& caption = record.captions[i];
      const bool keeps = scores[i].probability >= o_.threshold;
      note(record, caption, scores[i], keeps);
      if (!keeps) continue;
      kept.push_back(caption);
      kept_scores.push_back(scores[i]);
    }
    record.captions = std::move(kept);
    if (record.captions.empty()) return tally_.add("no caption that matches", record.id);
    statistics_.add(record);
    write(record, kept_scores, writer);
  }

  void note(const Record& record, const Caption& caption, const MatchScore& score, bool keeps) {
    const std::string source = caption.source.empty() ? "caption" : caption.source;
    OrderedJson& counts = counts_[source];
    if (counts.is_null()) counts = {{"kept", 0}, {"removed", 0}};
    const char* what = keeps ? "kept" : "removed";
    counts[what] = counts[what].get<int64_t>() + 1;
    (keeps ? page_.kept : page_.removed)
        .offer(stable_hash(record.id + "\n" + caption.text), {record.image, caption.text, source, score.probability});
  }

  /// The record as the manifest has it, with the scores beside each caption.
  static void write(const Record& record, const std::vector<MatchScore>& scores, ManifestWriter& writer) {
    std::string text;
    append_json(text, record);
    OrderedJson json = OrderedJson::parse(text);
    for (size_t i = 0; i < scores.size(); ++i) {
      json["captions"][i]["match"] = std::round(scores[i].probability * 1e6) / 1e6;
      json["captions"][i]["cosine"] = std::round(scores[i].cosine * 1e6) / 1e6;
    }
    writer.add_json(json.dump());
  }

  const Options& o_;
  BlipModel filter_;
  std::optional<BlipModel> captioner_;
  GenerationOptions generation_;
  DataStatistics statistics_;
  Tally tally_;
  OrderedJson counts_ = OrderedJson::object();
  BootstrapPage page_;
};

void print_counts(const OrderedJson& header, const std::string& out) {
  fmt::print("{:20} {:>10} {:>10}\n", "captions", "kept", "removed");
  for (const auto& [source, n] : header["bootstrap"]["captions"].items())
    fmt::print("{:20} {:10} {:10}\n", source, n["kept"].get<int64_t>(), n["removed"].get<int64_t>());
  fmt::print("written to {}\n", out);
}

}  // namespace

int run_data_bootstrap(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const fs::path out = options.out;
  std::error_code error;
  read_manifest_header(options.data);
  if (fs::equivalent(options.data, out, error))
    throw UsageError(kInfo.name, "{}: expected another folder to write to than is read, got the same", out.string());
  if (fs::exists(out, error) && !fs::exists(out / kManifestFile, error))
    throw UsageError(kInfo.name, "{}: expected a prepared folder or none to write to, got something else",
                     out.string());
  Bootstrap bootstrap(options);
  AtomicFolder folder(out);
  const OrderedJson header = bootstrap.run(folder.path());
  folder.commit();
  if (options.json)
    fmt::print("{}\n", header.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
  else
    print_counts(header, options.out);
  return 0;
}

}  // namespace sensorium
