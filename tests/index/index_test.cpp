// An index in any place: what is put is found, in order, and what a write changed is there after reopening.

#include "sensorium/index/vector_index.h"

#include "tests/index/places.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <random>

using namespace sensorium;
using sensorium::test::error_of;
using sensorium::test::ScratchFolder;

namespace {

IndexOptions small(int64_t width, const std::string& storage = "fp32") {
  IndexOptions options;
  options.width = width;
  options.storage = storage;
  options.model_hash = "m1";
  return options;
}

std::vector<float> random_vector(std::mt19937& rng, size_t width) {
  std::normal_distribution<float> normal;
  std::vector<float> v(width);
  for (float& x : v) x = normal(rng);
  return v;
}

IndexItem item(const std::string& id, std::vector<float> picture, Json metadata = Json::object()) {
  return {id, std::move(metadata), {{"picture", std::move(picture)}}};
}

IndexQuery near(std::vector<float> vector, int k = 10) {
  IndexQuery query;
  query.parts = {{std::move(vector), 1.0}};
  query.k = k;
  return query;
}

std::vector<std::string> ids(const std::vector<IndexMatch>& matches) {
  std::vector<std::string> out;
  for (const IndexMatch& m : matches) out.push_back(m.id);
  return out;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i)
    dot += double{a[i]} * b[i], aa += double{a[i]} * a[i], bb += double{b[i]} * b[i];
  return dot / std::sqrt(aa * bb);
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE_TEMPLATE("the nearest come first, with cosine and metadata", Place, SENSORIUM_PLACES) {
  const Place in;
  const auto index = create_index(in.place(), small(2));
  index->put(std::vector<IndexItem>{item("east", {2, 0}, {{"n", 1}}), item("north", {0, 1}), item("south", {0, -3})});
  const auto matches = index->search(near({1, 1e-3f}));
  CHECK(ids(matches) == Ids{"east", "north", "south"});
  CHECK(matches[0].score == doctest::Approx(1).epsilon(1e-5));
  CHECK(matches[0].metadata == Json{{"n", 1}});
  CHECK(matches[0].kind == "picture");
  CHECK(!matches[0].probability);
  IndexQuery both = near({1, 0});
  both.parts.push_back({{0, 5}, -0.5});
  CHECK(ids(index->search(both)) == Ids{"east", "south", "north"});
}

TEST_CASE("every storage finds what comparing all finds, alone and in batches, after reopening too") {
  for (const std::string storage : {"fp32", "int8"}) {
    CAPTURE(storage);
    ScratchFolder folder;
    std::mt19937 rng(7);
    std::vector<IndexItem> items;
    for (int i = 0; i < 5000; ++i) items.push_back(item(std::to_string(i), random_vector(rng, 70)));
    create_index(folder / "i", small(70, storage))->put(items);
    const auto index = open_index(folder / "i", "m1");
    std::vector<IndexQuery> queries;
    for (int q = 0; q < 11; ++q) queries.push_back(near(random_vector(rng, 70), 5));
    const auto together = index->search_all(queries);
    for (size_t q = 0; q < queries.size(); ++q) {
      std::vector<std::pair<double, std::string>> all;
      for (const IndexItem& one : items)
        all.emplace_back(-cosine(queries[q].parts[0].first, one.vectors[0].values), one.id);
      std::sort(all.begin(), all.end());
      const auto alone = index->search(queries[q]);
      REQUIRE(alone.size() == 5);
      REQUIRE(together[q].size() == 5);
      for (size_t i = 0; i < 5; ++i) {
        CHECK(alone[i].score == together[q][i].score);
        CHECK(alone[i].id == together[q][i].id);
        CHECK(alone[i].id == all[i].second);
        CHECK(double{alone[i].score} == doctest::Approx(-all[i].first).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE_TEMPLATE("replacing, removing, compacting", Place, SENSORIUM_PLACES) {
  const Place in;
  auto index = create_index(in.place(), small(2));
  index->put(std::vector<IndexItem>{item("a", {1, 0}), item("b", {0, 1}), item("a", {0.9f, 0.1f}, {{"v", 2}})});
  CHECK(index->stats().items == 2);
  index->put(std::vector<IndexItem>{item("a", {-1, 0}, {{"v", 3}})});
  CHECK(ids(index->search(near({1, 0}))) == Ids{"b", "a"});
  CHECK(index->remove(Ids{"b", "no such", "b"}) == 1);
  CHECK(ids(index->search(near({1, 0}))) == Ids{"a"});
  if (Place::kIsFolder) CHECK(index->stats().removed == 2);
  index->compact();
  CHECK(index->stats().removed == 0);
  CHECK(index->search(near({1, 0})).at(0).metadata == Json{{"v", 3}});
  index.reset();
  index = open_index(in.place());
  CHECK(index->find("a")->metadata == Json{{"v", 3}});
  CHECK(index->find("a")->vectors.at(0).values == std::vector<float>{-1, 0});
  CHECK(!index->find("b"));
  CHECK(index->stats().vectors == 1);
}

TEST_CASE_TEMPLATE("an item with several vectors is found once, by its nearest, among the kinds asked for", Place,
                   SENSORIUM_PLACES) {
  const Place in;
  const auto index = create_index(in.place(), small(2));
  IndexItem many{"many", Json::object(), {}};
  for (int i = 0; i < 300; ++i) many.vectors.push_back({"caption", {1, static_cast<float>(i) * 1e-4f}});
  many.vectors.push_back({"picture", {-1, 0}});
  index->put(std::vector<IndexItem>{many, item("one", {0, 1})});
  const auto matches = index->search(near({1, 0}, 2));
  CHECK(ids(matches) == Ids{"many", "one"});
  CHECK(matches[0].kind == "caption");
  IndexQuery pictures = near({1, 0}, 2);
  pictures.kinds = {"picture"};
  CHECK(ids(index->search(pictures)) == Ids{"one", "many"});
  pictures.kinds = {"sound"};
  CHECK(index->search(pictures).empty());
}

TEST_CASE_TEMPLATE("filters on metadata", Place, SENSORIUM_PLACES) {
  const Place in;
  const auto index = create_index(in.place(), small(2));
  const auto found = [&](const Json& filter) {
    IndexQuery query = near({1, 0});
    query.filter = filter;
    return ids(index->search(query));
  };
  index->put(std::vector<IndexItem>{
      item("a", {1, 0}, {{"lang", "en"}, {"year", 2001}, {"tags", {"x", "y"}}, {"exif", {{"camera", "C"}}}}),
      item("b", {1, 1}, {{"lang", "de"}, {"year", 1999.5}}), item("c", {0, 1}, Json::object())});
  CHECK(found({{"lang", "en"}}) == Ids{"a"});
  CHECK(found({{"year", {{"$gte", 1999}, {"$lt", 2001}}}}) == Ids{"b"});
  CHECK(found({{"tags", "y"}}) == Ids{"a"});
  CHECK(found({{"exif.camera", "C"}}) == Ids{"a"});
  CHECK(found({{"lang", {{"$ne", "en"}}}}) == Ids{"b", "c"});
  CHECK(found({{"lang", {{"$in", {"en", "fr"}}}}}) == Ids{"a"});
  CHECK(found({{"lang", {{"$nin", {"en", "fr"}}}}}) == Ids{"b", "c"});
  CHECK(found({{"lang", {{"$exists", false}}}}) == Ids{"c"});
  CHECK(found({{"$or", {{{"lang", "en"}}, {{"$not", {{"lang", {{"$exists", true}}}}}}}}}) == Ids{"a", "c"});
  index->put(std::vector<IndexItem>{item("b", {1, 1}, {{"lang", "en"}}), item("d", {1, 0.5f}, {{"lang", "en"}})});
  CHECK(found({{"lang", "en"}}) == Ids{"a", "d", "b"});
  CHECK(error_of([&] {
          found({{"lang", {{"$like", 1}}}});
        }) == "[filter] expected $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin or $exists for \"lang\", got \"$like\"");
  CHECK(error_of([&] { found({1}); }) == "[filter] expected a JSON object, got [1]");
  CHECK(error_of([&] { found({{"$and", 1}}); }) == "[filter] expected a list of conditions for \"$and\", got 1");
  Json deep = {{"a", 1}};
  for (int i = 0; i < 20; ++i) deep = {{"$not", deep}};
  CHECK(error_of([&] { found(deep); }) == "[filter] expected at most 16 conditions within each other, got more");
}

TEST_CASE_TEMPLATE("calibrated probabilities and their cut-off", Place, SENSORIUM_PLACES) {
  const Place in;
  auto index = create_index(in.place(), small(2));
  index->put(std::vector<IndexItem>{item("a", {1, 0}), item("b", {0, 1})});
  IndexQuery query = near({1, 0});
  query.min_probability = 0.5;
  CHECK(error_of([&] { index->search(query); }) ==
        "[index search] expected an index calibrated for queries of \"text\" with a least probability, got none");
  std::vector<double> scores;
  std::vector<uint8_t> meant;
  for (int i = 0; i < 100; ++i) {
    scores.push_back(0.2 + 0.006 * i);
    meant.push_back(i % 10 < i / 10);
  }
  ScoreCalibration c = fit_calibration(scores, meant);
  c.modality = "text";
  c.kind = "picture";
  c.cut_off = 0.3;
  CHECK(c.probability(0.2) < 0.1);
  CHECK(c.probability(0.8) > 0.85);
  index->calibrate(std::span(&c, 1));
  index.reset();
  index = open_index(in.place());
  CHECK(ids(index->search(query)) == Ids{"a"});
  query.min_probability.reset();
  const auto matches = index->search(query);
  CHECK(ids(matches) == Ids{"a"});
  CHECK(matches[0].probability.value() == doctest::Approx(c.probability(1)));
  query.min_probability = 0;
  CHECK(ids(index->search(query)) == Ids{"a", "b"});
  CHECK(error_of([] {
          fit_calibration(std::vector<double>{1, 2}, std::vector<uint8_t>{1, 1});
        }) == "[calibrate] expected both pairs that are meant and others, got 2 of 2 meant");
}

TEST_CASE_TEMPLATE("what does not fit is refused, and nothing of it added", Place, SENSORIUM_PLACES) {
  const Place in;
  const auto index = create_index(in.place(), small(2));
  const auto put = [&](IndexItem bad) {
    return error_of([&] { index->put(std::vector<IndexItem>{item("good", {1, 0}), std::move(bad)}); });
  };
  CHECK(put(item("x", {1, 0, 0})) == "[index] item \"x\": expected a vector of width 2, got 3");
  CHECK(put(item("x", {0, 0})) == "[index] item \"x\": expected a vector with a direction, got zeros");
  CHECK(put(item("x", {NAN, 0})) == "[index] item \"x\": expected finite values, got others");
  CHECK(put(item("", {1, 0})) == "[index] expected an id of 1 to 1024 bytes, got 0");
  CHECK(put(item("x", {1, 0}, 3)) == "[index] item \"x\": expected a JSON object as metadata, got 3");
  CHECK(put(item("x", {1, 0}, {{"a", "\xff"}})) ==
        "[index] item \"x\": expected an id and metadata in UTF-8, got other bytes");
  CHECK(put({"x", Json::object(), {}}) == "[index] item \"x\": expected 1 to 10000 vectors, got 0");
  CHECK(index->stats().items == 0);
  CHECK(error_of([&] { index->search(near({1, 0}, 0)); }) == "[index search] expected k from 1 to 10000, got 0");
  CHECK(error_of([&] { index->search(near({1})); }) == "[index] query: expected a vector of width 2, got 1");
}

TEST_CASE("places that are no index, other models, two at once, broken bytes") {
  ScratchFolder folder;
  const auto open = [&](const std::string& model) {
    return error_of([&] { open_index(folder / "i", model); }, folder.path());
  };
  CHECK(open("") == "[index] DIR/i: expected an index, got nothing");
  auto index = create_index(folder / "i", small(2));
  CHECK(
      open("").starts_with("[index] DIR/i: expected an index that no other process has open, got one open in process"));
  index->put(std::vector<IndexItem>{item("a", {1, 0})});
  index.reset();
  CHECK(open("m2") == "[index] DIR/i: expected an index made for the model m2, got one made for m1");
  CHECK(error_of([&] { create_index(folder / "i", small(2)); }, folder.path()) ==
        "[index] DIR/i: expected no index yet, got one");
  IndexOptions no_width;
  CHECK(error_of([&] { create_index(folder / "j", no_width); }) ==
        "[index create] expected a width, or a model that has one, got none");
  std::string bytes = read_file(folder / "i/index.sqlite");
  const float one = 1;
  const std::string vector(reinterpret_cast<const char*>(&one), 4);
  const size_t at = bytes.rfind(vector + std::string(4, '\0'));
  REQUIRE(at != std::string::npos);
  bytes[at] = 1;
  write_file(folder / "i/index.sqlite", bytes);
  CHECK(open("") == "[index] DIR/i/index.sqlite: expected the vector 1 to be as it was written, got a wrong checksum");
  write_file(folder / "i/index.sqlite",
             "not a database, but long enough to be read as one................................"
             "....................................");
  CHECK(open("").starts_with("[index] DIR/i/index.sqlite: expected a sound database, got: "));
}

TEST_CASE_TEMPLATE("listing in order of ids", Place, SENSORIUM_PLACES) {
  const Place in;
  const auto index = create_index(in.place(), small(2));
  index->put(std::vector<IndexItem>{item("b", {1, 0}), item("c", {1, 0}), item("a", {0, 1}, {{"n", 1}})});
  const auto first = index->list("", 2, true);
  REQUIRE(first.size() == 2);
  CHECK(first[0].id == "a");
  CHECK(first[0].metadata == Json{{"n", 1}});
  CHECK(first[0].vectors.at(0).values == std::vector<float>{0, 1});
  CHECK(index->list(first[1].id, 2, false).at(0).id == "c");
  CHECK(index->list("c", 2, false).empty());
}
