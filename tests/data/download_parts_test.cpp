// The parts of the downloader that need no server: addresses, checksums, lists, official files, the state on disk.

#include "sensorium/base/hash.h"
#include "sensorium/data/download.h"
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_archives.h"
#include "sensorium/data/download_checksum.h"
#include "sensorium/data/download_headers.h"
#include "sensorium/data/download_state.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::vector<DownloadItem> read_list(const fs::path& file, Tally& tally, const ListColumns& columns = {}) {
  std::vector<DownloadItem> items;
  read_download_list(file, columns, tally, [&](DownloadItem&& item) { items.push_back(std::move(item)); });
  return items;
}

Strings captions(const DownloadItem& item) {
  Strings out;
  for (const Caption& c : item.captions) out.push_back(c.language + ":" + c.text);
  return out;
}

}  // namespace

TEST_CASE("download: which machines are public") {
  for (const char* text : {"127.0.0.1",        "127.8.9.1",       "10.0.0.1",        "172.16.0.1",    "172.31.255.255",
                           "192.168.1.1",      "169.254.169.254", "100.64.0.1",      "0.0.0.0",       "224.0.0.1",
                           "255.255.255.255",  "198.18.0.1",      "203.0.113.9",     "::1",           "::",
                           "fe80::1",          "fc00::1",         "fd12::1",         "fec0::1",       "ff02::1",
                           "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::",
                           "2001::1",          "2001:db8::1",     "::127.0.0.1",     "64:ff9b:1::1",  "3fff::1",
                           "nonsense"})
    CHECK_MESSAGE(!is_public_address(std::string(text)), text);
  for (const char* text : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "169.253.0.1",
                           "198.20.0.1", "2606:4700::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "2002:808:808::"})
    CHECK_MESSAGE(is_public_address(std::string(text)), text);
  sockaddr other{};
  other.sa_family = AF_UNIX;
  CHECK(!is_public_address(&other, sizeof other));
}

TEST_CASE("download: addresses are taken apart, others refused") {
  std::string fault;
  const auto a = parse_web_address("HTTP://Example.COM:8080/a b.png?x=1#md5=00", fault);
  REQUIRE(a);
  CHECK(a->url == "http://Example.COM:8080/a%20b.png?x=1");
  CHECK(a->host == "example.com:8080");
  CHECK(a->fragment == "md5=00");
  CHECK(parse_web_address("https://example.com/", fault)->host == "example.com");
  for (const char* bad : {"", "example", "http://", "ftp://example.com/x", "file:///etc/passwd", "gopher://x/",
                          "http://user:pw@example.com/", "javascript:alert(1)", "http://exa mple.com/"})
    CHECK_MESSAGE(!parse_web_address(bad, fault), bad);
  CHECK(join_address("http://m/base", "a/b.zip") == "http://m/base/a/b.zip");
  CHECK(join_address("http://m/base/", "/a/b.zip") == "http://m/base/a/b.zip");
  CHECK(join_address("http://m/base", "http://o/x") == "http://o/x");
  CHECK(join_address("", "x") == "x");
}

TEST_CASE("download: checksums") {
  const ScratchFolder folder;
  write_file(folder / "f", "abc");
  for (const char* sum : {"900150983CD24FB0D6963F7D28E17F72", "sha1=a9993e364706816aba3e25717850c26c9cd0d89d",
                          "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}) {
    const auto parsed = parse_checksum(sum);
    REQUIRE_MESSAGE(parsed, sum);
    CHECK(checksum_of_file(folder / "f", *parsed) == *parsed);
  }
  for (const char* bad : {"", "md5:", "12", "sha256:900150983cd24fb0d6963f7d28e17f72",
                          "zz0150983cd24fb0d6963f7d28e17f72", "crc32:00000000"})
    CHECK_MESSAGE(!parse_checksum(bad), bad);
}

TEST_CASE("download: headers") {
  CHECK(split_header("Content-Type:  Text/HTML \r\n") ==
        std::pair<std::string, std::string>("content-type", "Text/HTML"));
  CHECK(split_header("no header").first.empty());
  CHECK(media_type("Image/PNG ; q=1") == "image/png");
  CHECK(is_accepted_type("image/png", {"image/*"}));
  CHECK(!is_accepted_type("imagery/png", {"image/*"}));
  CHECK(is_accepted_type("", {"image/*"}));
  CHECK(is_accepted_type("application/zip", {}));
  CHECK(!is_accepted_type("text/html", {}));
  const auto range = parse_content_range("bytes 5-9/10");
  REQUIRE(range);
  CHECK(range->first == 5);
  CHECK(range->last == 9);
  CHECK(range->total == 10);
  CHECK(!parse_content_range("Bytes 5-9/*")->total);
  for (const char* bad : {"", "bytes", "bytes 5-4/10", "bytes 5-10/10", "bytes 5-9/10x", "bytes -9/10", "bytes 5-9",
                          "items 5-9/10", "bytes 99999999999999999999-1/2", "bytes 5-4/*", "bytes */10"})
    CHECK_MESSAGE(!parse_content_range(bad), bad);
  CHECK(range_validator("\"a\"", "date") == "\"a\"");
  CHECK(range_validator("W/\"a\"", "date").empty());
  CHECK(range_validator("", "date") == "date");
}

TEST_CASE("download: official files by name") {
  CHECK(find_official_files("coco").size() > 8);
  CHECK(find_official_files("visual-genome").size() >= 8);
  const auto one = find_official_files("coco:val2017");
  REQUIRE(one.size() == 1);
  CHECK(one[0].base + "/" + one[0].path == "http://images.cocodataset.org/zips/val2017.zip");
  CHECK(find_official_files("photos.txt").empty());
  CHECK(find_official_files("http://example.com/x").empty());
  CHECK(error_of([] { find_official_files("karpathy:x"); }) ==
        "[data download] expected a file of karpathy (caption_datasets), got \"x\"");
  for (const OfficialFile& file : official_files())
    if (!file.checksum.empty()) CHECK(parse_checksum(file.checksum) == file.checksum);
}

TEST_CASE("download: lists of every kind say the same") {
  const ScratchFolder folder;
  const std::string a = "http://a.example/1.jpg", b = "https://b.example/2.jpg";
  write_file(folder / "l.txt", "\xef\xbb\xbf# pictures\n" + a + "\r\n\n  " + b + "  \n");
  write_file(folder / "cc3m.tsv", "a cat\t" + a + "\nthe \"best\" dog\t" + b + "\n");
  write_file(folder / "cc12m.tsv", a + "\ta cat\n" + b + "\t\"the \"\"best\"\" dog\"\n");
  write_file(folder / "l.csv", "id,URL,Caption\n1," + a + ",a cat\n2," + b + ",\"the \"\"best\"\" dog\"\n");
  write_file(folder / "l.jsonl", R"({"url": ")" + a + R"(", "captions": ["a cat"]})" + "\n" + R"({"url": ")" + b +
                                     R"(", "captions": [{"text": "the \"best\" dog", "language": "en"}]})" + "\n");
  for (const char* name : {"l.txt", "cc3m.tsv", "cc12m.tsv", "l.csv", "l.jsonl"}) {
    INFO(name);
    Tally tally;
    const auto items = read_list(folder / name, tally);
    REQUIRE(items.size() == 2);
    CHECK(tally.entries().empty());
    CHECK(items[0].url == a);
    CHECK(items[1].url == b);
    CHECK(items[0].source == fs::path(name).stem().string());
    if (std::string(name) == "l.txt") continue;
    CHECK(captions(items[0]) == Strings{"en:a cat"});
    CHECK(captions(items[1]) == Strings{"en:the \"best\" dog"});
  }
}

TEST_CASE("download: what is broken in a list is counted") {
  const ScratchFolder folder;
  write_file(folder / "l.tsv", "url\tcaption\tmd5\nhttp://a/1\tone\t\nhttp://a/2\ttwo\n\tno address\t\n" +
                                   std::string("http://a/3\tthree\tnonsense\n") + "http://a/\xff\tbroken\t\n" +
                                   std::string((1 << 20) + 10, 'x') + "\nhttp://a/4\tfour\t" + std::string(32, 'A') +
                                   "\n");
  Tally tally;
  const auto items = read_list(folder / "l.tsv", tally);
  REQUIRE(items.size() == 2);
  CHECK(items[1].url == "http://a/4");
  CHECK(items[1].checksum == "md5:" + std::string(32, 'a'));
  CHECK(tally.count("line with another number of fields than the first") == 1);
  CHECK(tally.count("line without an address") == 1);
  CHECK(tally.count("checksum that is none of MD5, SHA-1 and SHA-256") == 1);
  CHECK(tally.count("address with control characters or broken UTF-8") == 1);
  CHECK(tally.count("line longer than 1 MiB") == 1);
  write_file(folder / "j.jsonl", "[1]\n{\"url\": 5}\nnot json\n{\"caption\": \"c\"}\n{\"url\": \"http://a/1\"}\n" +
                                     std::string("{\"url\": ") + std::string(300'000, '[') + "\n");
  Tally lines;
  CHECK(read_list(folder / "j.jsonl", lines).size() == 1);
  CHECK(lines.count("line that is no JSON object") == 3);
  CHECK(lines.count("line with a value of another type") == 1);
  CHECK(lines.count("line without an address") == 1);
}

TEST_CASE("download: lists that cannot be read are refused") {
  const ScratchFolder folder;
  write_file(folder / "l.csv", "a,b\n1,2\n");
  write_file(folder / "l.png", "x");
  Tally tally;
  CHECK(error_of([&] { read_list(folder / "l.csv", tally); }, folder.path()) ==
        "[data download] DIR/l.csv: expected a column for the address (url, image_url, photo_image_url, coco_url, "
        "flickr_url, thumbnail_url, link, src, image) or an address in the first line, got: a, b");
  CHECK(error_of([&] { read_list(folder / "l.png", tally); }, folder.path()) ==
        "[data download] DIR/l.png: expected a list (.txt, .tsv, .csv, .jsonl) or a manifest folder, got \".png\"");
  CHECK(error_of([&] { read_list(folder / "none.txt", tally); }) != "");
  ListColumns columns;
  columns.caption = "words";
  write_file(folder / "m.csv", "url,caption\nhttp://a/1,x\n");
  CHECK(error_of([&] { read_list(folder / "m.csv", tally, columns); }, folder.path()) ==
        "[data download] DIR/m.csv: expected a column for the caption (words) or an address in the first line, got: "
        "url, caption");
}

TEST_CASE("download: the state keeps items, repeats and fates") {
  const ScratchFolder folder;
  const OrderedJson key{{"list", "x"}};
  const auto list = [](const DownloadState::Sink& sink) {
    for (const char* url : {"http://a/1#sha256=ab", "http://b/2", "http://a/1", "ftp://a/1", "c/3", "http://a/1"}) {
      DownloadItem item;
      item.url = url;
      item.source = "s";
      item.captions = {{std::string("about ") + url, "en", "caption"}};
      sink(std::move(item));
    }
    return OrderedJson{{"n", 6}};
  };
  {
    DownloadState state(folder / "d", key, "http://mirror", list);
    REQUIRE(state.size() == 6);
    CHECK(state.entry(0).status == DownloadStatus::todo);
    CHECK(state.entry(2).status == DownloadStatus::repeated);
    CHECK(state.entry(3).status == DownloadStatus::failed);
    CHECK(state.entry(3).reason == DownloadReason::bad_address);
    CHECK(state.entry(5).status == DownloadStatus::repeated);
    CHECK(state.item(4).url == "http://mirror/c/3");
    CHECK(state.merged_item(0).captions.size() == 2);
    DownloadEntry e = state.entry(1);
    e.status = DownloadStatus::done;
    e.width = 7;
    e.hash = hash_bytes(content_hash("x"));
    state.set(1, e);
    CHECK(error_of([&] { DownloadState(folder / "d", key, "", list); }, folder.path()) ==
          "[data download] DIR: expected to be alone here, got another download at work");
  }
  const auto never = [](const DownloadState::Sink&) -> OrderedJson { throw UsageError("test", "expected no call"); };
  CHECK(error_of(
            [&] {
              DownloadState(folder / "d", {{"list", "y"}}, "", never);
            },
            folder.path()) ==
        "[data download] DIR: expected to go on with list \"x\", got \"y\"; choose another --out");
  DownloadState state(folder / "d", key, "", never);
  CHECK(state.notes() == OrderedJson{{"n", 6}});
  CHECK(state.entry(1).status == DownloadStatus::done);
  CHECK(state.entry(1).width == 7);
  CHECK(hash_text(state.entry(1).hash) == content_hash("x"));
  CHECK(state.item(1).url == "http://b/2");
}

TEST_CASE("download: a torn entry reads as not fetched") {
  const ScratchFolder folder;
  const auto list = [](const DownloadState::Sink& sink) {
    DownloadItem item;
    item.url = "http://a/1";
    sink(std::move(item));
    return OrderedJson::object();
  };
  {
    DownloadState state(folder / "d", OrderedJson::object(), "", list);
    DownloadEntry e = state.entry(0);
    e.status = DownloadStatus::done;
    state.set(0, e);
  }
  std::string bytes = read_file(folder / "d" / "state.bin");
  bytes[20] ^= 1;
  write_file(folder / "d" / "state.bin", bytes);
  CHECK(DownloadState(folder / "d", OrderedJson::object(), "", list).entry(0).status == DownloadStatus::todo);
  bytes[20] ^= 1;
  bytes[60] = 100;  // a format that there is not, with the right check
  const auto check = static_cast<uint16_t>(stable_hash({bytes.data() + 16, 46}));
  std::memcpy(bytes.data() + 62, &check, sizeof check);
  write_file(folder / "d" / "state.bin", bytes);
  CHECK(DownloadState(folder / "d", OrderedJson::object(), "", list).entry(0).status == DownloadStatus::todo);
  write_file(folder / "d" / "state.bin", bytes.substr(1));
  CHECK(error_of([&] { DownloadState(folder / "d", OrderedJson::object(), "", list); }, folder.path()) ==
        "[data download] DIR/d/state.bin: expected the state of 1 items, got 63 bytes");
  write_file(folder / "d" / "state.bin", bytes);
  write_file(folder / "d" / "items.jsonl", "{}");
  CHECK(error_of([&] { DownloadState(folder / "d", OrderedJson::object(), "", list); }, folder.path()) ==
        "[data download] DIR/d/items.jsonl: expected 33 bytes, got 2");
}
