// Approximate structures and compressed rows: they find nearly what comparing all finds, follow writes, and survive
// reopening, kills and broken derived files.

#include "sensorium/index/vector_index.h"

#include "tests/index/places.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

using namespace sensorium;
using sensorium::test::ScratchFolder;

namespace {

constexpr int kWidth = 64, kItems = 10200;

/// Clustered directions, as embeddings are.
std::vector<float> vector_of(int i) {
  std::mt19937 centre(static_cast<unsigned>(i % 200)), own(static_cast<unsigned>(i + 1000));
  std::normal_distribution<float> of_all, of_one;  // each keeps half of what it draws
  std::vector<float> v(kWidth);
  for (float& x : v) x = of_all(centre) + 0.7f * of_one(own);
  return v;
}

std::vector<IndexItem> items(int first, int last) {
  std::vector<IndexItem> all;
  for (int i = first; i < last; ++i)
    all.push_back({std::to_string(i), {{"odd", i % 2 == 1}}, {{"picture", vector_of(i)}}});
  return all;
}

IndexQuery near(int i) {
  IndexQuery query;
  query.parts = {{vector_of(i), 1.0}};
  return query;
}

std::unique_ptr<VectorIndex> make(const std::string& place, const std::string& type,
                                  const std::string& storage = "fp32") {
  IndexOptions options;
  options.width = kWidth;
  options.type = type;
  options.storage = storage;
  return create_index(place, options);
}

/// The share of the exact index's ten nearest that the other has too.
double recall(const VectorIndex& exact, const VectorIndex& other, const Json& filter = nullptr) {
  int same = 0, all = 0;
  for (int q = 0; q < 40; ++q) {
    IndexQuery query = near(100000 + q);
    query.filter = filter;
    const auto wanted = exact.search(query), found = other.search(query);
    for (const IndexMatch& w : wanted)
      same += std::any_of(found.begin(), found.end(), [&](const IndexMatch& f) { return f.id == w.id; });
    all += static_cast<int>(wanted.size());
  }
  return static_cast<double>(same) / all;
}

}  // namespace

TEST_CASE("each structure and storage finds what comparing all finds, also after changes and reopening") {
  ScratchFolder folder;
  const auto exact = make(folder / "exact", "flat");
  exact->put(items(0, kItems));
  const std::pair<std::string, std::string> kinds[] = {{"flat", "pq"}, {"hnsw", "fp32"}, {"hnsw", "int8"},
                                                       {"hnsw", "pq"}, {"ivf", "fp32"},  {"ivf", "int8"}};
  for (const auto& [type, storage] : kinds) {
    const std::string name = type + "-" + storage;
    CAPTURE(name);
    auto index = make(folder / name, type, storage);
    index->put(items(0, kItems));
    index->compact();
    CHECK(index->stats().type == type);
    CHECK(index->stats().storage == storage);
    if (type != "flat") CHECK(index->stats().built == kItems);
    CHECK(recall(*exact, *index) > 0.95);
    CHECK(recall(*exact, *index, {{"odd", true}}) > 0.95);

    std::vector<std::string> gone;
    for (int i = 0; i < kItems; i += 3) gone.push_back(std::to_string(i));
    CHECK(index->remove(gone) == gone.size());
    index->put(items(kItems, kItems + 50));
    for (const IndexMatch& m : index->search(near(kItems + 7)))
      CHECK((std::stoi(m.id) >= kItems || std::stoi(m.id) % 3 != 0));
    CHECK(index->search(near(kItems + 7)).at(0).id == std::to_string(kItems + 7));
    index.reset();
    index = open_index(folder / name);
    CHECK(index->stats().storage == storage);
    CHECK(index->stats().removed == static_cast<int64_t>(gone.size()));
    CHECK(index->search(near(kItems + 7)).at(0).id == std::to_string(kItems + 7));
    CHECK(index->search(near(1)).at(0).id == "1");
    index->compact();
    CHECK(index->stats().removed == 0);
    CHECK(index->search(near(kItems + 7)).at(0).id == std::to_string(kItems + 7));
  }
}

TEST_CASE("a broken derived file is made anew") {
  ScratchFolder folder;
  auto index = make(folder / "i", "hnsw", "int8");
  index->put(items(0, 2000));
  index->compact();
  index.reset();
  std::string bytes = read_file(folder / "i/derived.bin");
  bytes[bytes.size() / 2] ^= 1;
  write_file(folder / "i/derived.bin", bytes);
  index = open_index(folder / "i");
  CHECK(index->search(near(5)).at(0).id == "5");
  index->compact();
  CHECK(index->stats().built == 2000);
}

TEST_CASE_TEMPLATE("readers go on while others write, remove and compact, and see whole items", Place,
                   SENSORIUM_PLACES) {
  const Place in;
  const auto index = make(in.place(), "hnsw");
  index->put(items(0, 1500));
  std::atomic<bool> done{false};
  std::atomic<int> reads{0}, wrong{0};
  const auto read = [&](int seed) {
    for (int i = seed; !done; i += 7) {
      const auto matches = index->search(near(i % 500));
      // Items below 500 are replaced all the time, never missing, and always with the metadata of their vector.
      if (matches.empty() || matches[0].id != std::to_string(i % 500) || matches[0].score < 0.999f) ++wrong;
      ++reads;
    }
  };
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) readers.emplace_back(read, t);
  for (int round = 0; round < 12; ++round) {
    const int before = reads;
    index->put(items(round * 40, round * 40 + 40));
    index->put(items(2000 + round * 100, 2100 + round * 100));
    std::vector<std::string> gone;
    for (int i = 0; i < 50; ++i) gone.push_back(std::to_string(2000 + round * 100 + i));
    index->remove(gone);
    if (round % 4 == 3) index->compact();
    while (reads < before + 2) std::this_thread::yield();
  }
  done = true;
  for (auto& t : readers) t.join();
  CHECK(wrong == 0);
  CHECK(reads > 20);
  CHECK(index->stats().items == 1500 + 12 * 50);
}
