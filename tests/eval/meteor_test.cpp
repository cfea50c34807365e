// METEOR on tables of a few words, and on the published ones. Against the reference: metrics_test.cpp.

#include "sensorium/eval/meteor.h"
#include "tests/eval/meteor_folder.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <cmath>

using namespace sensorium;
using test::error_of;

namespace {

constexpr const char* kParaphrases = "paraphrase-en.gz";
constexpr const char* kFunctionWords = "function/english.words";
constexpr const char* kPrefixes = "nonbreaking/english.prefixes";
constexpr const char* kSynsets = "synonym/english.synsets";
constexpr const char* kExceptions = "synonym/english.exceptions";

/// Tables of a few words in a folder of their own.
struct SmallTables {
  test::ScratchFolder folder;
  SmallTables() {
    for (const char* f : {"function", "nonbreaking", "synonym"}) fs::create_directories(folder / f);
    write_file(folder / kFunctionWords, "the\na\nof\n");
    write_file(folder / kPrefixes, "# a comment\n\nMr\nvs\nNo #NUMERIC_ONLY# \n");
    write_file(folder / kSynsets, "car\n1 2\nautomobile\n1\ngo\n7\nleave\n7\nboss\n8\nbos\n8\nas\n9\na\n9\n");
    write_file(folder / kExceptions, "go\nwent gone\n");
    write_file(folder / kParaphrases,
               "0.1\nin front of\nbefore\n0.1\nbig\nlarge\n0.2\nlarge\nbig\n0.1\nvery big\nhuge\n");
  }
  MeteorTables read() const { return read_meteor_tables(folder.path()); }
};

double score_of(const MeteorTables& tables, const std::string& candidate, const std::string& reference) {
  return meteor({{candidate}, {{reference}}}, tables, 1).corpus;
}

/// A figure by the paper's formulas.
double by_formula(double precision, double recall, double chunks, double matched) {
  const double mean = precision * recall / (0.85 * precision + 0.15 * recall);
  return mean * (1 - 0.6 * std::pow(chunks / matched, 0.2));
}

std::string words_of(const MeteorTables& tables, const std::string& line) {
  return fmt::format("{}", fmt::join(meteor_words(line, tables.prefixes), "|"));
}

}  // namespace

TEST_CASE("METEOR's words") {
  const MeteorTables tables = SmallTables().read();
  CHECK(words_of(tables, "") == "");
  CHECK(words_of(tables, "The dog 's tail, isn't it?") == "the|dog|'|s|tail|,|isn|'t|it|?");
  CHECK(words_of(tables, "a t-shirt -- red-and-blue (new)") == "a|t|shirt|-|red|and|blue|(|new|)");
  CHECK(words_of(tables, "u.s. 1,000.5 a,b -lrb- ...") == "us|1,000.5|a|,|b|-lrb-|...");
  CHECK(words_of(tables, "Mr. X vs. Y. No. 5 no. X No. X") == "mr.|x|vs.|y|.|no.|5|no|.|x|no|.|x");
  CHECK(words_of(tables, "end. next end. Next end.") == "end.|next|end|.|next|end|.");
  CHECK(words_of(tables, "\u201cÉté\u201d \u2018x\u2019 1990's 日本\u00A0z") == "\"|été|\"|'|x|'|1990|'s|日|本|z");
}

TEST_CASE("the same words in the same order are 1, others 0") {
  const MeteorTables tables = SmallTables().read();
  CHECK(score_of(tables, "the dog runs", "The dog runs") == 1);
  CHECK(score_of(tables, "dog", "cat") == 0);
  CHECK(score_of(tables, "", "cat") == 0);
  CHECK(score_of(tables, "cat", "") == 0);
  CHECK(score_of(tables, "", "") == 0);
}

TEST_CASE("exact, stem, synonym and paraphrase count 1, 0.6, 0.8 and 0.6") {
  const MeteorTables tables = SmallTables().read();
  const auto with = [](double weight) { return by_formula((1 + weight) / 3, (1 + weight) / 2, 1, 2); };
  CHECK(score_of(tables, "dog runs fast", "dog runs") == doctest::Approx(with(1)).epsilon(1e-12));
  CHECK(score_of(tables, "dog running fast", "dog runs") == doctest::Approx(with(0.6)).epsilon(1e-12));
  CHECK(score_of(tables, "dog car fast", "dog automobile") == doctest::Approx(with(0.8)).epsilon(1e-12));
  CHECK(score_of(tables, "dog huge fast", "dog very big") ==
        doctest::Approx(by_formula(1.6 / 3, (1 + 1.2) / 3, 1, 2.5)).epsilon(1e-12));
  CHECK(score_of(tables, "dog very big", "dog huge fast") ==
        doctest::Approx(by_formula((1 + 1.2) / 3, 1.6 / 3, 1, 2.5)).epsilon(1e-12));
}

TEST_CASE(
    "single words that are paraphrases in both directions are left out where they would be a chunk of their own") {
  const MeteorTables tables = SmallTables().read();
  CHECK(score_of(tables, "x u large", "x v big") == score_of(tables, "x u t", "x v w"));
}

TEST_CASE("base forms: irregular ones as listed, otherwise by ending, none of short words and of -ss") {
  const MeteorTables tables = SmallTables().read();
  CHECK(tables.synonyms.sets_of("went") == std::vector<int32_t>{7});
  CHECK(tables.synonyms.sets_of("cars") == std::vector<int32_t>{1, 2});
  CHECK(tables.synonyms.sets_of("leaving") == std::vector<int32_t>{7});
  CHECK(tables.synonyms.sets_of("boss") == std::vector<int32_t>{8});
  CHECK(tables.synonyms.sets_of("boxs").empty());
  CHECK(score_of(tables, "x went", "x left") == score_of(tables, "x u", "x v"));
  CHECK(score_of(tables, "x went", "x leaves") == doctest::Approx(0.9).epsilon(1e-12));
}

TEST_CASE("function words weigh a third of content words") {
  const MeteorTables tables = SmallTables().read();
  CHECK(score_of(tables, "the dog", "the cat") == doctest::Approx(by_formula(0.25, 0.25, 1, 1)).epsilon(1e-12));
  CHECK(score_of(tables, "the dog", "a dog") == doctest::Approx(by_formula(0.75, 0.75, 1, 1)).epsilon(1e-12));
}

TEST_CASE("chunks: fewest, then nearest places") {
  const MeteorTables tables = SmallTables().read();
  CHECK(score_of(tables, "dog runs fast cat", "fast cat dog runs") ==
        doctest::Approx(by_formula(1, 1, 2, 4)).epsilon(1e-12));
  MeteorTextReader reader(tables);
  const MeteorText candidate = reader.read("dog x dog runs"), reference = reader.read("dog runs");
  const auto alignment = align_meteor(meteor_matches(candidate, reference, tables.paraphrases), 4);
  REQUIRE(alignment.matches.size() == 2);
  CHECK(alignment.chunks == 1);
  CHECK(alignment.matches[0].start == 2);
}

TEST_CASE("many readings: the beam keeps some, whatever the number of repeats") {
  const MeteorTables tables = SmallTables().read();
  std::string many = "a";
  for (int i = 0; i < 200; ++i) many += i % 3 == 0 ? " dog" : " a";
  const double score = score_of(tables, many, many + " a dog");
  CHECK(score > 0.3);
  CHECK(score <= 1);
}

TEST_CASE("the best reference, and the figure of the summed counts") {
  const MeteorTables tables = SmallTables().read();
  const CaptionSet set{{"dog runs fast", "x cat"}, {{"bird", "dog runs fast", "dog"}, {"y cat"}}};
  const CorpusScore score = meteor(set, tables);
  CHECK(score.items[0] == 1);
  CHECK(score.items[1] == doctest::Approx(by_formula(0.5, 0.5, 1, 1)).epsilon(1e-12));
  CHECK(score.corpus == doctest::Approx(by_formula(0.8, 0.8, 1, 4)).epsilon(1e-12));
  CHECK(meteor(set, tables, 1).items == score.items);
  CHECK(error_of([&] { meteor({{"a"}, {{}}}, tables); }) == "[meteor] expected a reference for candidate 0, got none");
}

TEST_CASE("tables that are broken say where") {
  const SmallTables small;
  const fs::path folder = small.folder.path();
  const auto fault = [&](const char* file, const std::string& text) {
    const std::string before = read_file(folder / file);
    write_file(folder / file, text);
    const std::string message = error_of([&] { small.read(); }, folder);
    write_file(folder / file, before);
    return message;
  };
  CHECK(fault(kFunctionWords, "the\n\na\n") ==
        "[meteor] DIR/function/english.words:2: expected a word without spaces, got an empty word");
  CHECK(fault(kPrefixes, "Mr x\n") ==
        "[meteor] DIR/nonbreaking/english.prefixes:1: expected a word without spaces, got Mr x");
  CHECK(fault(kSynsets, "car\n1 two\n") ==
        "[meteor] DIR/synonym/english.synsets:2: expected numbers of sets with single spaces between, got two");
  CHECK(fault(kSynsets, "car\n") ==
        "[meteor] DIR/synonym/english.synsets:2: expected numbers of sets with single "
        "spaces between, got the file's end");
  CHECK(fault(kExceptions, "go\nwent  gone\n") ==
        "[meteor] DIR/synonym/english.exceptions:2: expected irregular forms "
        "with single spaces between, got an empty word");
  CHECK(fault(kParaphrases, "much\nbig\nlarge\n") == "[meteor] DIR/paraphrase-en.gz:1: expected a weight, got much");
  CHECK(fault(kParaphrases, "0.1\nbig\n") ==
        "[meteor] DIR/paraphrase-en.gz:3: expected a phrase: words with single "
        "spaces between, got the file's end");
  CHECK(fault(kParaphrases, "0.1\nbig \nlarge\n") ==
        "[meteor] DIR/paraphrase-en.gz:2: expected a phrase: words with "
        "single spaces between, got a space at the end");
  CHECK(fault(kParaphrases, "0.1\na b c d e f g h i j k l m n o p q\nx\n") ==
        "[meteor] DIR/paraphrase-en.gz:2: expected a phrase of at most 16 words, got 17");
  CHECK(fault(kParaphrases, "0.1\n" + std::string(70000, 'x') + "\nx\n") ==
        "[meteor] DIR/paraphrase-en.gz:2: expected a line of at most 65536 bytes, got more");
  CHECK(fault(kFunctionWords, std::string(100, 'x') + " y\n") ==
        "[meteor] DIR/function/english.words:1: expected a word without spaces, got " + std::string(80, 'x') + "...");
  fs::remove(folder / kPrefixes);
  CHECK(error_of([&] { small.read(); }, folder) ==
        "[meteor] expected a file DIR/nonbreaking/english.prefixes, got none");
}

TEST_CASE("a compressed table is read whole or not at all") {
  const test::ScratchFolder scratch;
  const fs::path path = scratch / "t.gz";
  gzFile out = gzopen(path.c_str(), "wb");
  std::string text;
  for (int i = 0; i < 20000; ++i) text += fmt::format("0.5\nphrase {}\nother {}\n", i * 7919 % 20011, i);
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  const MeteorParaphrases table = MeteorParaphrases::read(path);
  CHECK(table.pairs() == 20000);
  CHECK(table.longest() == 2);
  REQUIRE(table.number_of("phrase 7919").has_value());
  CHECK(table.of(*table.number_of("phrase 7919"))[0] == table.number_of("other 1"));
  CHECK(!table.number_of("phrase").has_value());
  const std::string whole = read_file(path);
  write_file(path, whole.substr(0, whole.size() / 2));
  const std::string message = error_of([&] { MeteorParaphrases::read(path); }, scratch.path());
  CHECK(message.starts_with("[meteor] DIR/t.gz: expected whole compressed data, got after line "));
}

TEST_CASE("the published tables") {
  const MeteorTables tables = read_meteor_tables(test::published_meteor_tables());
  CHECK(tables.function_words.size() == 93);
  CHECK(tables.paraphrases.pairs() == 5274084);
  CHECK(tables.paraphrases.longest() == 7);
  // Figures of METEOR 1.5.
  CHECK(score_of(tables, "the dog is riding a bicycle in front of a crowd", "a dog rides a bike before people") ==
        doctest::Approx(0.3396828975197198).epsilon(1e-12));
  // Of a phrase of seven words three count in the search, so that the two that are the same are preferred.
  CHECK(score_of(tables, "in a relatively short space of time zq sufficiently quickly", "sufficiently quickly") ==
        doctest::Approx(0.34119261573023246).epsilon(1e-12));
  // The beam loses the best reading of both; texts of the same words are spared it.
  const std::string slide =
      "the little boy in the red coat and tan pants is at the top of the slide , holding on to the handles of the "
      "slide";
  CHECK(score_of(tables, slide + " .", slide + ".") == 1);
  CHECK(score_of(tables, slide + " x", slide + " y") == doctest::Approx(0.4826101294781207).epsilon(1e-12));
}
