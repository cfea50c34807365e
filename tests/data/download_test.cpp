// The downloader against a server that does what it should not.

#include "sensorium/data/download.h"
#include "sensorium/base/hash.h"
#include "sensorium/data/download_report.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/tar.h"
#include "tests/data/corpus.h"
#include "tests/data/hostile_server.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

using namespace sensorium;
using namespace sensorium::test;

namespace {

/// Impatient options for tests.
DownloadOptions quick(const std::vector<std::string>& sources, const fs::path& out) {
  DownloadOptions o;
  o.sources = sources;
  o.out = out.string();
  o.backoff = 0.01;
  o.retries = 1;
  o.stall_timeout = 1;
  o.connect_timeout = 2;
  o.max_wait = 5;
  o.max_bytes = 1 << 20;
  o.allow_private = true;
  o.threads = 2;
  return o;
}

fs::path write_list(const fs::path& file, const HostileServer& server, const Strings& paths) {
  std::string text;
  for (const std::string& path : paths) text += server.url(path) + "\tabout " + path + "\n";
  write_file(file, text);
  return file;
}

using Reasons = std::map<std::string, std::string>;

std::string text_of(const Reasons& reasons) {
  std::string text;
  for (const auto& [path, reason] : reasons) text += path + ": " + reason + "\n";
  return text;
}

std::string failures(const fs::path& out, const HostileServer& server) {
  Reasons found;
  std::istringstream lines(read_file(out / kDownloadFailures));
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    const int http = json.value("http", 0);
    found[json.at("url").get<std::string>().substr(server.url("").size())] =
        json.at("reason").get<std::string>() + (http ? " " + std::to_string(http) : "");
  }
  return text_of(found);
}

std::map<std::string, Record> records_by_path(const fs::path& out, const HostileServer& server) {
  std::map<std::string, Record> found;
  for (Record& r : load_records(out, {}))
    CHECK(found.emplace(r.url.substr(server.url("").size()), std::move(r)).second);
  return found;
}

std::string bytes_of(const PictureFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

/// Runs the download in a process of its own and kills it after so many milliseconds; true when it ended before.
bool download_and_kill(const DownloadOptions& options, int after_ms) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      download_data(options);
    } catch (...) {
      ::_exit(9);
    }
    ::_exit(0);
  }
  int status = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(after_ms);
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (WIFEXITED(status)) REQUIRE(WEXITSTATUS(status) == 0);
  return WIFEXITED(status);
}

}  // namespace

TEST_CASE("download: everything good arrives once, everything bad is reported") {
  const HostileServer server;
  const ScratchFolder folder;
  Strings good, bad;
  for (int i = 0; i < 30; ++i) good.push_back("/good/" + std::to_string(i) + ".png");
  for (int i = 0; i < 3; ++i) good.push_back("/slow/" + std::to_string(50 + i) + ".png");
  for (const char* path : {"/flaky/500/1/60.png", "/flaky/429/1/61.png", "/flaky/503/1/62.png", "/far/4",
                           "/redirect/good/63.png", "/jpeg/64/48.jpg"})
    good.push_back(path);
  const Reasons expected{
      {"/status/404", "HTTP status 404"},
      {"/status/410", "HTTP status 410"},
      {"/status/500", "HTTP status 500"},
      {"/status/204", "HTTP status 204"},
      {"/flaky/500/9/1.png", "HTTP status 500"},
      {"/wait/100000", "told to wait too long 429"},
      {"/loop/0", "redirects without end"},
      {"/far/5", "redirects without end"},
      {"/redirect/ftp://127.0.0.1/x", "no HTTP, or a redirect out of it"},
      {"/redirect/file:///etc/passwd", "no HTTP, or a redirect out of it"},
      {"/truncated/1.png", "cut off"},
      {"/short-lie/2.png", "no readable picture"},
      {"/type-lie/3.png", "no readable picture"},
      {"/html/4", "content type"},
      {"/gzip/5.png", "content encoding"},
      {"/endless", "too large"},
      {"/endless-chunks", "too large"},
      {"/endless-headers", "headers without end"},
      {"/endless-error", "HTTP status 404"},
      {"/big/2000000", "content type"},
      {"/empty", "empty"},
      {"/reset", "connection lost"},
      {"/garbage", "no HTTP, or a redirect out of it"},
      {"/hang", "too slow"},
      {"/drip", "too slow"},
  };
  Strings all = good;
  for (const auto& [path, reason] : expected) all.push_back(path);
  const fs::path list = write_list(folder / "list.tsv", server, all);
  const fs::path out = folder / "out";
  const OrderedJson report = download_data(quick({list.string()}, out));
  CHECK(failures(out, server) == text_of(expected));
  CHECK(report["done"] == good.size());
  CHECK(report["failed"] == expected.size());
  CHECK(report["left"] == 0);
  const auto records = records_by_path(out, server);
  CHECK(records.size() == good.size());
  for (int i = 0; i < 30; ++i) {
    const Record& r = records.at("/good/" + std::to_string(i) + ".png");
    CHECK(read_file(out / r.image) == served_picture(static_cast<uint64_t>(i)));
    CHECK(r.hash == content_hash(served_picture(static_cast<uint64_t>(i))));
    CHECK(r.width == 48);
    CHECK(texts(r) == Strings{"en:about " + r.url.substr(server.url("").size())});
  }
  const auto hits = server.hits();
  CHECK(hits.at("/good/3.png") == 1);
  CHECK(hits.at("/status/404") == 1);
  CHECK(hits.at("/status/500") == 2);
  CHECK(hits.at("/flaky/429/1/61.png") == 2);
  CHECK(hits.at("/wait/100000") == 1);

  {  // a repetition asks for nothing again
    CHECK(download_data(quick({list.string()}, out)) == report);
    CHECK(server.hits() == hits);
  }
  {  // what was deleted comes back
    fs::remove(out / records.at("/good/3.png").image);
    CHECK(download_data(quick({list.string()}, out)) == report);
    CHECK(server.hits().at("/good/3.png") == 2);
    CHECK(read_file(out / records.at("/good/3.png").image) == served_picture(3));
  }
  {  // only what failed is tried again when that is wanted
    DownloadOptions again = quick({list.string()}, out);
    again.retry_failed = true;
    again.retries = 0;
    CHECK(download_data(again)["done"] == good.size());
    CHECK(server.hits().at("/good/4.png") == 1);
    CHECK(server.hits().at("/status/404") == 2);
  }
}

TEST_CASE("download: machines that are not public are refused, also behind names and redirects") {
  const HostileServer server;
  const ScratchFolder folder;
  const std::string local = "http://localhost:" + std::to_string(server.port()) + "/good/1.png";
  write_file(folder / "l.txt", server.url("/good/1.png") + "\n" + local +
                                   "\nhttp://[::1]:" + std::to_string(server.port()) +
                                   "/x\nhttp://[::ffff:127.0.0.1]:" + std::to_string(server.port()) +
                                   "/x\nhttp://2130706433:" + std::to_string(server.port()) + "/good/2.png\n");
  DownloadOptions o = quick({(folder / "l.txt").string()}, folder / "out");
  o.allow_private = false;
  const OrderedJson report = download_data(o);
  CHECK(report["failed"] == 5);
  REQUIRE(report["status"].size() == 1);
  CHECK(report["status"][0]["status"] == "private, loopback or link-local machine");
  CHECK(server.hits().empty());
}

TEST_CASE("download: files that break off are gone on with, and only in the same version") {
  const HostileServer server;
  const ScratchFolder folder;
  DownloadOptions o =
      quick({server.url("/cut/900001"), server.url("/changing/400000"), server.url("/wrong-range/500000"),
             server.url("/big-noetag/300000"), server.url("/zip/5.zip"), server.url("/cut-zip/6.zip")},
            folder / "out");
  o.retries = 6;
  const OrderedJson report = download_data(o);
  CHECK(report["files_failed"] == 1);
  CHECK(failures(folder / "out", server) == "/cut-zip/6.zip: broken archive\n");
  CHECK(read_file(folder / "out" / "900001") == served_bytes(900001));
  CHECK(server.hits().at("/cut/900001") == 5);
  CHECK(read_file(folder / "out" / "400000") == served_bytes(400000, 2));
  CHECK(server.hits().at("/changing/400000") == 2);
  CHECK(read_file(folder / "out" / "500000") == served_bytes(500000));
  CHECK(!fs::exists(folder / "out" / "manifest.json"));
  CHECK(fs::is_empty(folder / "out" / ".download" / "parts"));
}

TEST_CASE("download: checksums and sizes are held to") {
  const HostileServer server;
  const ScratchFolder folder;
  write_file(folder / "picture", served_picture(1));
  const std::string right = "bf" + std::string(62, '0');
  DownloadOptions o = quick({server.url("/big/300000#sha256=" + right), server.url("/big/400000")}, folder / "out");
  o.max_file_bytes = 350'000;
  download_data(o);
  CHECK(failures(folder / "out", server) == "/big/300000: checksum\n/big/400000: too large\n");
  o.sources.pop_back();
  o.out = (folder / "out2").string();
  o.ignore_checksums = true;
  CHECK(error_of([&] { download_data(o); }) == "");
}

TEST_CASE("download: mirrors stand for the official places") {
  const HostileServer server;
  const ScratchFolder folder;
  DownloadOptions o = quick({"vqa:Questions_Val"}, folder / "out");
  o.base_url = server.url("/status");
  download_data(o);
  CHECK(server.hits() == std::map<std::string, int>{{"/status/v2_Questions_Val_mscoco.zip", 1}});
}

TEST_CASE("download: pictures as JPEG of a size, in shards with a manifest, the same for any number of threads") {
  const HostileServer server;
  const ScratchFolder folder;
  Strings paths{"/jpeg/300/200.jpg"};
  for (int i = 0; i < 11; ++i) paths.push_back("/good/" + std::to_string(i) + ".png");
  paths.insert(paths.begin() + 4, "/status/404");
  paths.push_back("/good/2.png");  // again, with the same words
  const fs::path list = write_list(folder / "l.tsv", server, paths);
  std::map<std::string, std::string> first;
  for (const int threads : {1, 3}) {
    DownloadOptions o = quick({list.string()}, folder / ("out" + std::to_string(threads)));
    o.to = "shards";
    o.shard_size = 5;
    o.encode = "jpeg";
    o.side = 100;
    o.threads = threads;
    o.per_host = 3 * threads;
    const OrderedJson report = download_data(o);
    CHECK(report["done"] == 12);
    CHECK(report["repeated"] == 1);
    const auto records = records_by_path(o.out, server);
    CHECK(records.at("/jpeg/300/200.jpg").width == 150);
    CHECK(records.at("/jpeg/300/200.jpg").height == 100);
    for (const auto& [path, r] : records) {
      const PictureFile file(fs::path(o.out) / r.image);
      CHECK(content_hash(bytes_of(file)) == r.hash);
      CHECK(decode_image(file.bytes(), path).width == r.width);
    }
    std::map<std::string, std::string> shards;
    for (const char* name : {"shard-000000.tar", "shard-000001.tar", "shard-000002.tar"})
      shards[name] = read_file(fs::path(o.out) / name);
    if (threads == 1) first = shards;
    CHECK(shards == first);
    CHECK(!fs::exists(fs::path(o.out) / ".download" / "stage"));
  }
}

TEST_CASE("download: what arrives later joins the shard it belongs to") {
  const HostileServer server;
  const ScratchFolder folder;
  const fs::path list =
      write_list(folder / "l.tsv", server, {"/good/1.png", "/flaky/404/1/2.png", "/good/3.png", "/flaky/404/1/4.png"});
  DownloadOptions o = quick({list.string()}, folder / "out");
  o.to = "shards";
  o.shard_size = 10;
  CHECK(download_data(o)["done"] == 2);
  o.retry_failed = true;
  CHECK(download_data(o)["done"] == 4);
  Strings members;
  for_each_tar_member(folder / "out" / "shard-000000.tar", [&](const TarMember& m) {
    members.push_back(m.name);
    return true;
  });
  Strings expected;
  for (const char* key : {"000000000", "000000001", "000000002", "000000003"})
    for (const char* suffix : {".png", ".json", ".txt"}) expected.push_back(key + std::string(suffix));
  CHECK(members == expected);
}

TEST_CASE("download: killed at any moment and repeated, nothing is lost or double") {
  const HostileServer server;
  const ScratchFolder folder;
  Strings paths;
  for (int i = 0; i < 120; ++i) paths.push_back((i % 4 == 0 ? "/slow/" : "/good/") + std::to_string(i) + ".png");
  for (const char* bad : {"/status/404", "/type-lie/1.png", "/truncated/1.png"}) paths.push_back(bad);
  const fs::path list = write_list(folder / "l.tsv", server, paths);
  for (const char* to : {"folder", "shards"}) {
    INFO(to);
    DownloadOptions o = quick({list.string(), server.url("/big/3000000")}, folder / to);
    o.to = to;
    o.shard_size = 16;
    o.per_host = 3;
    o.retries = 1;
    CounterRng rng(5);
    int kills = 0;
    while (kills < 12 && !download_and_kill(o, 5 + static_cast<int>(rng.below(200)))) ++kills;
    CHECK(kills > 3);
    const OrderedJson report = download_data(o);
    CHECK(report["done"] == 121);
    CHECK(report["failed"] == 3);
    const auto records = records_by_path(o.out, server);
    CHECK(records.size() == 120);
    std::set<std::string> hashes;
    for (int i = 0; i < 120; ++i) {
      const Record& r = records.at(paths[static_cast<size_t>(i)]);
      CHECK(bytes_of(PictureFile(fs::path(o.out) / r.image)) == served_picture(static_cast<uint64_t>(i)));
      hashes.insert(r.hash);
    }
    CHECK(hashes.size() == 120);
    CHECK(read_file(fs::path(o.out) / "3000000") == served_bytes(3'000'000));
    size_t pictures = 0, shards = 0;
    for (const auto& entry : fs::recursive_directory_iterator(o.out)) {
      CHECK(entry.path().filename().string().find(".tmp-") == std::string::npos);
      pictures += entry.path().extension() == ".png";
      shards += entry.path().extension() == ".tar";
    }
    CHECK(pictures == (o.to == "folder" ? 120 : 0));
    CHECK(shards == (o.to == "folder" ? 0 : 8));
    CHECK(fs::is_empty(fs::path(o.out) / ".download" / "parts"));
  }
}
