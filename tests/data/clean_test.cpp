#include "sensorium/data/clean_data.h"
#include "sensorium/data/duplicate_log.h"
#include "sensorium/data/language_guess.h"
#include "sensorium/data/lines.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/seen_pictures.h"
#include "sensorium/io/resize.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <map>

namespace sensorium::test {
namespace {

Record with_caption(std::string text, std::string language = "en") {
  Record record;
  record.id = "a/b-c_1";
  record.captions = {{std::move(text), std::move(language), "caption"}};
  return record;
}

TEST_CASE("caption rules: cleaning, lengths, languages, filling in") {
  CaptionRules rules;
  rules.min_words = 2;
  rules.max_chars = 20;
  Tally tally;
  Record record = with_caption("Tom &amp; Jerry");
  record.captions.push_back({"short", "en", ""});
  record.captions.push_back({"much too long a caption for this", "en", ""});
  CHECK(apply_caption_rules(record, rules, tally) == nullptr);
  CHECK(texts(record) == Strings{"en:Tom & Jerry"});
  CHECK(tally.count("caption put right") == 1);
  CHECK(tally.count("too short caption") == 1);
  CHECK(tally.count("too long caption") == 1);

  record = with_caption("no");
  CHECK(apply_caption_rules(record, rules, tally) == std::string("no caption is left"));
  record = {};
  CHECK(apply_caption_rules(record, rules, tally) == std::string("no caption"));
  rules.missing = "fill";
  rules.fill = "a photo of a {label}, {name}";
  record.image = "x/red_panda.jpg";
  CHECK(apply_caption_rules(record, rules, tally) == std::string("no caption"));  // it has no label
  record.label = "panda";
  CHECK(apply_caption_rules(record, rules, tally) == nullptr);
  CHECK(texts(record) == Strings{"en:a photo of a panda, red panda"});

  CaptionRules languages;
  languages.language_check = "label";
  record = with_caption("Ein kleiner Hund läuft über die grüne Wiese und bellt");
  CHECK(apply_caption_rules(record, languages, tally) == nullptr);
  CHECK(record.captions[0].language == "de");
  languages.language_check = "drop";
  record.captions[0].language = "en";
  CHECK(apply_caption_rules(record, languages, tally) != nullptr);

  rules.fill = "{nothing}";
  CHECK(error_of([&] { check_caption_rules(rules); }) ==
        "[data clean] expected {label}, {tags}, {name} or {id} in --fill, got {nothing}");
  rules.fill = "";
  CHECK(error_of([&] { check_caption_rules(rules); }) == "[data clean] expected --fill with --missing fill, got none");
  CHECK(count_words("  two words ") == 2);
  CHECK(count_words("两只猫 cats") == 4);
  CHECK(count_characters("é猫a") == 3);
  CHECK_FALSE(contradicts("no", "nb"));
  CHECK_FALSE(contradicts("", "de"));
  CHECK(contradicts("de", "en-GB"));
}

CleanDataOptions options_for(const std::string& source, const fs::path& out) {
  CleanDataOptions o;
  o.sources = {source};
  o.out = out.string();
  return o;
}

uint64_t counted(const OrderedJson& header, const std::string& reason) {
  for (const OrderedJson& entry : header["counted"])
    if (entry["reason"] == reason) return entry["count"].get<uint64_t>();
  return 0;
}

TEST_CASE("clean: a table of addresses, the same for any number of threads") {
  const ScratchFolder dir;
  std::string table;
  for (int i = 0; i < 20000; ++i)
    table += i % 20 == 0 ? fmt::format("broken line {}\n", i)
                         : fmt::format("a picture of thing {}\thttp://host/{}.jpg\n", i % 900, i % 7000);
  write_text(dir / "cc.tsv", table);
  CleanDataOptions options = options_for("conceptual:" + (dir / "cc.tsv").string(), dir / "one");
  options.max_repeats = 5;
  options.threads = 1;
  make_directories(dir / "one");
  make_directories(dir / "three");
  const OrderedJson header = clean_data(options);
  options.out = (dir / "three").string();
  options.threads = 3;
  clean_data(options);
  CHECK(read_file(dir / "one/records.jsonl") == read_file(dir / "three/records.jsonl"));
  CHECK(counted(header, "row with another number of columns than two") == 1000);
  CHECK(counted(header, "address that occurred before") > 0);
  CHECK(counted(header, "caption that occurred too often") > 0);
  const auto records = load_records(dir / "one", {});
  CHECK(records.size() == header["records"].get<size_t>());
  std::map<std::string, int> urls, captions;
  for (const Record& r : records) {
    CHECK(++urls[r.url] == 1);
    CHECK(++captions[r.captions.at(0).text] <= 5);
  }
  CHECK(urls.size() + counted(header, "address that occurred before") + counted(header, "no caption is left") +
            counted(header, "row with another number of columns than two") ==
        20000);
}

TEST_CASE("clean: pictures that are there twice, in parts, or in another set; captions nearly equal") {
  const ScratchFolder dir;
  const Image a = blocks(1, 96, 96), b = blocks(2, 96, 96);
  Image part(80, 80);
  for (int y = 0; y < 80; ++y) std::copy_n(b.row(y + 8) + 3 * 10, 3 * 80, part.row(y));
  write_picture(dir / "in/1.png", a);
  write_picture(dir / "in/2.png", a);
  write_picture(dir / "in/3.png", resize(a, 70, 70, Resample::bicubic));
  write_picture(dir / "in/4.png", b);
  write_picture(dir / "in/5.png", part);
  write_picture(dir / "in/6.png", blocks(3, 96, 96));
  write_picture(dir / "in/7.png", blocks(4, 300, 20));
  write_text(dir / "in/8.png", "no picture");
  const char* captions[] = {"a first thing that stands", "another view of it",      "again the same thing",
                            "a second thing that lies",  "its upper left part",     "a second thing that lies!",
                            "a long and narrow picture", "a picture that is broken"};
  for (int i = 0; i < 8; ++i) write_text(dir / fmt::format("in/{}.txt", i + 1), captions[i]);
  write_picture(dir / "other/6.png", resize(blocks(3, 96, 96), 64, 64, Resample::bilinear));
  write_text(dir / "other/6.txt", "x");
  make_directories(dir / "out");
  make_directories(dir / "seen");
  clean_data(options_for((dir / "other").string(), dir / "seen"));

  CleanDataOptions options = options_for((dir / "in").string(), dir / "out");
  options.max_aspect = 8;
  options.cropped_pictures = "drop";
  options.near_captions = "drop";
  OrderedJson header = clean_data(options);
  auto records = load_records(dir / "out", {});
  Strings ids;
  for (const Record& r : records) ids.push_back(r.id);
  CHECK(ids == Strings{"in/1.png", "in/4.png"});
  CHECK(texts(records[0]) == Strings{"en:a first thing that stands", "en:another view of it"});
  CHECK(counted(header, "same picture as another (captions merged)") == 1);
  CHECK(counted(header, "nearly equal to another picture") == 1);
  CHECK(counted(header, "part of another picture") == 1);
  CHECK(counted(header, "caption nearly equal to another") == 1);
  CHECK(counted(header, "too narrow picture") == 1);
  CHECK(counted(header, "broken picture") == 1);
  Strings kinds;
  LineReader lines(dir / "out/duplicates.jsonl");
  for (std::string_view line; lines.next(line);) {
    const Json entry = parse_json(line, "");
    kinds.push_back(fmt::format("{}: {} of {}", entry["kind"].get<std::string>(), entry["id"].get<std::string>(),
                                entry["of"].get<std::string>()));
  }
  CHECK(kinds == Strings{"exact picture: in/2.png of in/1.png", "near picture: in/3.png of in/1.png",
                         "cropped picture: in/5.png of in/4.png", "near caption: in/6.png of in/4.png"});

  options.near_captions = "keep";
  options.against = {(dir / "seen").string()};
  header = clean_data(options);
  CHECK(counted(header, "picture of a set it is cleaned against") == 1);
  CHECK(load_records(dir / "out", {}).size() == 2);
  options.sources = {(dir / "out").string()};
  CHECK(error_of([&] { clean_data(options); }, dir.path()) ==
        "[data clean] DIR/out: expected another folder to write to than is read, got the same");
}

TEST_CASE("seen pictures: kept and found again, by bytes and by looks") {
  const ScratchFolder dir;
  SeenPictures seen;
  Record record;
  record.hash = std::string(31, '0') + "1";
  record.perceptual_hash = 0xff00ff00ff00ff00u;
  record.colours = std::string(96, '8');
  seen.add(record);
  seen.add(Record{});
  CHECK(seen.size() == 1);
  seen.save(dir.path());
  const auto loaded = SeenPictures::load(dir.path());
  REQUIRE(loaded);
  Record near = record, far = record, blind = record;
  near.hash[0] = far.hash[0] = blind.hash[0] = 'f';
  near.perceptual_hash ^= 0b111;
  far.colours = std::string(96, '1');
  blind.colours = "";
  const std::vector<Record> records{record, near, far, blind};
  const auto matches = loaded->find(records, 6, 6);
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].exact);
  CHECK(matches[1].record == 1);
  CHECK_FALSE(matches[1].exact);
  CHECK_FALSE(SeenPictures::load(dir / "none"));
  write_text(dir / SeenPictures::kFile, "rubbish");
  CHECK(!error_of([&] { SeenPictures::load(dir.path()); }, dir.path()).empty());
}

}  // namespace
}  // namespace sensorium::test
