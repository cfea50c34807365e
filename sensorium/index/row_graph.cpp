// FAISS's HNSW graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical
// navigable small world graphs", 2016) over our rows. FAISS builds it, through a storage that compares rows where they
// stand; the search is ours: it passes over rows that are not accepted without losing the way, compares four rows at a
// time, and reads ahead.

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/index/row_structure.h"

#include <faiss/IndexHNSW.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <algorithm>
#include <queue>

namespace sensorium::index {
namespace {

using Node = faiss::HNSW::storage_idx_t;

/// FAISS minimises, so closeness is negative. A query is a row: see RowStorage.
class RowDistance : public faiss::DistanceComputer {
 public:
  RowDistance(const RowView& rows, const float* first_query, size_t first_row)
      : rows_(rows), first_query_(first_query), first_row_(first_row) {}
  void set_query(const float* x) override {
    scorer_ = rows_.codec->scorer_of_row(rows_.row(first_row_ + static_cast<size_t>(x - first_query_)));
  }
  float operator()(idx_t i) override { return -scorer_->score(rows_.row(static_cast<size_t>(i))); }
  float symmetric_dis(idx_t i, idx_t j) override {
    return -rows_.codec->between(rows_.row(static_cast<size_t>(i)), rows_.row(static_cast<size_t>(j)));
  }

 private:
  const RowView& rows_;
  const float* first_query_;
  size_t first_row_;
  std::unique_ptr<RowScorer> scorer_;
};

/// What FAISS takes for vectors of width 1 whose values it never reads: a pointer to one says which row is meant.
struct RowStorage : faiss::Index {
  RowStorage(const RowView& view, size_t count) : faiss::Index(1), rows(view) { ntotal = static_cast<idx_t>(count); }
  void add(idx_t n, const float* x) override {
    first_query = x;
    first_row = static_cast<size_t>(ntotal);
    ntotal += n;
  }
  void search(idx_t, const float*, idx_t, float*, idx_t*, const faiss::SearchParameters*) const override {
    SENSORIUM_ASSERT(!"searched by RowGraph");
  }
  void reset() override { ntotal = 0; }
  faiss::DistanceComputer* get_distance_computer() const override {
    return new RowDistance(rows, first_query, first_row);
  }
  const RowView& rows;
  const float* first_query = nullptr;
  size_t first_row = 0;
};

/// Which rows a search has seen. One a thread, cleared by counting on.
class Visited {
 public:
  void start(size_t rows) {
    if (marks_.size() < rows) marks_.assign(rows + rows / 8, 0), now_ = 0;
    if (++now_ == 0) {
      std::fill(marks_.begin(), marks_.end(), 0);
      now_ = 1;
    }
  }
  bool first_visit(size_t row) { return marks_[row] != now_ && (marks_[row] = now_, true); }

 private:
  std::vector<uint8_t> marks_;
  uint8_t now_ = 0;
};

/// One query going through the graph.
class Walk {
 public:
  Walk(const faiss::HNSW& graph, const RowSearch& search)
      : graph_(graph), search_(search), scorer_(search.rows.codec->scorer(search.direction)) {}

  /// The nearest row of the upper levels, step by step.
  Candidate descend() const {
    auto at = static_cast<size_t>(graph_.entry_point);
    Candidate best{scorer_->score(search_.rows.row(at)), at};
    for (int level = graph_.max_level; level > 0; --level)
      for (bool closer = true; closer;) {
        closer = false;
        size_t begin = 0, end = 0;
        graph_.neighbor_range(static_cast<faiss::HNSW::idx_t>(best.row), level, &begin, &end);
        for (size_t i = begin; i < end && graph_.neighbors[i] >= 0; ++i) {
          const auto row = static_cast<size_t>(graph_.neighbors[i]);
          const Candidate c{scorer_->score(search_.rows.row(row)), row};
          if (is_better(c, best)) best = c, closer = true;
        }
      }
    return best;
  }

  /// The lowest level, keeping the `effort` best accepted rows.
  void spread(const Candidate& start, size_t effort, TopCandidates& top) {
    thread_local Visited visited;
    visited.start(graph_.levels.size());
    TopCandidates kept(effort);
    visited.first_visit(start.row);
    reach(start, kept);
    while (!open_.empty()) {
      const Candidate next = open_.top();
      if (!kept.wants(next)) break;
      open_.pop();
      size_t begin = 0, end = 0;
      graph_.neighbor_range(static_cast<faiss::HNSW::idx_t>(next.row), 0, &begin, &end);
      size_t fresh = 0;
      for (size_t i = begin; i < end && graph_.neighbors[i] >= 0; ++i) {
        const auto row = static_cast<size_t>(graph_.neighbors[i]);
        if (!visited.first_visit(row)) continue;
        rows_[fresh++] = row;
        read_ahead(row);
        if (fresh == kMost) reach_all(fresh, kept), fresh = 0;
      }
      reach_all(fresh, kept);
    }
    for (const Candidate& c : kept.sorted()) top.add(c);
  }

 private:
  static constexpr size_t kMost = 64;
  static constexpr size_t kLine = 64, kLinesAhead = 4;

  void read_ahead(size_t row) const {
    const std::byte* at = search_.rows.row(row);
    for (size_t line = 0; line < kLinesAhead; ++line) __builtin_prefetch(at + line * kLine);
  }

  void reach_all(size_t count, TopCandidates& kept) {
    float scores[4];
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const std::byte* four[4];
      for (size_t j = 0; j < 4; ++j) four[j] = search_.rows.row(rows_[i + j]);
      scorer_->score_four(four, scores);
      for (size_t j = 0; j < 4; ++j) reach({scores[j], rows_[i + j]}, kept);
    }
    for (; i < count; ++i) reach({scorer_->score(search_.rows.row(rows_[i])), rows_[i]}, kept);
  }

  void reach(const Candidate& c, TopCandidates& kept) {
    if (!kept.wants(c)) return;
    open_.push(c);
    if (search_.accepted(c.row)) kept.add(c);
  }

  struct Worse {
    bool operator()(const Candidate& a, const Candidate& b) const { return is_better(b, a); }
  };
  const faiss::HNSW& graph_;
  const RowSearch& search_;
  std::unique_ptr<RowScorer> scorer_;
  std::priority_queue<Candidate, std::vector<Candidate>, Worse> open_;
  size_t rows_[kMost] = {};
};

/// Candidates kept where the caller does not say: enough for 95 % of the ten nearest of embeddings.
size_t default_effort(size_t rows) {
  return rows < 200'000 ? 96 : 128;
}

class RowGraph : public RowStructure {
 public:
  RowGraph(faiss::HNSW graph, const IndexOptions& options)
      : graph_(std::move(graph)), neighbours_(options.neighbours) {}
  std::string name() const override { return "hnsw"; }
  size_t covered() const override { return graph_.levels.size(); }

  void search(const RowSearch& search, TopCandidates& top) const override {
    if (covered() == 0) return;
    Walk walk(graph_, search);
    const size_t effort = std::max(search.effort > 0 ? search.effort : default_effort(covered()), top.limit());
    walk.spread(walk.descend(), effort, top);
  }

  std::shared_ptr<const RowStructure> extended(const RowView& rows, int threads) const override {
    RowStorage storage(rows, covered());
    faiss::IndexHNSW index(&storage, neighbours_);
    index.hnsw = graph_;
    index.ntotal = storage.ntotal;
    omp_set_num_threads(threads > 0 ? threads : available_processors());
    const std::vector<float> names(rows.count - covered());
    if (!names.empty()) index.add(static_cast<faiss::Index::idx_t>(names.size()), names.data());
    auto made = std::make_shared<RowGraph>(*this);
    made->graph_ = std::move(index.hnsw);
    return made;
  }

  int64_t memory_bytes() const override {
    return static_cast<int64_t>(graph_.neighbors.size() * sizeof(Node) + graph_.offsets.size() * sizeof(size_t) +
                                graph_.levels.size() * sizeof(int));
  }

  std::string saved() const override {
    faiss::IndexHNSWFlat index(1, neighbours_);
    index.hnsw = graph_;
    faiss::VectorIOWriter out;
    faiss::write_index(&index, &out);
    return {reinterpret_cast<const char*>(out.data.data()), out.data.size()};
  }

 private:
  faiss::HNSW graph_;
  int neighbours_;
};

/// Whether every link leads to a row: FAISS trusts its files.
bool is_sound(const faiss::HNSW& graph, size_t rows) {
  if (graph.levels.size() != rows || graph.offsets.size() != rows + 1 || graph.offsets.front() != 0 ||
      graph.offsets.back() != graph.neighbors.size())
    return false;
  if (rows > 0 && (graph.entry_point < 0 || static_cast<size_t>(graph.entry_point) >= rows)) return false;
  const auto levels = static_cast<int>(graph.cum_nneighbor_per_level.size()) - 1;
  if (graph.max_level >= levels) return false;
  for (size_t i = 0; i < rows; ++i) {
    if (graph.levels[i] < 1 || graph.levels[i] > levels) return false;
    if (graph.offsets[i + 1] - graph.offsets[i] !=
        static_cast<size_t>(graph.cum_nneighbor_per_level[static_cast<size_t>(graph.levels[i])]))
      return false;
  }
  return std::all_of(graph.neighbors.begin(), graph.neighbors.end(),
                     [&](Node n) { return n < 0 || static_cast<size_t>(n) < rows; });
}

}  // namespace

std::shared_ptr<const RowStructure> empty_graph(const IndexOptions& options) {
  faiss::HNSW graph(options.neighbours);
  graph.efConstruction = options.build_effort;
  graph.max_level = -1;
  graph.entry_point = -1;
  return std::make_shared<RowGraph>(std::move(graph), options);
}

std::shared_ptr<const RowStructure> read_graph(const IndexOptions& options, const std::string& saved, size_t rows) {
  faiss::VectorIOReader in;
  in.data.assign(saved.begin(), saved.end());
  std::unique_ptr<faiss::Index> index;
  try {
    index.reset(faiss::read_index(&in));
  } catch (const std::exception& e) {
    throw InputError("index", "expected a graph, got: {}", e.what());
  }
  auto* graph = dynamic_cast<faiss::IndexHNSW*>(index.get());
  if (!graph || !is_sound(graph->hnsw, rows))
    throw InputError("index", "expected a graph of {} rows, got another", rows);
  return std::make_shared<RowGraph>(std::move(graph->hnsw), options);
}

}  // namespace sensorium::index
