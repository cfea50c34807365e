#include "sensorium/data/coco.h"
#include "sensorium/data/conceptual.h"
#include "sensorium/data/flickr.h"
#include "sensorium/data/image_folder.h"
#include "sensorium/data/json_index.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/open_sources.h"
#include "sensorium/data/visual_genome.h"
#include "sensorium/data/vqa.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

Strings elements(const fs::path& file, std::vector<std::string_view> keys) {
  Strings out;
  for_each_json_element(file, keys, [&](const JsonElement& e) {
    out.push_back(fmt::format("{}@{}:{}", e.list, e.offset, e.text));
    return true;
  });
  return out;
}

TEST_CASE("json lists: elements as they stand, at any depth of nesting") {
  const ScratchFolder dir;
  const auto of = [&](std::string_view json, std::vector<std::string_view> keys) {
    write_text(dir / "a.json", json);
    return elements(dir / "a.json", std::move(keys));
  };
  CHECK(of(R"( [1, {"a":[2,"]"]} ,"x\"," ] )", {""}) == Strings{"0@2:1", R"(0@5:{"a":[2,"]"]})", R"(0@20:"x\",")"});
  CHECK(of(R"({"b":[[1],2],"c":{"a":[9]},"a":[{}],"s":"a"})", {"a", "b"}) == Strings{"1@6:[1]", "1@10:2", "0@32:{}"});
  CHECK(of(R"({"a":[]})", {"a"}).empty());
  CHECK(of(R"({"a":{"a":[1]}})", {"a"}).empty());
  const auto fault = [&](std::string_view json) { return error_of([&] { of(json, {"a"}); }, dir.path()); };
  CHECK(fault(R"({"a":[1,]})") == "[data prepare] DIR/a.json: expected JSON, got: a comma without a value at byte 8");
  CHECK(fault(R"({"a":[1)") == "[data prepare] DIR/a.json: expected JSON, got: the end at byte 7");
  CHECK(fault(R"({"a":[1}])") ==
        "[data prepare] DIR/a.json: expected JSON, got: a bracket that was not opened at byte 7");
  CHECK(fault(R"({} {})") == "[data prepare] DIR/a.json: expected JSON, got: more than one value at byte 3");
  CHECK(fault(std::string(2000, '[')).ends_with("too many brackets at byte 1000"));
  CHECK(fault("") == "[data prepare] DIR/a.json: expected JSON, got: the end at byte 0");
}

TEST_CASE("json lists: an integer of an object without parsing it") {
  const std::string_view keys[] = {"image_id", "id"};
  CHECK(integer_member(R"({"x":{"id":1},"s":"\"id\":2","id" : 3})", keys) == 3);
  CHECK(integer_member(R"({"regions":[{"image_id":4}],"image_id":-5})", keys) == -5);
  CHECK_FALSE(integer_member(R"({"id":"6"})", keys));
  CHECK_FALSE(integer_member(R"(["id",7])", keys));
  CHECK_FALSE(integer_member(R"({"id)", keys));
}

constexpr const char* kCocoCaptions = R"({"info":{"year":2017},"images":[
  {"license":4,"file_name":"2.jpg","coco_url":"http://c/2.jpg","height":30,"width":40,"id":2},
  {"file_name":"1.jpg","height":10,"width":20,"id":1},{"file_name":"0.jpg"}],
  "annotations":[{"image_id":1,"id":10,"caption":"One."},{"image_id":2,"id":11,"caption":"Two."},
  {"image_id":1,"id":12,"caption":"Uno."},{"image_id":9,"id":13,"caption":"Lost."}]})";
constexpr const char* kCocoInstances = R"({"images":[{"file_name":"1.jpg","id":1}],
  "annotations":[{"segmentation":[[1,2]],"image_id":2,"bbox":[1,2,3.5,4],"category_id":18,"id":5,"iscrowd":1},
  {"image_id":1,"bbox":[1,2],"category_id":18,"id":6},{"image_id":1,"bbox":[1,2,3,4],"category_id":99,"id":7}],
  "categories":[{"supercategory":"animal","id":18,"name":"dog"}]})";

TEST_CASE("coco: captions and instances of the same pictures") {
  const ScratchFolder dir;
  write_text(dir / "captions_train2017.json", kCocoCaptions);
  write_text(dir / "instances_train2017.json", kCocoInstances);
  Tally tally;
  const auto records =
      read_all(open_coco({dir / "captions_train2017.json", dir / "instances_train2017.json"}, dir.path(), {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "captions_train2017/2.jpg");
  CHECK(records[0].url == "http://c/2.jpg");
  CHECK(records[0].split == "train");
  CHECK(records[0].width == 40);
  CHECK(texts(records[0]) == Strings{"en:Two."});
  CHECK(records[0].objects == std::vector<PictureObject>{{5, "dog", {1, 2, 3.5f, 4}, {"crowd"}}});
  CHECK(texts(records[1]) == Strings{"en:One.", "en:Uno."});
  CHECK(records[1].objects.empty());
  CHECK(tally.count("annotation of an unknown picture") == 1);
  CHECK(tally.count("object of an unknown category") == 1);
  CHECK(tally.count("object without a box") == 1);
  CHECK(tally.count("row without an id") == 1);
  write_text(dir / "x.json", R"({"images":[{"id":1}]})");
  CHECK(error_of([&] { open_coco({dir / "x.json"}, dir.path(), {}); }, dir.path()) ==
        "[data prepare] DIR/x.json: expected an object with the lists \"images\" and \"annotations\" (COCO's layout), "
        "got "
        "no \"annotations\"");
}

TEST_CASE("visual genome: all parts of a picture, whatever their order in the files") {
  const ScratchFolder dir;
  write_text(dir / "image_data.json", R"([{"image_id":1,"url":"https://x/VG_100K_2/1.jpg","width":80,"height":60},
    {"image_id":2,"url":"https://x/VG_100K/2.jpg","width":8,"height":6}])");
  write_text(dir / "region_descriptions.json",
             R"([{"regions":[{"region_id":9,"width":3,"height":4,"image_id":2,"phrase":" a  cat","x":1,"y":2}],"id":2},
    {"regions":[{"phrase":"","x":0,"y":0,"width":1,"height":1}],"id":1}])");
  write_text(dir / "objects.json",
             R"([{"image_id":1,"objects":[{"object_id":5,"x":1,"y":2,"w":3,"h":4,"names":["man"],"synsets":[]}]}])");
  write_text(
      dir / "attributes.json",
      R"([{"image_id":1,"attributes":[{"object_id":5,"x":1,"y":2,"w":3,"h":4,"names":["man"],"attributes":["tall"]}]}])");
  write_text(dir / "relationships.json", R"([{"image_id":1,"relationships":[{"predicate":"ON",
    "subject":{"object_id":5,"name":"man"},"object":{"object_id":6,"names":["horse"],"x":7,"y":8,"w":9,"h":10}}]}])");
  write_text(dir / "question_answers.json",
             R"([{"id":1,"qas":[{"qa_id":1,"image_id":1,"question":"Who?","answer":"A man."}]},{"id":7,"qas":[]}])");
  write_text(dir / "VG_100K/1.jpg", "x");
  Tally tally;
  const auto records = read_all(open_visual_genome(dir.path(), dir.path(), true, {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "visual-genome/1");
  CHECK(records[0].image == (dir / "VG_100K/1.jpg").string());
  CHECK(records[0].objects ==
        std::vector<PictureObject>{{5, "man", {1, 2, 3, 4}, {"tall"}}, {6, "horse", {7, 8, 9, 10}, {}}});
  CHECK(records[0].relations == std::vector<Relation>{{5, 6, "ON"}});
  CHECK(records[0].questions == std::vector<Question>{{"Who?", {"A man."}, ""}});
  CHECK(records[1].regions == std::vector<Region>{{"a cat", {1, 2, 3, 4}}});
  CHECK(texts(records[1]) == Strings{"en:a cat"});
  CHECK(records[1].image == (dir / "VG_100K/2.jpg").string());
  CHECK(tally.count("empty caption") == 1);
  CHECK(tally.count("annotation of an unknown picture") == 1);
  CHECK(error_of([&] { open_visual_genome(dir / "VG_100K", dir.path(), false, {}); }, dir.path())
            .starts_with("[data prepare] DIR/VG_100K: expected a folder with image_data.json"));
}

TEST_CASE("vqa: questions by picture, the most common answer first") {
  const ScratchFolder dir;
  const fs::path questions = dir / "v2_OpenEnded_mscoco_val2014_questions.json", answers = dir / "a.json";
  write_text(questions, R"({"questions":[{"image_id":3,"question":"Is it?","question_id":30},
    {"image_id":4,"question":"How many?","question_id":40},{"image_id":3,"question":"What?","question_id":31}]})");
  write_text(answers,
             R"({"annotations":[{"question_id":31,"image_id":3,"answer_type":"other","multiple_choice_answer":"cat",
    "answers":[{"answer":"dog","answer_id":1},{"answer":"cat","answer_id":2},{"answer":"cat","answer_id":3}]}]})");
  Tally tally;
  const auto records = read_all(open_vqa(questions, answers, dir.path()), tally);
  REQUIRE(records.size() == 2);
  CHECK(fs::path(records[0].image).filename() == "COCO_val2014_000000000003.jpg");
  CHECK(records[0].split == "val");
  CHECK(records[0].questions == std::vector<Question>{{"Is it?", {}, ""}, {"What?", {"cat", "cat", "dog"}, "other"}});
  CHECK(tally.count("question without an answer") == 2);
}

TEST_CASE("conceptual captions: both orders of columns, broken lines counted") {
  const ScratchFolder dir;
  write_text(dir / "Validation_GCC.tsv",
             "a cat \xc3\xa9\thttp://a/1.jpg\r\nno address\tnone\nonly one column\na\tb\thttp://c\n"
             "\thttp://a/2.jpg\nbad \xff\thttp://a/3.jpg\na  dog\thttps://a/4.jpg");
  Tally tally;
  auto records = read_all(open_conceptual(dir / "Validation_GCC.tsv", {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "Validation_GCC/1");
  CHECK(records[0].url == "http://a/1.jpg");
  CHECK(records[0].split == "val");
  CHECK(texts(records[1]) == Strings{"en:a dog"});
  CHECK(tally.count("row without a picture") == 1);
  CHECK(tally.count("row with another number of columns than two") == 2);
  CHECK(tally.count("empty caption") == 1);
  CHECK(tally.count("caption is not UTF-8") == 1);
  write_text(dir / "cc12m.tsv", "http://a/1.jpg\ta <PERSON> and \"quotes\"\n");
  records = read_all(open_conceptual(dir / "cc12m.tsv", {}), tally);
  CHECK(texts(records.at(0)) == Strings{"en:a <PERSON> and \"quotes\""});
  write_text(dir / "x.tsv", "a\tb\n");
  CHECK(
      error_of([&] { open_conceptual(dir / "x.tsv", {}); }, dir.path()) ==
      "[data prepare] DIR/x.tsv: expected lines of a caption, a tab and an address (or the other way round), got none");
}

TEST_CASE("flickr: token files, lists of splits, results.csv") {
  const ScratchFolder dir;
  write_text(dir / "Flickr8k.token.txt", "b.jpg#0\tA dog .\nb.jpg#1\tA cat .\nrubbish\na.jpg#0\tA man .\n");
  write_text(dir / "Flickr_8k.testImages.txt", "a.jpg\n");
  Tally tally;
  auto records = read_all(open_flickr(dir / "Flickr8k.token.txt", dir.path(), {}), tally);
  REQUIRE(records.size() == 2);
  CHECK(texts(records[0]) == Strings{"en:A dog .", "en:A cat ."});
  CHECK(records[0].split.empty());
  CHECK(records[1].split == "test");
  CHECK(tally.count("line of another form") == 1);
  write_text(dir / "results.csv", "image_name| comment_number| comment\n1.jpg| 0| Two men .\n1.jpg| 1| Men | talk .\n");
  records = read_all(open_flickr(dir / "results.csv", dir.path(), {}), tally);
  CHECK(texts(records.at(0)) == Strings{"en:Two men .", "en:Men | talk ."});
  CHECK(
      error_of([&] { open_flickr(dir / "Flickr_8k.testImages.txt", dir.path(), {}); }, dir.path()) ==
      "[data prepare] DIR/Flickr_8k.testImages.txt: expected lines \"NAME.jpg#0\", tab, caption (Flickr's layout), got "
      "none");
}

TEST_CASE("image folder: classes, with and without splits") {
  const ScratchFolder dir;
  write_text(dir / "a/cat/1.png", "");
  write_text(dir / "a/dog/deep/2.JPG", "");
  write_text(dir / "a/3.png", "");
  Tally tally;
  auto records = read_all(open_image_folder(dir / "a"), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[1].label == "dog");
  CHECK(records[1].split.empty());
  CHECK(tally.count("picture outside a class") == 1);
  write_text(dir / "b/train/cat/1.png", "");
  write_text(dir / "b/valid/dog/2.png", "");
  records = read_all(open_image_folder(dir / "b/"), tally);
  REQUIRE(records.size() == 2);
  CHECK(records[1].label == "dog");
  CHECK(records[1].split == "val");
  CHECK(error_of([&] { open_image_folder(dir / "b/train/cat"); }, dir.path()) ==
        "[data prepare] DIR/b/train/cat: expected a folder a class, got no folders");
}

TEST_CASE("sources by their words: kinds told from content, or given") {
  const ScratchFolder dir;
  write_text(dir / "c.json", kCocoCaptions);
  write_text(dir / "k.json", R"({"images":[{"filename":"1.jpg","sentences":[{"raw":"A."}]}]})");
  write_text(dir / "q_train.json", R"({"questions":[{"image_id":3,"question":"Is it?","question_id":30}]})");
  write_text(dir / "t.tsv", "a\thttp://b/c.jpg\n");
  SourceOptions options;
  for (const char* word : {"c.json", "k.json", "q_train.json"}) options.sources.push_back((dir / word).string());
  options.sources.push_back("conceptual:" + (dir / "t.tsv").string());
  const auto sources = open_sources(options);
  REQUIRE(sources.size() == 4);
  Tally tally;
  CHECK(read_all(sources[0], tally).size() == 2);
  CHECK(read_all(sources[1], tally).at(0).image == (dir / "1.jpg").string());
  CHECK(read_all(sources[2], tally).at(0).questions.size() == 1);
  CHECK(read_all(sources[3], tally).size() == 1);
  CHECK(sources[2].has_pictures);
  CHECK_FALSE(sources[3].has_pictures);

  options.sources = {(dir / "k.json").string()};
  fs::create_directory(dir / "images");
  CHECK(read_all(open_sources(options)[0], tally).at(0).image == (dir / "images/1.jpg").string());
  options.sources = {"what:ever"};
  CHECK(error_of([&] { open_sources(options); }).ends_with("got what:ever"));
}

}  // namespace
}  // namespace sensorium::test
