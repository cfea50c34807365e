#include "sensorium/data/download.h"

#include "sensorium/base/hash.h"
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_archives.h"
#include "sensorium/data/download_engine.h"
#include "sensorium/data/download_report.h"
#include "sensorium/data/manifest.h"

#include <set>

namespace sensorium {
namespace {

bool is_web_address(const std::string& word) {
  return word.starts_with("http://") || word.starts_with("https://");
}

/// What an address calls its file; letters, digits and a few signs only.
std::string file_name_of(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  std::string name = path.substr(path.rfind('/') + 1);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  return name.empty() || name[0] == '.' ? "download" + name : name;
}

/// The sources, opened: files with their addresses, and lists.
struct Opened {
  std::vector<DownloadItem> files;
  std::vector<fs::path> lists;
};

DownloadItem official_item(const OfficialFile& file, const DownloadOptions& options) {
  DownloadItem item;
  item.url = join_address(options.base_url.empty() ? file.base : options.base_url, file.path);
  item.source = file.corpus;
  item.name = file_name_of(file.path);
  if (!options.ignore_checksums) item.checksum = file.checksum;
  return item;
}

DownloadItem direct_item(const std::string& url) {
  std::string fault;
  if (!parse_web_address(url, fault)) throw UsageError("data download", "expected an address, got {} ({})", url, fault);
  DownloadItem item;
  item.url = url;
  item.source = "address";
  item.name = file_name_of(url);
  return item;
}

Opened open_sources(const DownloadOptions& options) {
  Opened opened;
  std::set<std::string> names{kManifestFile, kRecordsFile, kDownloadReport, kDownloadFailures, "pictures"};
  const auto add = [&](DownloadItem item) {
    if (!names.insert(item.name).second)
      throw UsageError("data download", "expected files of different names, got \"{}\" again for {}", item.name,
                       item.url);
    opened.files.push_back(std::move(item));
  };
  for (const std::string& word : options.sources) {
    std::error_code error;
    if (const auto files = find_official_files(word); !files.empty())
      for (const OfficialFile& file : files) add(official_item(file, options));
    else if (is_web_address(word))
      add(direct_item(word));
    else if (fs::exists(word, error))
      opened.lists.push_back(word);
    else
      throw InputError("data download",
                       "{}: expected a corpus (coco, visual-genome, vqa, karpathy), an address or a list, "
                       "got nothing of that name",
                       word);
  }
  return opened;
}

/// What an earlier run in the same folder must have had too.
OrderedJson key_of(const Opened& opened, const DownloadOptions& options) {
  OrderedJson sources = OrderedJson::array();
  for (const DownloadItem& file : opened.files) sources.push_back(file.url);
  for (const fs::path& list : opened.lists) {
    const fs::path content = fs::is_directory(list) ? list / kRecordsFile : list;
    sources.push_back(list.filename().string() + " " + content_hash_of_file(content));
  }
  DownloadOptions copy = options;
  const OrderedJson all = OptionSet::of(copy).to_json();
  OrderedJson key{{"sources", sources}};
  for (const char* name : {"base_url", "to", "encode", "columns"}) key[name] = all.at(name);
  if (options.to == "shards") key["shard_size"] = options.shard_size;
  if (options.encode == "jpeg") key.update(OrderedJson{{"side", options.side}, {"quality", options.quality}});
  return key;
}

OrderedJson list_items(const Opened& opened, const DownloadOptions& options, const DownloadState::Sink& sink) {
  Tally tally;
  for (DownloadItem file : opened.files) sink(std::move(file));
  for (const fs::path& list : opened.lists)
    read_download_list(list, options.columns, tally, [&](DownloadItem&& item) {
      if (options.ignore_checksums) item.checksum.clear();
      sink(std::move(item));
    });
  return tally.to_json();
}

EngineOptions engine_options(const DownloadOptions& o) {
  EngineOptions e;
  e.parallel = o.parallel;
  e.per_host = o.per_host;
  e.retries = o.retries;
  e.backoff_s = o.backoff;
  e.max_wait_s = o.max_wait;
  e.retry_failed = o.retry_failed;
  e.threads = o.threads;
  e.pictures = {static_cast<uint64_t>(o.max_bytes),
                o.connect_timeout,
                o.stall_timeout,
                o.max_time,
                o.max_redirects,
                o.allow_private,
                o.types,
                o.user_agent,
                o.proxy};
  e.files = e.pictures;
  e.files.max_bytes = static_cast<uint64_t>(o.max_file_bytes);
  e.files.max_time_s = 0;
  e.files.types.clear();
  e.keep = {o.encode, o.side, o.quality, static_cast<uint64_t>(o.max_bytes), static_cast<uint64_t>(o.max_pixels)};
  return e;
}

}  // namespace

void DownloadOptions::describe(OptionSet& o) {
  o.field("sources", sources,
          "official files (coco, coco:val2017, visual-genome, vqa, karpathy), addresses, or lists of addresses "
          "(.txt, .tsv, .csv, .jsonl, a manifest folder)")
      .required()
      .positional();
  o.field("out", out, "folder to fill; a repetition goes on in it").required();
  o.field("base_url", base_url,
          "mirror to take official files from; also completes addresses of lists that are relative");
  o.group("columns", columns);
  o.field("to", to, "pictures of lists become files, or tar shards").one_of({"folder", "shards"});
  o.field("shard_size", shard_size, "items of the list a shard").range(1, 10'000'000);
  o.field("encode", encode, "pictures of lists as they are, or as JPEG").one_of({"keep", "jpeg"});
  o.field("side", side, "with --encode jpeg: largest shorter side in pixels, 0 for any").range(0, 65'000);
  o.field("quality", quality, "with --encode jpeg").range(1, 100);
  o.field("max_bytes", max_bytes, "of a picture").range(1, 4e9);
  o.field("max_file_bytes", max_file_bytes, "of an official file or address").range(1, 1e15);
  o.field("max_pixels", max_pixels, "of a picture").range(1, 1e9);
  o.field("types", types, "content types that pictures may have");
  o.field("parallel", parallel, "transfers at once").range(1, 1000);
  o.field("per_host", per_host, "transfers at once from one host").range(1, 1000);
  o.field("retries", retries, "after the first attempt").range(0, 100);
  o.field("backoff", backoff, "seconds before the first retry; doubles each time").range(0, 3600);
  o.field("max_wait", max_wait, "longest wait in seconds that a server may ask for").range(0, 86'400);
  o.field("connect_timeout", connect_timeout, "seconds").range(1, 3600);
  o.field("stall_timeout", stall_timeout, "seconds with fewer than 100 bytes each that end an attempt").range(1, 3600);
  o.field("max_time", max_time, "seconds for one attempt at a picture").range(1, 86'400);
  o.field("max_redirects", max_redirects, "in a row").range(0, 50);
  o.field("allow_private", allow_private, "also connect to private, loopback and link-local machines");
  o.field("retry_failed", retry_failed, "try again what failed in an earlier run");
  o.field("ignore_checksums", ignore_checksums, "take files whose checksum differs from the published one");
  o.field("user_agent", user_agent, "how to introduce ourselves to servers");
  o.field("proxy", proxy, "address of a proxy, which then decides which machines may be connected to");
  o.field("threads", threads, "threads that check and encode, 0 for one a processor").range(0, 1024);
}

OrderedJson download_data(const DownloadOptions& options) {
  const Opened opened = open_sources(options);
  const OrderedJson key = key_of(opened, options);
  const DownloadPlaces places{options.out, options.to == "shards" ? static_cast<uint64_t>(options.shard_size) : 0};
  DownloadState state(places.state(), key, options.base_url,
                      [&](const DownloadState::Sink& sink) { return list_items(opened, options, sink); });
  make_directories(places.parts());
  remove_unfinished(places.parts());
  remove_unfinished(places.out);
  const EngineOptions engine = engine_options(options);
  OrderedJson report;
  for (int again = 0; again < 2; ++again) {  // once more for what the report finds to be gone
    DownloadEngine(state, places, engine).run();
    std::error_code ignored;
    fs::remove(places.state() / "stage", ignored);  // if empty
    report = write_download_report(state, places);
    if (report.at("left") == 0) break;
  }
  return report;
}

}  // namespace sensorium
