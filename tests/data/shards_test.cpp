#include "sensorium/data/shards.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/prepare.h"
#include "sensorium/data/profile.h"
#include "sensorium/data/repack.h"
#include "sensorium/data/samplers.h"
#include "sensorium/data/shard_writer.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <set>

namespace sensorium::test {
namespace {

Strings members(const fs::path& archive) {
  Strings out;
  const std::string bytes = read_file(archive);
  for_each_tar_member(archive, [&](const TarMember& m) {
    out.push_back(m.name + "=" + bytes.substr(m.offset, std::min<uint64_t>(m.size, 20)));
    return true;
  });
  return out;
}

TEST_CASE("tar: what is written is read, and by tar itself") {
  const ScratchFolder dir;
  const std::string long_name = std::string(90, 'a') + "/" + std::string(120, 'b') + ".txt";
  TarWriter tar(dir / "a.tar");
  tar.add("one.txt", "1");
  tar.add(long_name, std::string(1000, 'x'));
  tar.add("empty", "");
  tar.commit();
  CHECK(members(dir / "a.tar") == Strings{"one.txt=1", long_name + "=" + std::string(20, 'x'), "empty="});
  const std::string list = fmt::format("tar tf '{0}' > '{1}'", (dir / "a.tar").string(), (dir / "list").string());
  REQUIRE(std::system(list.c_str()) == 0);
  CHECK(read_file(dir / "list") == "one.txt\n" + long_name + "\nempty\n");
  for (const char* format : {"gnu", "ustar", "pax", "v7"}) {
    CAPTURE(format);
    write_text(dir / "f/x/file", "content");
    const std::string make = fmt::format("tar -C '{0}/f' --format={1} -cf '{0}/b.tar' x", dir.path().string(), format);
    REQUIRE(std::system(make.c_str()) == 0);
    CHECK(members(dir / "b.tar") == Strings{"x/file=content"});
  }
}

TEST_CASE("tar: broken archives") {
  const ScratchFolder dir;
  TarWriter tar(dir / "a.tar");
  tar.add("one.txt", std::string(600, '1'));
  tar.commit();
  const std::string good = read_file(dir / "a.tar");
  const auto fault = [&](std::string bytes) {
    write_text(dir / "b.tar", bytes);
    return error_of([&] { members(dir / "b.tar"); }, dir.path());
  };
  CHECK(fault("\x1f\x8b" + good) ==
        "[tar] DIR/b.tar at byte 0: expected an uncompressed tar archive, got a compressed one (unpack it first: "
        "pictures "
        "are read in any order)");
  std::string changed = good;
  changed[0] = 'x';
  CHECK(fault(changed) == "[tar] DIR/b.tar at byte 0: expected an uncompressed tar archive, got a wrong checksum");
  CHECK(fault(good.substr(0, 700)) == "[tar] DIR/b.tar at byte 0: expected 600 bytes, got 188");
  CHECK(fault(good.substr(0, 1536) + "rest") == "[tar] DIR/b.tar at byte 1536: expected a header, got the end");
  CHECK(fault("").empty());
}

TEST_CASE("shards: braces and wildcards") {
  const ScratchFolder dir;
  for (const char* name : {"a-08.tar", "a-09.tar", "a-10.tar"}) write_text(dir / name, "");
  Strings names;
  for (const fs::path& p : expand_shards("x/{b,c}-{08..10}.tar")) names.push_back(p.string());
  CHECK(names == Strings{"x/b-08.tar", "x/b-09.tar", "x/b-10.tar", "x/c-08.tar", "x/c-09.tar", "x/c-10.tar"});
  CHECK(expand_shards((dir / "a-*.tar").string()).size() == 3);
  CHECK(expand_shards("plain.tar") == std::vector<fs::path>{"plain.tar"});
  CHECK(error_of([&] { expand_shards("{9..1}"); }) ==
        "[data prepare] expected a range of at most 1000000 shards, got {9..1}");
  CHECK(error_of([&] { expand_shards((dir / "z*.tar").string()); }, dir.path()) ==
        "[data prepare] DIR/z*.tar: expected shards of such names, got none");
}

TEST_CASE("shards: web-dataset samples of others") {
  const ScratchFolder dir;
  make_directories(dir / "w");
  TarWriter good(dir / "w/1.tar");
  good.add("a/1.jpg", "JPEG");
  good.add("a/1.txt", "A cat.\nUn chat.\n");
  good.add("a/1.cls", "3");
  good.add("a/2.json", R"({"caption":"A dog.","url":"http://x/2.jpg"})");
  good.add("a/2.png", "PNG");
  good.add("a/3.txt", "no picture");
  good.commit();
  Tally tally;
  const auto records = read_all(open_shards((dir / "w/1.tar").string(), {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "w/a/1");
  CHECK(records[0].label == "3");
  CHECK(texts(records[0]) == Strings{"en:A cat.", "en:Un chat."});
  const PictureFile picture(records[1].image);
  CHECK(std::string(reinterpret_cast<const char*>(picture.bytes().data()), picture.bytes().size()) == "PNG");
  CHECK(records[1].url == "http://x/2.jpg");
  CHECK(texts(records[1]) == Strings{"en:A dog."});
  CHECK(tally.count("row without a picture") == 1);
}

TEST_CASE("shards: a manifest into shards and back, bytes and records unchanged") {
  const ScratchFolder dir;
  for (uint64_t i = 0; i < 7; ++i) {
    write_picture(dir / fmt::format("in/{}.png", i), blocks(i));
    write_text(dir / fmt::format("in/{}.txt", i), fmt::format("picture {}", i));
  }
  PrepareOptions prepare;
  prepare.sources = {(dir / "in").string()};
  prepare.out = (dir / "m").string();
  make_directories(dir / "m");
  prepare_data(prepare);
  RepackOptions options;
  options.data = (dir / "m").string();
  options.out = (dir / "s").string();
  options.shard_records = 3;
  CHECK(write_shards(options)["shards"] == 3);
  CHECK(members(dir / "s/shard-000002.tar").size() == 3);
  auto sharded = load_records(dir / "s", {}), before = load_records(dir / "m", {});
  REQUIRE(sharded.size() == before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    CHECK(shard_range(sharded[i].image).has_value());
    CHECK(read_picture_alpha(picture_path(dir / "s", sharded[i])) ==
          read_picture_alpha(picture_path(dir / "m", before[i])));
  }
  // The shards alone, without their manifest, hold the same records.
  Tally tally;
  auto alone = read_all(open_shards((dir / "s/shard-{000000..000002}.tar").string(), {}), tally);
  options.data = options.out;
  options.out = (dir / "f").string();
  unpack_shards(options);
  auto after = load_records(dir / "f", {});
  REQUIRE(after.size() == before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    CHECK(read_file(picture_path(dir / "f", after[i])) == read_file(picture_path(dir / "m", before[i])));
    before[i].image = after[i].image = alone.at(i).image = "";
    CHECK(after[i] == before[i]);
    CHECK(alone[i] == before[i]);
  }
  // A picture beyond the end of its shard.
  CHECK(error_of([&] { PictureFile(shard_picture(dir / "s/shard-000000.tar", 1 << 30, 5)); }, dir.path())
            .starts_with("[read] DIR/s/shard-000000.tar@1073741824+5: expected a shard of at least"));
  CHECK_FALSE(shard_range("a.tar@1+"));
  CHECK_FALSE(shard_range("a.tar@x+3"));
  CHECK_FALSE(shard_range("a.png"));
}

TEST_CASE("samplers: every class equally often; mismatches that are none of the picture's own") {
  std::vector<Record> records(20);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].id = std::to_string(i);
    records[i].label = i == 0 ? "rare" : i < 4 ? "" : "common";
    records[i].group = i % 2 ? "odd" : "";
    records[i].captions = {{i < 10 ? "same" : fmt::format("text {}", i), "en", ""}, {fmt::format("b {}", i), "en", ""}};
  }
  const Sampler balanced = class_balanced_sampler(records, "D", labels_of(records), 4, 1);
  int rare = 0, all = 0;
  std::map<int64_t, int> taken;
  for (uint64_t step = 0; step < 40; ++step) {
    const auto pairs = balanced(0, step);
    CHECK(pairs.size() == 4);
    const auto again = balanced(0, step);
    for (size_t i = 0; i < pairs.size(); ++i) {
      CHECK(pairs[i].record == again[i].record);
      const std::string& label = records[static_cast<size_t>(pairs[i].record)].label;
      CHECK(!label.empty());
      rare += label == "rare";
      ++all;
      ++taken[pairs[i].record];
    }
  }
  CHECK(rare * 2 == all);
  for (const auto& [record, times] : taken)
    if (record) CHECK(times == 5);  // 80 of 16

  const Sampler mixed = mismatched_sampler(records, "D", 5, 0.5, 2);
  int swapped = 0;
  for (uint64_t epoch = 0; epoch < 20; ++epoch) {
    std::set<int64_t> seen;
    for (uint64_t step = 0; step < 4; ++step)
      for (const PairRequest& pair : mixed(epoch, step)) {
        seen.insert(pair.record);
        if (pair.record == pair.caption_record) continue;
        ++swapped;
        const Record &own = records[static_cast<size_t>(pair.record)],
                     &other = records[static_cast<size_t>(pair.caption_record)];
        CHECK((own.group.empty() || own.group != other.group));
        for (const Caption& c : own.captions) CHECK(c.text != other.captions[static_cast<size_t>(pair.caption)].text);
      }
    CHECK(seen.size() == 20);
  }
  CHECK(swapped > 140);
  CHECK(swapped < 260);
  CHECK(error_of([&] { class_balanced_sampler(records, "D", std::vector<std::string>(20), 4, 1); }) ==
        "[data] D: expected records with a class, got none");
}

TEST_CASE("profile: histograms, words, languages") {
  DataProfile profile;
  profile.guess_languages = true;
  Record record;
  record.width = 200;
  record.height = 100;
  record.captions = {{"The dog's dog, 两只!", "en", ""},
                     {"Ein kleiner Hund läuft über die grüne Wiese und bellt laut", "en", ""}};
  profile.add(record);
  const OrderedJson json = profile.to_json();
  CHECK(json["words"]["top"]["dog's"] == 1);
  CHECK(json["words"]["top"]["两"] == 1);
  CHECK(json["aspect_percent"]["median"] == 200);
  CHECK(json["languages"]["en"] == 2);
  CHECK(json["captions_in_another_language"] == 1);
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add(i);
  CHECK(histogram.quantile(0.05) == 5);
  CHECK(histogram.quantile(0.5) == 50);
  CHECK(histogram.mean() == 50.5);
  CHECK(histogram.binned(10).size() == 10);
  CHECK(histogram.binned(10)[9] == std::pair<int64_t, uint64_t>{91, 10});
}

}  // namespace
}  // namespace sensorium::test
