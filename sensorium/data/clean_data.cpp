#include "sensorium/data/clean_data.h"

#include "sensorium/data/clean_duplicates.h"
#include "sensorium/data/duplicate_log.h"
#include "sensorium/data/near_captions.h"
#include "sensorium/data/record_merge.h"
#include "sensorium/data/seen_pictures.h"

#include <algorithm>
#include <map>

namespace sensorium {
namespace {

constexpr const char* kDrawn = "pictures";

/// Options that the result depends on.
OrderedJson options_json(const CleanDataOptions& options) {
  CleanDataOptions copy = options;
  OrderedJson json = OptionSet::of(copy).to_json();
  json.erase("out");
  json.erase("threads");
  return json;
}

/// The second pass over records on disk.
class SecondPass {
 public:
  SecondPass(Cleaned& cleaned, const CleanDataOptions& options, ManifestWriter& writer, DuplicateLog& log)
      : c_(cleaned), options_(options), writer_(writer), log_(log), fates_(decide_pictures(cleaned, options)) {
    for (uint32_t r = 0; r < c_.picture.size(); ++r)
      if (c_.picture[r] != kNoPicture) record_of_.push_back(r);
    if (options_.exact_pictures == "merge")
      for (uint32_t p = 0; p < fates_.size(); ++p)
        if (fates_[p].kind == PictureFate::exact) merged_[fates_[p].of].push_back(p);
  }

  void run() {
    find_seen();
    if (options_.near_captions == "drop") find_near_captions();
    for (uint32_t r = 0; r < c_.picture.size(); ++r) write(r);
  }

 private:
  PictureFate fate(uint32_t record) const {
    return c_.picture[record] == kNoPicture ? PictureFate{} : fates_[c_.picture[record]];
  }
  bool stays(uint32_t record) const {
    return fate(record).kind == PictureFate::keep && (seen_.empty() || !seen_[record]);
  }

  Record merged(uint32_t r) {
    Record record = c_.records.read(r);
    if (const auto later = merged_.find(c_.picture[r]); c_.picture[r] != kNoPicture && later != merged_.end())
      for (const uint32_t picture : later->second) merge_record(record, c_.records.read(record_of_[picture]));
    return record;
  }

  /// Marks records whose picture is in one of the folders of `against`.
  void find_seen() {
    if (options_.against.empty()) return;
    SeenPictures others;
    for (const std::string& folder : options_.against)
      for_each_record(folder, {{}, {}, {}, false}, [&](Record&& record) { others.add(record); });
    seen_.resize(c_.picture.size());
    std::vector<Record> records;
    for (uint32_t r = 0; r < c_.picture.size(); ++r) {
      Record record = c_.records.read(r), bare;
      bare.hash = record.hash;
      bare.perceptual_hash = record.perceptual_hash;
      bare.colours = record.colours;
      records.push_back(std::move(bare));
    }
    for (const SeenMatch& match : others.find(records, SeenPictures::kMaxBits, SeenPictures::kMaxColour))
      seen_[match.record] = 1;
  }

  void find_near_captions() {
    TextArena texts;
    for (uint32_t r = 0; r < c_.picture.size(); ++r) {
      if (!stays(r)) continue;
      for (const Caption& caption : merged(r).captions) {
        texts.add(caption.text);
        caption_record_.push_back(r);
      }
    }
    near_ = near_captions(texts, options_.caption_similarity, options_.threads);
  }

  void write(uint32_t r) {
    if (!stays(r)) return leave_out(r);
    Record record = merged(r);
    if (!near_.empty()) drop_near_captions(record);
    if (says_nothing(record) && options_.captions.missing != "keep")
      return c_.tally.add("no caption is left", record.id);
    c_.statistics.add(record);
    writer_.add(record);
  }

  void leave_out(uint32_t r) {
    const std::string id = c_.records.read(r).id;
    const PictureFate f = fate(r);
    const std::string of = f.kind == PictureFate::keep ? "" : c_.records.read(record_of_[f.of]).id;
    if (f.kind == PictureFate::exact) {
      log_.add("exact picture", id, of);
      c_.tally.add(
          options_.exact_pictures == "merge" ? "same picture as another (captions merged)" : "same picture as another",
          id);
    } else if (f.kind == PictureFate::near) {
      log_.add("near picture", id, of, fmt::format("\"bits\":{}", f.bits));
      c_.tally.add("nearly equal to another picture", id);
    } else if (f.kind == PictureFate::cropped) {
      log_.add("cropped picture", id, of, fmt::format("\"correlation\":{:.4f}", f.similarity));
      c_.tally.add("part of another picture", id);
    } else {
      log_.add("picture of another set", id, "");
      c_.tally.add("picture of a set it is cleaned against", id);
    }
  }

  void drop_near_captions(Record& record) {
    std::erase_if(record.captions, [&](const Caption& caption) {
      const auto at = static_cast<uint32_t>(caption_++);
      const NearCaption& near = near_[at];
      if (near.of == at) return false;
      log_.add("near caption", record.id, c_.records.read(caption_record_[near.of]).id,
               fmt::format("\"similarity\":{:.4f},\"text\":{}", near.similarity,
                           OrderedJson(caption.text).dump(-1, ' ', false, OrderedJson::error_handler_t::replace)));
      c_.tally.add("caption nearly equal to another", caption.text);
      return true;
    });
  }

  Cleaned& c_;
  const CleanDataOptions& options_;
  ManifestWriter& writer_;
  DuplicateLog& log_;
  std::vector<PictureFate> fates_;
  std::vector<uint32_t> record_of_;                   // of each picture
  std::map<uint32_t, std::vector<uint32_t>> merged_;  // pictures merged into a picture
  std::vector<char> seen_;
  std::vector<NearCaption> near_;
  std::vector<uint32_t> caption_record_;
  size_t caption_ = 0;
};

OrderedJson clean_into(const fs::path& out, const std::vector<Source>& sources, const CleanDataOptions& options) {
  AtomicFolder drawn(out / kDrawn);
  ManifestWriter writer(out);
  DuplicateLog log(out);
  Cleaned cleaned;
  const bool any_pictures =
      std::any_of(sources.begin(), sources.end(), [](const Source& source) { return source.has_pictures; });
  const bool stream = !any_pictures && options.near_captions == "keep";
  clean_records(sources, options, drawn.path(), kDrawn, stream ? &writer : nullptr, cleaned);
  if (!stream) SecondPass(cleaned, options, writer, log).run();
  OrderedJson header = cleaned.statistics.to_json();
  if (header["records"] == 0)
    throw InputError("data clean", "{}: expected at least one record that is left, got none{}",
                     fmt::join(options.sources, ", "), cleaned.tally.summary());
  header["pictures"] = any_pictures;
  header["counted"] = cleaned.tally.to_json();
  header["options"] = options_json(options);
  if (!fs::is_empty(drawn.path())) drawn.commit();
  log.commit();
  writer.commit(header);
  return header;
}

}  // namespace

OrderedJson clean_data(const CleanDataOptions& options) {
  check_caption_rules(options.captions);
  for (const std::string& folder : options.against) read_manifest_header(folder);
  const std::vector<Source> sources = open_sources(options);
  const fs::path out = options.out;
  std::error_code ignored;
  for (const std::string& source : options.sources)
    if (fs::equivalent(source, out, ignored))
      throw UsageError("data clean", "{}: expected another folder to write to than is read, got the same",
                       out.string());
  const bool is_new = !fs::exists(out, ignored);
  if (fs::exists(out / kDrawn, ignored) && !fs::exists(out / kManifestFile, ignored))
    throw UsageError("data clean", "{}: expected no folder \"{}\" of another origin, got one", out.string(), kDrawn);
  try {
    return clean_into(out, sources, options);
  } catch (...) {
    if (is_new) fs::remove(out, ignored);  // only if empty
    throw;
  }
}

}  // namespace sensorium
