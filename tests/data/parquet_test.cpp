// With Apache Arrow (`./run build parquet`) what tables hold; without it, how it is refused.
#include "sensorium/data/parquet.h"

#include "tests/data/corpus.h"

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

Source open_golden(const std::string& name, const TableColumns& columns = {}, const fs::path& images = "/") {
  return open_parquet(goldens() / "parquet" / name, images, columns, {});
}

std::string fault(const std::string& name, const TableColumns& columns = {}, const fs::path& images = "/") {
  return error_of(
      [&] {
        Tally tally;
        read_all(open_golden(name, columns, images), tally);
      },
      goldens() / "parquet");
}

TEST_CASE("parquet: a build without Arrow says how to get one" * doctest::skip(reads_parquet())) {
  CHECK(fault("plain.parquet") ==
        "[data prepare] DIR/plain.parquet: expected a build with Apache Arrow to read Parquet, got one without; `./run "
        "build parquet` makes one, or turn the table into .csv or .jsonl");
}

TEST_CASE("parquet: rows of one picture are one record, across row groups" * doctest::skip(!reads_parquet())) {
  Tally tally;
  const auto records = read_all(open_golden("plain.parquet"), tally);
  REQUIRE(records.size() == 3);
  CHECK(records[0].image == "/a.jpg");
  CHECK(texts(records[0]) == Strings{"en:a dog", "de:ein Hund"});
  CHECK(records[1].captions.empty());
  CHECK(texts(records[2]) == Strings{"en:a cat", "en:a black cat"});
  CHECK(records[2].split == "val");
}

TEST_CASE("parquet: lists of captions, dictionaries, large strings" * doctest::skip(!reads_parquet())) {
  Tally tally;
  const auto records = read_all(open_golden("lists.parquet"), tally);
  REQUIRE(records.size() == 2);
  CHECK(texts(records[0]) == Strings{"en:one", "en:two"});
  CHECK(records[1].captions.empty());
}

TEST_CASE("parquet: tables that cannot be read" * doctest::skip(!reads_parquet())) {
  CHECK(fault("cut.parquet").starts_with("[data prepare] DIR/cut.parquet: expected a Parquet table, got: Invalid: "));
  CHECK(fault("structs.parquet").starts_with("[data prepare] DIR/structs.parquet: expected a Parquet table, got: "));
  CHECK(fault("bytes.parquet").find("UTF8") != std::string::npos);
  CHECK(fault("columns.parquet").find("columns.parquet: expected a column") != std::string::npos);
  CHECK(fault("plain.parquet", {.image = "", .caption = "words", .language = "", .split = ""}).find("words") !=
        std::string::npos);
  CHECK(fault("nosuch.parquet").starts_with("[data prepare] DIR/nosuch.parquet: expected "));
  CHECK(fault("plain.parquet", {}, "/no such folder").find("/no such folder") != std::string::npos);
}

}  // namespace
}  // namespace sensorium::test
