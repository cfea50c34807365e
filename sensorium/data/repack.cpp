#include "sensorium/data/repack.h"

#include "sensorium/base/hash.h"
#include "sensorium/base/progress.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/shard_writer.h"
#include "sensorium/data/statistics.h"
#include "sensorium/data/tally.h"
#include "sensorium/data/write_plain.h"

#include <functional>
#include <unordered_set>

namespace sensorium {
namespace {

/// Puts a picture's bytes somewhere and returns the path that its record has from then on.
using Place = std::function<fs::path(const Record&, std::string_view)>;

/// Every record with its picture's bytes; where paths are relative to the old folder they become absolute.
OrderedJson repack(const RepackOptions& options, const fs::path& out, const Place& place,
                   const std::function<void(OrderedJson&)>& finish) {
  ManifestWriter writer(out);
  DataStatistics statistics;
  Tally tally;
  const fs::path root = fs::absolute(options.data).lexically_normal();
  Progress progress("pictures", 0);
  for_each_record(options.data, {options.splits, {}, {}, false}, [&](Record&& record) {
    progress.advance();
    if (record.image.empty()) return tally.add("picture at an address (not downloaded)", record.url);
    try {
      const PictureFile file(picture_path(root, record));
      const auto bytes = file.bytes();
      for (Audio& audio : record.audio) audio.path = (root / audio.path).lexically_normal().string();
      record.image = place(record, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).string();
    } catch (const InputError& e) {
      return tally.add("unreadable picture", e.what());
    }
    statistics.add(record);
    writer.add(record);
  });
  OrderedJson header = statistics.to_json();
  if (header["records"] == 0)
    throw InputError("data shard", "{}: expected at least one picture, got none{}", options.data, tally.summary());
  const Json before = read_manifest_header(options.data);
  header["counted"] = tally.to_json();
  header["made_from"] = before.value("fingerprint", std::string());
  finish(header);
  writer.commit(header);
  return header;
}

/// Runs `write` in a new folder that then stands at options.out.
OrderedJson in_new_folder(const RepackOptions& options, const std::function<OrderedJson(const fs::path&)>& write) {
  const fs::path out = options.out;
  std::error_code error;
  read_manifest_header(options.data);
  if (fs::equivalent(options.data, out, error))
    throw UsageError("data shard", "{}: expected another folder to write to than is read, got the same", out.string());
  if (fs::exists(out, error) && !fs::exists(out / kManifestFile, error))
    throw UsageError("data shard", "{}: expected a prepared folder or none to write to, got something else",
                     out.string());
  AtomicFolder folder(out);
  const OrderedJson header = write(folder.path());
  folder.commit();
  return header;
}

/// A record's id as a relative path that stays below its folder and fits file systems.
fs::path path_of_id(const std::string& id) {
  std::string safe;
  for (const char c : id) safe += (c >= 0 && c < ' ') || c == ':' || c == '\\' ? '_' : c;
  fs::path path;
  for (const fs::path& part : fs::path(safe).relative_path())
    if (part != "." && part != ".." && !part.empty())
      path /= part.string().size() > 200 ? content_hash(part.string()) : part.string();
  return path.empty() ? fs::path(content_hash(id)) : path;
}

}  // namespace

void RepackOptions::describe(OptionSet& o) {
  o.field("data", data, "folder made by data prepare, clean, download or shard").required().positional();
  o.field("out", out, "folder to write to").required();
  o.field("splits", splits, "splits to take; default: all");
  o.field("shard_records", shard_records, "records a shard at most").range(1, 1e9);
  o.field("shard_bytes", shard_bytes, "bytes a shard at most, unless one picture is larger").range(1, 1e13);
}

OrderedJson write_shards(const RepackOptions& options) {
  return in_new_folder(options, [&](const fs::path& out) {
    ShardWriter shards(out, {options.shard_records, options.shard_bytes});
    const Place place = [&](const Record& record, std::string_view bytes) { return shards.add(record, bytes); };
    return repack(options, out, place, [&](OrderedJson& header) {
      shards.finish();
      header["shards"] = shards.shards();
    });
  });
}

OrderedJson unpack_shards(const RepackOptions& options) {
  return in_new_folder(options, [&](const fs::path& out) {
    std::unordered_set<std::string> used;
    const Place place = [&](const Record& record, std::string_view bytes) {
      fs::path path = "pictures" / path_of_id(record.id);
      const std::string ending = picture_extension(bytes);
      std::string own = path.extension().string();
      if (own == ".jpeg") own = ".jpg";
      if (own == ".tiff") own = ".tif";
      if (own != "." + ending) path += "." + ending;
      if (!used.insert(path.string()).second) {
        path = path.parent_path() / fmt::format("{}-{}", content_hash(record.id), path.filename().string());
        used.insert(path.string());
      }
      write_plain(out / path, bytes);
      return path;
    };
    return repack(options, out, place, [](OrderedJson&) {});
  });
}

}  // namespace sensorium
