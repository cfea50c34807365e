#include "sensorium/data/prepare.h"
#include "sensorium/data/manifest.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace sensorium::test {
namespace {

/// 30 different pictures, each also in a slightly changed copy, and every fault there is.
void make_corpus(const fs::path& dir) {
  for (int i = 0; i < 30; ++i) {
    Image image = blocks(static_cast<uint64_t>(i));
    write_picture(dir / fmt::format("{}.png", i), image);
    image.pixels[0] ^= 3;
    write_picture(dir / fmt::format("near{}.png", i), image);
    for (const char* name : {"", "near"})
      write_text(dir / fmt::format("{}{}.txt", name, i), fmt::format("{}picture {}", name, i));
  }
  write_picture(dir / "same.png", blocks(0));
  write_text(dir / "same.txt", "the same");
  write_picture(dir / "silent.png", blocks(100));
  write_picture(dir / "small.png", blocks(101, 8, 50));
  write_picture(dir / "large.png", blocks(102, 200, 200));
  write_text(dir / "empty.png", "");
  write_text(dir / "torn.png", encode_png(blocks(103)).substr(0, 60));
  write_text(dir / "drawn.svg",
             R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="1" height="1"/></svg>)");
  write_text(dir / "blank.svg", R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"/>)");
  for (const char* name : {"small", "large", "empty", "torn", "drawn", "blank"})
    write_text(dir / (std::string(name) + ".txt"), "words");
}

PrepareOptions options_for(const fs::path& source, const fs::path& out) {
  PrepareOptions o;
  o.sources = {source.string()};
  o.out = out.string();
  o.val = o.test = 0.25;
  o.max_pixels = 35000;
  return o;
}

uint64_t counted(const OrderedJson& header, const std::string& reason) {
  for (const OrderedJson& entry : header.at("counted"))
    if (entry.at("reason") == reason) return entry.at("count").get<uint64_t>();
  return 0;
}

TEST_CASE("prepare: everything is there or counted, groups stay together, bytes do not depend on threads") {
  const ScratchFolder dir;
  make_corpus(dir / "in");
  PrepareOptions options = options_for(dir / "in", dir / "out");
  const OrderedJson header = prepare_data(options);
  CHECK(header.at("records") == 61);
  for (const char* reason : {"no caption", "too small picture", "too large picture", "empty file", "broken picture",
                             "blank drawing", "same picture as another (captions merged)"}) {
    CAPTURE(reason);
    CHECK(counted(header, reason) == 1);
  }
  const std::vector<Record> records = load_records(dir / "out", {});
  REQUIRE(records.size() == 61);
  std::map<std::string, std::set<std::string>> splits;
  std::set<std::string> all;
  for (const Record& r : records) {
    CHECK(fs::exists(picture_path(dir / "out", r)));
    if (!r.group.empty()) splits[r.group].insert(r.split);
    all.insert(r.split);
  }
  CHECK(splits.size() == 30);
  for (const auto& [group, names] : splits) CHECK(names.size() == 1);
  CHECK(all == std::set<std::string>{"test", "train", "val"});
  CHECK(texts(records[0]) == Strings{"en:picture 0", "en:the same"});

  const std::string first = read_file(dir / "out/records.jsonl"), head = read_file(dir / "out/manifest.json");
  for (const int threads : {1, 3}) {
    options.threads = threads;
    prepare_data(options);
    CHECK(read_file(dir / "out/records.jsonl") == first);
    CHECK(read_file(dir / "out/manifest.json") == head);
  }
  options.seed = 1;
  prepare_data(options);
  CHECK(read_file(dir / "out/records.jsonl") != first);
}

TEST_CASE("prepare: own splits are kept, and near-identical pictures give way to the stronger split") {
  const ScratchFolder dir;
  make_corpus(dir / "in");
  write_text(dir / "t.csv",
             "image,caption,split\n0.png,a,train\nnear0.png,b,test\n1.png,c,val\n2.png,d,train\ngone.png,e,train\n");
  PrepareOptions options = options_for(dir / "t.csv", dir / "out");
  options.images = (dir / "in").string();
  OrderedJson header = prepare_data(options);
  CHECK(header.at("splits").dump() == R"({"test":1,"train":1,"val":1})");
  CHECK(counted(header, "nearly equal to a picture of another split") == 1);
  CHECK(counted(header, "missing picture") == 1);
  options.own_splits = "ignore";
  header = prepare_data(options);
  CHECK(header.at("records") == 4);
}

TEST_CASE("prepare: nothing is written on failure") {
  const ScratchFolder dir;
  const auto message = [&](PrepareOptions o) { return error_of([&] { prepare_data(o); }, dir.path()); };
  write_text(dir / "bad.json", "{\"images\": [");
  CHECK(message(options_for(dir / "bad.json", dir / "out"))
            .starts_with("[data prepare] DIR/bad.json: expected JSON, got: "));
  const std::string unknown = message(options_for("no-such-thing", dir / "out"));
  CHECK(unknown.starts_with("[data prepare] expected builtin, tuxpaint, openclipart, emoji, a folder, "));
  CHECK(unknown.ends_with("got no-such-thing"));
  write_text(dir / "in/torn.svg", "<svg");
  write_text(dir / "in/torn.txt", "words");
  CHECK(message(options_for(dir / "in", dir / "out")) ==
        "[data prepare] DIR/in: expected at least one picture with a caption, got none: 1 x broken picture");
  PrepareOptions sums = options_for(dir / "in", dir / "out");
  sums.val = 0.6;
  sums.test = 0.5;
  CHECK(message(sums) == "[data prepare] expected --val and --test to sum to at most 1, got 0.6 and 0.5");
  CHECK_FALSE(fs::exists(dir / "out"));
  write_text(dir / "mine/pictures/holiday.txt", "keep");
  CHECK(message(options_for(dir / "in", dir / "mine")) ==
        "[data prepare] DIR/mine: expected no folder \"pictures\" of another origin, got one");
  CHECK(fs::exists(dir / "mine/pictures/holiday.txt"));
}

TEST_CASE("manifest: records come back as written; filters; broken files") {
  const ScratchFolder dir;
  Record record;
  record.id = "a/1";
  record.source = "a";
  record.image = "x.png";
  record.url = "http://a/\"x\".png";
  record.width = 3;
  record.height = 4;
  record.hash = "00ff";
  record.perceptual_hash = 0x8000000000000001ULL;
  record.colours = "0a0b";
  record.group = "g";
  record.split = "train";
  record.captions = {{"A \\ \t \x01 é", "en-GB", "title"}, {"B", "de", "title"}};
  record.audio = {{"s.ogg", "speech", "en", "A"}, {"t.ogg", "sound", "", ""}};
  record.tags = {"t"};
  record.label = "cat";
  record.regions = {{"a tail", {1, 2.5f, 3, 4}}};
  record.objects = {{7, "cat", {0, 0, 3, 4}, {"black", "small"}}, {8, "mat", {}, {}}};
  record.relations = {{7, 8, "on"}};
  record.questions = {{"What is it?", {"a cat", "cat"}, "other"}};
  ManifestWriter writer(dir.path());
  writer.add(record);
  writer.commit(OrderedJson{{"records", 1}});
  CHECK(load_records(dir.path(), {}) == std::vector<Record>{record});
  CHECK(load_records(dir.path(), {{"test"}, {}, {}, true}).empty());
  CHECK(load_records(dir.path(), {{}, {"fr"}, {}, true}).empty());
  CHECK(texts(load_records(dir.path(), {{"train"}, {"en"}, {"a"}, true}).at(0)) == Strings{"en-GB:A \\ \t \x01 é"});
  const auto message = [&] { return error_of([&] { load_records(dir.path(), {}); }, dir.path()); };
  const std::string line = read_file(dir / "records.jsonl");
  write_text(dir / "records.jsonl", "");
  CHECK(message() == "[manifest] DIR/records.jsonl: expected 1 records, got 0");
  write_text(dir / "records.jsonl", "{\"id\": 3}\n");
  CHECK(message() == "[config] DIR/records.jsonl:1: expected a string for \"id\", got 3");
  write_text(dir / "manifest.json", R"({"format":"sensorium-manifest","version":9,"records":1})");
  CHECK(message() == "[manifest] DIR/manifest.json: expected version 1, got 9");
  fs::remove(dir / "manifest.json");
  CHECK(message() == "[manifest] DIR: expected a folder made by `sensorium data prepare`, got no manifest.json");
}

}  // namespace
}  // namespace sensorium::test
