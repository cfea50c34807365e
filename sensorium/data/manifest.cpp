#include "sensorium/data/manifest.h"

#include "sensorium/base/hash.h"
#include "sensorium/data/lines.h"
#include "sensorium/data/source.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr size_t kBuffer = size_t{1} << 20;
constexpr size_t kLongestRecord = size_t{64} << 20;
constexpr const char* kFormat = "sensorium-manifest";

bool contains_or_empty(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

ManifestWriter::ManifestWriter(const fs::path& folder)
    : folder_(folder), records_(std::make_unique<AtomicFile>(folder / kRecordsFile)) {}

void ManifestWriter::add(const Record& record) {
  std::string json;
  append_json(json, record);
  add_json(json);
}

void ManifestWriter::add_json(std::string_view json) {
  buffer_ += json;
  buffer_ += '\n';
  fingerprint_ = stable_hash(json, fingerprint_);
  if (buffer_.size() < kBuffer) return;
  records_->write(buffer_);
  buffer_.clear();
}

void ManifestWriter::commit(const OrderedJson& header) {
  records_->write(buffer_);
  OrderedJson all{{"format", kFormat}, {"version", kManifestVersion}, {"fingerprint", hex64(fingerprint_)}};
  all.update(header);
  AtomicFile file(folder_ / kManifestFile);
  file.write(all.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
  records_->commit();
  file.commit();
}

Json read_manifest_header(const fs::path& folder) {
  const fs::path file = folder / kManifestFile;
  std::error_code error;
  if (!fs::exists(file, error))
    throw InputError("manifest", "{}: expected a folder made by `sensorium data prepare`, got no {}", folder.string(),
                     kManifestFile);
  Json header = read_json(file);
  const std::string format = json_get_or<std::string>(header, "format", "", file.string());
  if (format != kFormat)
    throw InputError("manifest", "{}: expected the format {}, got \"{}\"", file.string(), kFormat, format);
  const int version = json_get<int>(header, "version", file.string());
  if (version != kManifestVersion)
    throw InputError("manifest", "{}: expected version {}, got {}", file.string(), kManifestVersion, version);
  return header;
}

struct ManifestReader::Parts {
  fs::path file;
  RecordFilter filter;
  CaptionFilter captions;
  uint64_t expected;
  LineReader lines;
};

ManifestReader::ManifestReader(const fs::path& folder, const RecordFilter& filter) {
  const Json header = read_manifest_header(folder);
  const auto expected = json_get<uint64_t>(header, "records", (folder / kManifestFile).string());
  const fs::path file = folder / kRecordsFile;
  if (std::error_code error; !fs::is_regular_file(file, error))
    throw InputError("manifest", "{}: expected a readable file, got none", file.string());
  parts_.reset(new Parts{file, filter, {filter.languages, ""}, expected, LineReader(file, kLongestRecord)});
}

ManifestReader::~ManifestReader() = default;

bool ManifestReader::next(Record& record) {
  Parts& p = *parts_;
  std::string_view line;
  while (p.lines.next(line)) {
    const std::string where = fmt::format("{}:{}", p.file.string(), p.lines.number());
    if (p.lines.too_long())
      throw InputError("manifest", "{}: expected a record of at most {} bytes, got more", where, kLongestRecord);
    record = record_from_json(parse_json(line, where), where);
    if (!contains_or_empty(p.filter.splits, record.split) || !contains_or_empty(p.filter.sources, record.source))
      continue;
    std::erase_if(record.captions, [&](const Caption& c) { return !p.captions.accepts(c.language); });
    if (!p.filter.need_caption || !record.captions.empty()) return true;
  }
  if (p.lines.number() != p.expected)
    throw InputError("manifest", "{}: expected {} records, got {}", p.file.string(), p.expected, p.lines.number());
  return false;
}

void for_each_record(const fs::path& folder, const RecordFilter& filter, const std::function<void(Record&&)>& record) {
  ManifestReader reader(folder, filter);
  for (Record r; reader.next(r);) record(std::move(r));
}

std::vector<Record> load_records(const fs::path& folder, const RecordFilter& filter) {
  std::vector<Record> records;
  for_each_record(folder, filter, [&](Record&& r) { records.push_back(std::move(r)); });
  return records;
}

fs::path picture_path(const fs::path& folder, const Record& record) {
  return folder / record.image;
}

}  // namespace sensorium
