// What is particular to an index in PostgreSQL: addresses, several processes, the server's graph, conditions in SQL,
// versions of its tables, and a server that goes.

#include "sensorium/index/metadata_filter.h"
#include "sensorium/index/postgres_filter.h"
#include "sensorium/index/postgres_schema.h"
#include "sensorium/index/vector_index.h"

#include "tests/index/places.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <thread>

using namespace sensorium;
using sensorium::test::error_of;
using sensorium::test::PostgresServer;

namespace {

constexpr int kWidth = 24;

std::vector<float> random_vector(std::mt19937& rng) {
  std::normal_distribution<float> normal;
  std::vector<float> v(kWidth);
  for (float& x : v) x = normal(rng);
  return v;
}

IndexOptions options_of(const std::string& type) {
  IndexOptions options;
  options.width = kWidth;
  options.type = type;
  options.model_hash = "m1";
  return options;
}

std::vector<IndexItem> random_items(int count) {
  std::mt19937 rng(3);
  std::vector<IndexItem> items;
  for (int i = 0; i < count; ++i)
    items.push_back({std::to_string(i),
                     {{"rare", i % 100 == 0}, {"n", i}},
                     {{i % 10 == 0 ? "caption" : "picture", random_vector(rng)}}});
  return items;
}

IndexQuery near(std::vector<float> vector, int k = 10) {
  IndexQuery query;
  query.parts = {{std::move(vector), 1.0}};
  query.k = k;
  return query;
}

IndexQuery query_of(const std::function<void(IndexQuery&)>& change) {
  IndexQuery query;
  change(query);
  return query;
}

/// The share of the exact index's ten nearest that the other finds.
double recall(const VectorIndex& exact, const VectorIndex& other, IndexQuery query) {
  std::mt19937 rng(4);
  int same = 0, all = 0;
  for (int q = 0; q < 30; ++q) {
    query.parts = {{random_vector(rng), 1.0}};
    const auto wanted = exact.search(query), found = other.search(query);
    for (const IndexMatch& w : wanted)
      same += std::any_of(found.begin(), found.end(), [&](const IndexMatch& f) { return f.id == w.id; });
    all += static_cast<int>(wanted.size());
  }
  return static_cast<double>(same) / all;
}

IndexOptions with(std::string type, const std::function<void(IndexOptions&)>& change) {
  IndexOptions options = options_of(type);
  change(options);
  return options;
}

}  // namespace

TEST_CASE("an address is named without its password, and one that is none is refused") {
  CHECK(place_name("postgresql://me:secret@host:5433/photos?sslmode=require") == "postgresql://me@host:5433/photos");
  CHECK(place_name("a/folder") == "a/folder");
  CHECK(error_of([] {
          open_index("postgresql://me@host/photos?nosuch=1");
        }).starts_with("[index] expected an address as postgresql://user@host/database, got one with: "));
  const std::string gone = error_of([] { open_index("postgresql://me:secret@127.0.0.1:1/photos"); });
  CHECK(gone.starts_with("[index] postgresql://me@127.0.0.1:1/photos: expected a PostgreSQL server, got: "));
  CHECK(gone.find("secret") == std::string::npos);
}

TEST_CASE("databases without an index, with one, of another model, and options that pgvector has not") {
  const std::string address = PostgresServer::shared().new_database();
  const std::string name = place_name(address);
  CHECK(error_of([&] { open_index(address); }) ==
        "[index] " + name + ": expected an index, got a database without one");
  const auto refused = [&](const IndexOptions& options) { return error_of([&] { create_index(address, options); }); };
  CHECK(refused(options_of("ivf")) == "[index create] expected the type auto, flat or hnsw in PostgreSQL, got ivf");
  CHECK(refused(with("hnsw", [](auto& o) { o.storage = "int8"; })) ==
        "[index create] expected the storage fp32 in PostgreSQL, got int8");
  CHECK(refused(with("hnsw", [](auto& o) { o.width = 2001; })) ==
        "[index create] expected a width of at most 2000 with hnsw in PostgreSQL, got 2001");
  CHECK(refused(with("hnsw", [](auto& o) { o.build_effort = 40; })) ==
        "[index create] expected a build_effort from twice the neighbours to 1000 in PostgreSQL, got 40");
  CHECK(create_index(address, options_of("auto"))->options().model_hash == "m1");
  CHECK(refused(options_of("auto")) == "[index] " + name + ": expected no index yet, got one");
  CHECK(error_of([&] { open_index(address, "m2"); }) ==
        "[index] " + name + ": expected an index made for the model m2, got one made for m1");
}

TEST_CASE("what one process writes another finds at once") {
  const std::string address = PostgresServer::shared().new_database();
  const auto one = create_index(address, options_of("auto")), other = open_index(address, "m1");
  const auto items = random_items(20);
  one->put(items);
  CHECK(other->search(near(items[7].vectors[0].values)).at(0).id == "7");
  CHECK(other->remove(std::vector<std::string>{"7"}) == 1);
  CHECK(!one->find("7"));
  CHECK(one->stats().items == 19);
}

TEST_CASE("writers of the same items at the same time leave each item whole") {
  const std::string address = PostgresServer::shared().new_database();
  const auto index = create_index(address, options_of("hnsw"));
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([&, w] {
      std::mt19937 rng(static_cast<unsigned>(w));
      for (int round = 0; round < 10; ++round) {
        std::vector<IndexItem> items;
        for (int i = 0; i < 10; ++i) items.push_back({std::to_string(rng() % 15), {{"w", w}}, {}});
        for (IndexItem& item : items) item.vectors.assign(static_cast<size_t>(w) + 1, {"picture", random_vector(rng)});
        index->put(items);
        index->remove(std::vector<std::string>{std::to_string(rng() % 15), std::to_string(rng() % 15)});
      }
    });
  for (auto& writer : writers) writer.join();
  for (const IndexItem& item : index->list("", 100, true))
    CHECK(item.vectors.size() == item.metadata.at("w").get<size_t>() + 1);
}

TEST_CASE("the server's graph finds what comparing all finds, whatever the conditions") {
  const auto exact = create_index(PostgresServer::shared().new_database(), options_of("flat"));
  const auto graph = create_index(PostgresServer::shared().new_database(), options_of("hnsw"));
  const auto items = random_items(3000);
  exact->put(items);
  graph->put(items);
  CHECK(exact->stats().type == "flat");
  CHECK(graph->stats().type == "hnsw");
  CHECK(graph->stats().built == 3000);
  CHECK(graph->stats().kinds == std::vector<std::pair<std::string, int64_t>>{{"caption", 300}, {"picture", 2700}});
  CHECK(recall(*exact, *graph, {}) > 0.95);
  CHECK(recall(*exact, *graph, query_of([](IndexQuery& q) { q.kinds = {"caption"}; })) > 0.95);
  CHECK(recall(*exact, *graph, query_of([](IndexQuery& q) { q.filter = {{"rare", true}}; })) == 1);
  CHECK(graph->search(near(items[0].vectors[0].values, 2000)).size() == 2000);
  graph->compact();
  CHECK(recall(*exact, *graph, {}) > 0.95);
}

TEST_CASE("conditions in SQL take what conditions in memory take") {
  index::PostgresSession session(PostgresServer::shared().new_database());
  const std::vector<Json> values{nullptr,
                                 true,
                                 false,
                                 0,
                                 1,
                                 1.0,
                                 1.5,
                                 -2,
                                 1e300,
                                 "",
                                 "a",
                                 "b",
                                 "B",
                                 "é",
                                 "1",
                                 "a.b",
                                 "\"'\\",
                                 Json::array(),
                                 {1, "a"},
                                 {{1}, {2}},
                                 {{"b", 1}},
                                 {{"b", {1, 2}}},
                                 {{"b", nullptr}}};
  std::vector<Json> all{Json::object()};
  for (const Json& value : values)
    for (const char* key : {"a", "k\"'\\ $"}) all.push_back({{key, value}});
  session.run("CREATE TABLE all_metadata (n bigint, metadata jsonb)");
  for (size_t i = 0; i < all.size(); ++i) {
    index::SqlValues row;
    const std::string n = row.add(static_cast<int64_t>(i)), metadata = row.add(all[i].dump());
    session.run("INSERT INTO all_metadata VALUES (" + n + ", " + metadata + ")", row);
  }
  std::vector<Json> filters;
  for (const std::string key : {"a", "a.b", "k\"'\\ $", "a.0", ".", ""}) {
    for (const Json& value : values) {
      if (value.is_structured()) continue;
      for (const char* op : {"$eq", "$ne"}) filters.push_back({{key, {{op, value}}}});
      filters.push_back({{key, {{"$in", {value, "b"}}}}});
      filters.push_back({{key, {{"$nin", {value}}}}});
      if (value.is_number() || value.is_string())
        for (const char* op : {"$gt", "$gte", "$lt", "$lte"}) filters.push_back({{key, {{op, value}}}});
    }
    for (const bool there : {true, false}) filters.push_back({{key, {{"$exists", there}}}});
    filters.push_back({{key, {{"$in", Json::array()}}}});
  }
  filters.push_back({{"$or", {{{"a", 1}}, {{"$not", {{"a", {{"$exists", true}}}}}}}}});
  filters.push_back({{"$and", {{{"a", {{"$gt", 0}}}}, {{"a", {{"$lt", 2}}}}}}});
  filters.push_back({{"$and", Json::array()}});
  filters.push_back({{"$or", Json::array()}});
  filters.push_back({{"$not", Json::object()}});
  for (const Json& json : filters) {
    CAPTURE(json.dump());
    const index::MetadataFilter filter(json);
    index::SqlValues sql_values;
    const std::string condition = index::sql_condition(filter, sql_values);
    const auto rows = session.run("SELECT n FROM all_metadata WHERE " + condition + " ORDER BY n", sql_values);
    std::vector<int64_t> taken, wanted;
    for (size_t i = 0; i < rows.count(); ++i) taken.push_back(rows.integer(i, 0));
    for (size_t i = 0; i < all.size(); ++i)
      if (filter.matches(all[i])) wanted.push_back(static_cast<int64_t>(i));
    CHECK(taken == wanted);
  }
}

TEST_CASE("tables of earlier versions go up step by step, all or nothing") {
  index::PostgresSession session(PostgresServer::shared().new_database());
  const std::vector<const char*> first{"CREATE TABLE one (x int)"};
  const std::vector<const char*> broken{first[0], "CREATE TABLE two (x int)", "no SQL"};
  const std::vector<const char*> whole{first[0], "CREATE TABLE two (x int)",
                                       "ALTER TABLE two ADD COLUMN y int; CREATE TABLE three ()"};
  CHECK(index::schema_version(session) == 0);
  index::migrate(session, first);
  CHECK(index::schema_version(session) == 1);
  CHECK(error_of([&] { index::migrate(session, broken); }).find("syntax error") != std::string::npos);
  CHECK(index::schema_version(session) == 1);
  index::migrate(session, whole);
  index::migrate(session, whole);
  CHECK(index::schema_version(session) == 3);
  session.run("SELECT y FROM two");
  CHECK(error_of([&] {
          index::migrate(session, first);
        }).ends_with("expected an index of version 1 or earlier, got 3; a newer sensorium made it"));
}

TEST_CASE("a server that crashed has what it had acknowledged, and the index goes on with it") {
  PostgresServer server;
  const auto index = create_index(server.new_database(), options_of("hnsw"));
  const auto items = random_items(50);
  index->put(items);
  server.crash_and_restart();
  CHECK(index->search(near(items[7].vectors[0].values)).at(0).id == "7");
  index->put(std::vector<IndexItem>{items[8]});
  CHECK(index->stats().items == 50);
}
