// The index beside plain FAISS, both called from C++ in one process, query by query in turn: `bench_index FOLDER N TYPE
// STORAGE [QUERIES] [EFFORT]`. What FOLDER lacks is built (our index, and FAISS's graph for hnsw); what it has is
// opened, so that searches can be measured again without building. Vectors are of width 512 with the shape of
// embeddings: 2,000 clusters in 48 dimensions that matter, and noise in all. Prints JSON: building times, recall at 10
// against comparing all, median latencies and their ratio, memory.

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"
#include "sensorium/index/vector_index.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/index_io.h>

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
constexpr unsigned kSpace = 5, kItems = 6, kQueries = 7;  // seeds

class Vectors {
 public:
  explicit Vectors(unsigned seed)
      : rng_(kSpace),
        spread_(static_cast<size_t>(kLatent * kWidth)),
        centres_(static_cast<size_t>(kClusters * kLatent)) {
    for (float& x : spread_) x = normal_(rng_);
    for (float& x : centres_) x = normal_(rng_);
    rng_.seed(seed);
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
  std::vector<float> rows(int64_t count) {
    std::vector<float> all;
    all.reserve(static_cast<size_t>(count * kWidth));
    for (int64_t i = 0; i < count; ++i) {
      const auto v = next();
      all.insert(all.end(), v.begin(), v.end());
    }
    return all;
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
  fs::path folder;
  int64_t count = 0;
  std::string type, storage;
  int queries = 500, effort = 128;
  std::string index() const { return folder / (type + "-" + storage); }
  std::string plain() const { return folder / (type + ".faiss"); }
};

double recall(const std::vector<faiss::Index::idx_t>& truth, const std::vector<faiss::Index::idx_t>& found) {
  size_t same = 0;
  for (size_t first = 0; first < truth.size(); first += kNearest)
    for (size_t i = first; i < first + kNearest; ++i)
      same += std::count(&found[first], &found[first] + kNearest, truth[i]) > 0;
  return static_cast<double>(same) / static_cast<double>(truth.size());
}

void build_index(const Setting& s, const std::vector<float>& all) {
  IndexOptions options;
  options.width = kWidth;
  options.type = s.type;
  options.storage = s.storage;
  options.effort = s.effort;
  const auto index = create_index(s.index(), options);
  constexpr int64_t kTogether = 10000;
  for (int64_t first = 0; first < s.count; first += kTogether) {
    std::vector<IndexItem> items;
    for (int64_t i = first; i < std::min(s.count, first + kTogether); ++i)
      items.push_back(
          {std::to_string(i),
           {{"n", i}},
           {{"picture", {&all[static_cast<size_t>(i * kWidth)], &all[static_cast<size_t>(i * kWidth)] + kWidth}}}});
    index->put(items);
  }
  index->compact();
}

void build_plain(const Setting& s, const std::vector<float>& all) {
  std::unique_ptr<faiss::Index> plain;
  if (s.type == "hnsw") {
    auto graph = std::make_unique<faiss::IndexHNSWFlat>(static_cast<int>(kWidth), IndexOptions().neighbours,
                                                        faiss::METRIC_INNER_PRODUCT);
    graph->hnsw.efConstruction = IndexOptions().build_effort;
    plain = std::move(graph);
  } else {
    plain = std::make_unique<faiss::IndexFlatIP>(kWidth);
  }
  plain->add(s.count, all.data());
  faiss::write_index(plain.get(), s.plain().c_str());
}

/// Builds what is not there; seconds of each that was.
OrderedJson build_missing(const Setting& s) {
  const bool ours = !fs::exists(s.index()), theirs = !fs::exists(s.plain());
  OrderedJson built = OrderedJson::object();
  if (!ours && !theirs) return built;
  fs::create_directories(s.folder);
  const std::vector<float> all = Vectors(kItems).rows(s.count);
  if (ours) built["index_s"] = seconds([&] { build_index(s, all); });
  if (theirs) built["plain_s"] = seconds([&] { build_plain(s, all); });
  return built;
}

}  // namespace

int main(int argc, char** argv) {
  SENSORIUM_ASSERT(argc >= 5);
  Setting s{argv[1], std::stoll(argv[2]), argv[3], argv[4]};
  if (argc > 5) s.queries = std::stoi(argv[5]);
  if (argc > 6) s.effort = std::stoi(argv[6]);
  const OrderedJson built = build_missing(s);
  if (s.queries == 0) {
    std::cout << built.dump(2) << "\n";
    return 0;
  }
  std::unique_ptr<VectorIndex> index;
  const double before_mb = resident_mb();
  const double open_s = seconds([&] { index = open_index(s.index()); });
  const double after_mb = resident_mb();

  const std::unique_ptr<faiss::Index> plain(faiss::read_index(s.plain().c_str()));
  const faiss::Index* all = plain.get();
  if (auto* graph = dynamic_cast<faiss::IndexHNSW*>(plain.get())) {
    graph->hnsw.efSearch = s.effort;
    all = graph->storage;
  }
  const std::vector<float> queries = Vectors(kQueries).rows(s.queries);
  const size_t results = static_cast<size_t>(s.queries) * kNearest;
  std::vector<float> scores(results);
  std::vector<faiss::Index::idx_t> truth(results), theirs(results), ours;
  all->search(s.queries, queries.data(), kNearest, scores.data(), truth.data());

  std::vector<double> our_ms, their_ms, ratios;
  for (int q = 0; q < s.queries; ++q) {
    const float* at = &queries[static_cast<size_t>(q) * kWidth];
    const size_t first = static_cast<size_t>(q) * kNearest;
    IndexQuery query;
    query.parts = {{std::vector<float>(at, at + kWidth), 1.0}};
    query.k = kNearest;
    std::vector<IndexMatch> matches;
    our_ms.push_back(1e3 * seconds([&] { matches = index->search(query); }));
    their_ms.push_back(1e3 * seconds([&] { plain->search(1, at, kNearest, &scores[first], &theirs[first]); }));
    ratios.push_back(our_ms.back() / their_ms.back());
    for (const IndexMatch& m : matches) ours.push_back(std::stoll(m.id));
    SENSORIUM_ASSERT(ours.size() == first + kNearest);
  }
  const IndexStats stats = index->stats();
  const OrderedJson result{{"vectors", s.count},
                           {"type", stats.type},
                           {"storage", stats.storage},
                           {"effort", s.effort},
                           {"built", built},
                           {"open_s", open_s},
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
