// The index beside plain FAISS, both called from C++ in one process, query by query in turn: `bench_index N TYPE
// STORAGE [QUERIES] [EFFORT]`. Vectors are of width 512 with the shape of embeddings: 2,000 clusters in 48 dimensions
// that matter, and noise in all. Prints JSON: building times, recall at 10 against comparing all, median latencies and
// their ratio, memory.

#include "sensorium/base/error.h"
#include "sensorium/index/vector_index.h"

#include "tests/support/test_support.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <random>

using namespace sensorium;

namespace {

constexpr int64_t kWidth = 512;
constexpr int kLatent = 48, kClusters = 2000, kNearest = 10;

class Vectors {
 public:
  Vectors()
      : rng_(5), spread_(static_cast<size_t>(kLatent * kWidth)), centres_(static_cast<size_t>(kClusters * kLatent)) {
    for (float& x : spread_) x = normal_(rng_);
    for (float& x : centres_) x = normal_(rng_);
  }
  std::vector<float> next() {
    const size_t centre = rng_() % kClusters;
    float latent[kLatent];
    for (size_t i = 0; i < kLatent; ++i) latent[i] = centres_[centre * kLatent + i] + 0.8f * normal_(rng_);
    std::vector<float> v(kWidth);
    for (float& x : v) x = 0.7f * normal_(rng_);
    for (size_t i = 0; i < kLatent; ++i)
      for (size_t j = 0; j < kWidth; ++j) v[j] += latent[i] * spread_[i * kWidth + j];
    double squares = 0;
    for (const float x : v) squares += double{x} * x;
    for (float& x : v) x = static_cast<float>(x / std::sqrt(squares));
    return v;
  }

 private:
  std::mt19937 rng_;
  std::normal_distribution<float> normal_;
  std::vector<float> spread_, centres_;
};

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

struct Setting {
  int64_t count;
  std::string type, storage;
  int queries, effort;
};

double recall(const std::vector<std::vector<int64_t>>& truth, const std::vector<std::vector<int64_t>>& found) {
  size_t same = 0;
  for (size_t q = 0; q < truth.size(); ++q)
    for (const int64_t id : truth[q]) same += std::count(found[q].begin(), found[q].end(), id) > 0;
  return static_cast<double>(same) / static_cast<double>(truth.size() * kNearest);
}

std::unique_ptr<VectorIndex> build(const Setting& s, const std::string& place, const std::vector<float>& all) {
  IndexOptions options;
  options.width = kWidth;
  options.type = s.type;
  options.storage = s.storage;
  options.effort = s.effort;
  auto index = create_index(place, options);
  constexpr int64_t kTogether = 10000;
  for (int64_t first = 0; first < s.count; first += kTogether) {
    std::vector<IndexItem> items;
    for (int64_t i = first; i < std::min(s.count, first + kTogether); ++i)
      items.push_back(
          {std::to_string(i),
           {{"n", i}},
           {{"picture", {&all[static_cast<size_t>(i * kWidth)], &all[static_cast<size_t>((i + 1) * kWidth)]}}}});
    index->put(items);
  }
  index->compact();
  return index;
}

}  // namespace

int main(int argc, char** argv) {
  SENSORIUM_ASSERT(argc >= 4);
  const Setting s{std::stoll(argv[1]), argv[2], argv[3], argc > 4 ? std::stoi(argv[4]) : 500,
                  argc > 5 ? std::stoi(argv[5]) : 128};
  Vectors vectors;
  std::vector<float> all, queries;
  all.reserve(static_cast<size_t>(s.count * kWidth));
  for (int64_t i = 0; i < s.count; ++i) {
    const auto v = vectors.next();
    all.insert(all.end(), v.begin(), v.end());
  }
  for (int q = 0; q < s.queries; ++q) {
    const auto v = vectors.next();
    queries.insert(queries.end(), v.begin(), v.end());
  }
  test::ScratchFolder folder;
  std::unique_ptr<VectorIndex> index;
  const double built_s = seconds([&] { index = build(s, folder / "i", all); });
  index.reset();
  const double before_mb = resident_mb();
  const double open_s = seconds([&] { index = open_index(folder / "i"); });
  const double after_mb = resident_mb();

  faiss::IndexFlatIP flat(kWidth);
  flat.add(s.count, all.data());
  std::unique_ptr<faiss::IndexHNSWFlat> graph;
  double plain_built_s = 0;
  if (s.type == "hnsw") {
    graph = std::make_unique<faiss::IndexHNSWFlat>(static_cast<int>(kWidth), 32);
    graph->hnsw.efConstruction = IndexOptions().build_effort;
    graph->hnsw.efSearch = s.effort;
    plain_built_s = seconds([&] { graph->add(s.count, all.data()); });
  }
  const faiss::Index& plain = graph ? static_cast<faiss::Index&>(*graph) : flat;

  std::vector<std::vector<int64_t>> truth, ours, theirs;
  std::vector<double> our_ms, their_ms, ratios;
  for (int q = 0; q < s.queries; ++q) {
    const float* at = &queries[static_cast<size_t>(q) * kWidth];
    std::vector<float> scores(kNearest);
    std::vector<faiss::Index::idx_t> ids(kNearest);
    flat.search(1, at, kNearest, scores.data(), ids.data());
    truth.emplace_back(ids.begin(), ids.end());
    IndexQuery query;
    query.parts = {{std::vector<float>(at, at + kWidth), 1.0}};
    query.k = kNearest;
    std::vector<IndexMatch> matches;
    our_ms.push_back(1e3 * seconds([&] { matches = index->search(query); }));
    their_ms.push_back(1e3 * seconds([&] { plain.search(1, at, kNearest, scores.data(), ids.data()); }));
    theirs.emplace_back(ids.begin(), ids.end());
    ratios.push_back(our_ms.back() / their_ms.back());
    ours.emplace_back();
    for (const IndexMatch& m : matches) ours.back().push_back(std::stoll(m.id));
  }
  const IndexStats stats = index->stats();
  const OrderedJson result{{"vectors", s.count},
                           {"type", stats.type},
                           {"storage", stats.storage},
                           {"effort", s.effort},
                           {"built_s", built_s},
                           {"open_s", open_s},
                           {"plain_built_s", plain_built_s},
                           {"recall_at_10", recall(truth, ours)},
                           {"plain_recall_at_10", recall(truth, theirs)},
                           {"median_ms", median(our_ms)},
                           {"plain_median_ms", median(their_ms)},
                           {"ratio", median(ratios)},
                           {"index_memory_mb", static_cast<double>(stats.memory_bytes) / 1e6},
                           {"resident_mb", after_mb - before_mb},
                           {"disk_mb", static_cast<double>(stats.disk_bytes) / 1e6}};
  std::cout << result.dump(2) << "\n";
}
