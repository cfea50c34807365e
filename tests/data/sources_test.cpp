#include "sensorium/data/cldr_annotations.h"
#include "sensorium/data/emoji.h"
#include "sensorium/data/folder.h"
#include "sensorium/data/karpathy.h"
#include "sensorium/data/openclipart.h"
#include "sensorium/data/table.h"
#include "sensorium/data/tuxpaint.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

constexpr const char* kSvg =
    R"(<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><rect width="50" height="50" fill="#f00"/></svg>)";

TEST_CASE("language tags") {
  CHECK(language_tag("pt_BR") == "pt-BR");
  CHECK(language_tag("sr@latin") == "sr-Latn");
  CHECK(language_tag("ca@valencia") == "ca-valencia");
  const CaptionFilter filter{{"en", "pt-BR"}, "en"};
  CHECK(filter.accepts("en-GB"));
  CHECK_FALSE(filter.accepts("pt"));
  CHECK_FALSE(filter.accepts("eng"));
}

TEST_CASE("CLDR: names and keywords; entries of the parent locale are left out") {
  const ScratchFolder dir;
  write_text(dir / "en.xml", R"(<?xml version="1.0"?><ldml><annotations>
<annotation cp="b">belly | bloated | full</annotation><annotation cp="b" type="tts">bee</annotation>
<annotation cp="a" type="tts">ay</annotation><annotation cp="c">↑↑↑</annotation>
<annotation>none</annotation></annotations></ldml>)");
  const CldrAnnotations read = read_cldr_annotations(dir / "en.xml");
  CHECK(read.order == Strings{"b", "a"});
  CHECK(read.annotations.at("b").name == "bee");
  CHECK(read.annotations.at("b").keywords == "belly, bloated, full");
  CHECK(read.annotations.at("a").keywords.empty());
  write_text(dir / "torn.xml", "<ldml><annotations>");
  CHECK(error_of([&] { read_cldr_annotations(dir / "torn.xml"); }, dir.path())
            .starts_with("[data prepare] DIR/torn.xml: expected CLDR's annotations in XML, got at byte "));
}

TEST_CASE("tuxpaint: descriptions, sounds, spoken descriptions, mirrored pictures") {
  const ScratchFolder dir;
  write_picture(dir / "animals/cat.png", blocks(1));
  write_picture(dir / "animals/cat_mirror.png", blocks(2));
  write_text(dir / "animals/cat.txt", "A cat.\nde.utf8=Eine  Katze.\npt_BR.utf8=Um gato.\nfr.utf8=\n");
  for (const char* name :
       {"cat.ogg", "cat_desc.ogg", "cat_desc_pt_BR.wav", "cat_en_GB.ogg", "cat_desc_de.ogg.ogg", "dog.ogg"})
    write_text(dir / (std::string("animals/") + name), "sound");
  write_text(dir / "animals/cow.txt", "A cow.");
  Tally tally;
  const auto records = read_all(open_tuxpaint(dir.path(), {}, 64), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "tuxpaint/animals/cat");
  CHECK(texts(records[0]) == Strings{"en:A cat.", "de:Eine Katze.", "pt-BR:Um gato."});
  CHECK(texts(records[1]) == texts(records[0]));
  CHECK(records[0].tags == Strings{"animals"});
  Strings audio;
  for (const Audio& a : records[0].audio) audio.push_back(a.kind + "|" + a.language + "|" + a.transcript);
  CHECK(audio ==
        Strings{"sound||", "speech|en|A cat.", "speech|de|Eine Katze.", "speech|pt-BR|Um gato.", "speech|en-GB|"});
  CHECK(tally.count("recording without a picture") == 1);
  CHECK(tally.count("caption without a picture") == 1);
  CHECK(tally.count("empty caption") == 2);
}

std::string clipart(const std::string& title, const std::string& tags, const std::string& author) {
  return R"(<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><metadata><rdf:RDF xmlns:rdf="r" xmlns:dc="d" xmlns:cc="c"><cc:Work><dc:title>)" +
         title + "</dc:title><dc:subject><rdf:Bag>" + tags + "</rdf:Bag></dc:subject><dc:creator><cc:Agent><dc:title>" +
         author +
         "</dc:title></cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata><rect width='4' height='4'/></svg>";
}

TEST_CASE("openclipart: titles, tags, names of collections") {
  const ScratchFolder dir;
  write_text(
      dir / "animals/birds/eagle_01.svg",
      clipart("Clipart by A B - eagle", "<rdf:li></rdf:li><rdf:li>hash</rdf:li><rdf:li>big_bird</rdf:li>", "A B"));
  for (int i = 0; i < 6; ++i)
    write_text(dir / fmt::format("tools/red_saw_linda_kim_0{}.svg", i), clipart("My Set", "", "Linda Kim Smith"));
  fs::create_symlink(dir / "animals/birds/eagle_01.svg", dir / "tools/eagle.svg");
  write_text(dir / "broken.svg", "<svg");
  Tally tally;
  const auto records = read_all(open_openclipart(dir.path(), {}, 64), tally);
  REQUIRE(records.size() == 7);
  CHECK(texts(records[0]) == Strings{"en:eagle", "en:eagle: big bird, animals, birds"});
  CHECK(records[0].captions[1].source == "tags");
  CHECK(texts(records[1]) == Strings{"en:red saw", "en:red saw: tools"});
  CHECK(records[1].captions[0].source == "name");
  CHECK(tally.count("title of a collection (file name used)") == 6);
  CHECK(tally.count("link to another picture") == 1);
  CHECK(tally.count("broken picture") == 1);
}

TEST_CASE("folder: captions beside pictures, one a line") {
  const ScratchFolder dir;
  write_picture(dir / "set/a/one.PNG", blocks(1));
  write_text(dir / "set/a/one.txt",
             "\xef\xbb\xbf"
             "First.\r\n\r\nSecond  one.\r\nFirst.\r\n\xff\r\n");
  write_text(dir / "set/two.svg", kSvg);
  write_text(dir / "set/two.txt", " \n");
  Tally tally;
  const auto records = read_all(open_folder(dir / "set", {}, 64), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "set/a/one.PNG");
  CHECK(texts(records[0]) == Strings{"en:First.", "en:Second one."});
  CHECK(tally.count("caption is not UTF-8") == 1);
  CHECK(tally.count("empty caption") == 1);
  CHECK(error_of([&] { open_folder(dir / "none", {}, 64); }, dir.path()) ==
        "[data prepare] DIR/none: expected a folder of pictures, got nothing of that name");
}

TEST_CASE("table: CSV with quotes, TSV, JSON lines") {
  const ScratchFolder dir;
  write_text(dir / "t.csv",
             "Filepath,title,lang,split\n"
             "a.png,\"One, \"\"quoted\"\"\nline\",en,train\na.png,Zwei,de,train\n"
             "b.png,short row\n,no picture,en,\nhttp://x/y.png,far,en,\nc.png,,en,validation\n");
  Tally tally;
  auto records = read_all(open_table(dir / "t.csv", dir.path(), {}, {}), tally);
  REQUIRE(records.size() == 3);
  CHECK(texts(records[0]) == Strings{"en:One, \"quoted\" line", "de:Zwei"});
  CHECK(records[0].split == "train");
  CHECK(records[1].url == "http://x/y.png");
  CHECK(records[1].image.empty());
  CHECK(records[2].split == "val");
  CHECK(tally.count("row with another number of columns than the header") == 1);
  CHECK(tally.count("row without a picture") == 1);
  CHECK(tally.count("empty caption") == 1);

  write_text(dir / "t.tsv", "what\twhere\nA  dog.\td.png\nA cat.\t\"open\n");
  Tally tsv;
  records = read_all(open_table(dir / "t.tsv", dir.path(), {"where", "WHAT", "", ""}, {}), tsv);
  REQUIRE(records.size() == 1);
  CHECK(texts(records[0]) == Strings{"en:A dog."});
  CHECK(tsv.count("quoted field without an end") == 1);

  write_text(dir / "t.jsonl",
             "{\"file_name\":\"a.png\",\"captions\":[\"x\",\"y\"]}\n\n{broken\n{\"file_name\":3,\"text\":\"z\"}\n");
  Tally lines;
  records = read_all(open_table(dir / "t.jsonl", dir.path(), {}, {}), lines);
  REQUIRE(records.size() == 1);
  CHECK(texts(records[0]) == Strings{"en:x", "en:y"});
  CHECK(lines.count("line that is no JSON object") == 1);
  CHECK(lines.count("line with a value of another type") == 1);
}

TEST_CASE("table: what cannot be opened") {
  const ScratchFolder dir;
  const auto message = [&](const std::string& content, TableColumns columns = {}) {
    write_text(dir / "t.csv", content);
    return error_of([&] { open_table(dir / "t.csv", dir.path(), columns, {}); }, dir.path());
  };
  CHECK(message("") == "[data prepare] DIR/t.csv: expected a header line, got an empty file");
  CHECK(message("a,caption\n") ==
        "[data prepare] DIR/t.csv: expected a column for the picture (image, image_path, filepath, file_path, path, "
        "file_name, filename, file, img, url), got a, caption");
  CHECK(message("image,caption\n", {"", "words", "", ""}) ==
        "[data prepare] DIR/t.csv: expected a column for the caption (words), got image, caption");
  CHECK(error_of([&] { open_table(dir / "t.csv", dir / "x", {}, {}); }, dir.path()) ==
        "[data prepare] DIR/x: expected the folder of the pictures, got nothing of that name");
}

TEST_CASE("karpathy: splits, sentences, and layouts that are not") {
  const ScratchFolder dir;
  write_text(
      dir / "d.json",
      R"({"images":[{"filename":"1.jpg","filepath":"val","split":"restval","imgid":0,"sentences":[{"raw":"A.","tokens":["a"]},{"raw":"B."}]},
                 {"split":"test"},{"filename":"2.jpg","split":"test","sentences":[]}],"dataset":"x"})");
  Tally tally;
  const auto records = read_all(open_karpathy(dir / "d.json", dir.path(), {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "d/val/1.jpg");
  CHECK(records[0].split == "train");
  CHECK(records[0].image == (dir / "val/1.jpg").string());
  CHECK(texts(records[0]) == Strings{"en:A.", "en:B."});
  CHECK(tally.count("row without a picture") == 1);

  const auto message = [&](const std::string& content) {
    write_text(dir / "e.json", content);
    return error_of([&] { open_karpathy(dir / "e.json", dir.path(), {}); }, dir.path());
  };
  CHECK(message("[1]") ==
        "[data prepare] DIR/e.json: expected an object with a list \"images\" (Karpathy's layout), got none");
  CHECK(message(R"({"images":[]})") ==
        "[data prepare] DIR/e.json: expected an object with a list \"images\" (Karpathy's layout), got an empty list");
  CHECK(message(R"({"images":[{"filename":"a")").starts_with("[data prepare] DIR/e.json: expected JSON, got: "));
}

TEST_CASE("emoji: names and keywords by language, families of skin tones") {
  const fs::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  const ScratchFolder dir;
  const auto locale = [&](const std::string& path, const std::string& content) {
    write_text(dir / path, "<ldml><annotations>" + content + "</annotations></ldml>");
  };
  locale("annotations/en.xml",
         "<annotation cp='🐈'>cat | pet</annotation><annotation cp='🐈' type='tts'>cat</annotation>"
         "<annotation cp='#' type='tts'>hash</annotation>");
  locale("annotations/de.xml",
         "<annotation cp='🐈' type='tts'>Katze</annotation><annotation cp='👍'>\u2191\u2191\u2191</annotation>");
  locale("annotationsDerived/en.xml",
         "<annotation cp='👍🏽' type='tts'>thumbs up: medium skin tone</annotation>"
         "<annotation cp='👍🐈' type='tts'>no such thing</annotation>");
  write_text(dir / "annotations/fr.xml", "<ldml");
  Tally tally;
  std::vector<Item> items;
  open_emoji(font, dir.path(), {}).read([&](Item&& item) { items.push_back(std::move(item)); }, tally);
  REQUIRE(items.size() == 2);
  CHECK(texts(items[0].record) == Strings{"en:cat", "en:cat, pet", "de:Katze"});
  CHECK(items[0].record.tags == Strings{"cat", "pet"});
  CHECK(items[1].record.id == "emoji/1f44d-1f3fd");
  CHECK(items[1].family == "emoji/1f44d");
  const Image cat = items[0].render();
  CHECK(cat.channels == 4);
  CHECK(cat.width == 136);
  CHECK(tally.count("character that the font does not draw") == 1);
  CHECK(tally.count("broken caption file") == 1);
}

}  // namespace
}  // namespace sensorium::test
