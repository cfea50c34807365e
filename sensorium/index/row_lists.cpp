// Inverted lists: rows by their nearest centroid, which FAISS's k-means finds; a search compares the rows of the
// nearest lists.

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/index/row_structure.h"

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sensorium::index {
namespace {

/// k-means sees at most so many rows a list.
constexpr size_t kTrainingRows = 64;
constexpr int kIterations = 10;

size_t lists_for(size_t rows) {
  return std::max<size_t>(1, static_cast<size_t>(4 * std::sqrt(static_cast<double>(rows))));
}

class RowLists : public RowStructure {
 public:
  explicit RowLists(const IndexOptions& options) : codec_(make_fp32_codec(options.width)) {}
  std::string name() const override { return "ivf"; }
  size_t covered() const override { return covered_; }

  void search(const RowSearch& search, TopCandidates& top) const override {
    if (covered_ == 0) return;
    const auto near = codec_->scorer(search.direction);
    const size_t wanted = search.effort > 0 ? search.effort : std::max<size_t>(8, lists_.size() / 16);
    TopCandidates nearest(std::min(wanted, lists_.size()));
    for (size_t list = 0; list < lists_.size(); ++list) nearest.add({near->score(centroid(list)), list});
    const auto scorer = search.rows.codec->scorer(search.direction);
    for (const Candidate& list : nearest.sorted())
      for (const uint32_t row : lists_[list.row]) {
        const Candidate c{scorer->score(search.rows.row(row)), row};
        if (top.wants(c) && search.accepted(row)) top.add(c);
      }
  }

  std::shared_ptr<const RowStructure> extended(const RowView& rows, int threads) const override {
    auto made = std::make_shared<RowLists>(*this);
    omp_set_num_threads(threads > 0 ? threads : available_processors());
    // More rows want more lists: made anew when they have doubled twice.
    if (made->lists_.empty() || lists_for(rows.count) >= 2 * made->lists_.size()) made->find_centroids(rows);
    std::vector<uint32_t> list_of(rows.count - made->covered_);
    parallel_for((list_of.size() + kBlockRows - 1) / kBlockRows, threads, [&](size_t block) {
      const size_t end = std::min(list_of.size(), (block + 1) * kBlockRows);
      for (size_t i = block * kBlockRows; i < end; ++i) list_of[i] = made->nearest_list(rows, made->covered_ + i);
    });
    for (size_t i = 0; i < list_of.size(); ++i)
      made->lists_[list_of[i]].push_back(static_cast<uint32_t>(made->covered_ + i));
    made->covered_ = rows.count;
    return made;
  }

  int64_t memory_bytes() const override {
    return static_cast<int64_t>(centroids_.size() + covered_ * sizeof(uint32_t) + lists_.size() * sizeof(lists_[0]));
  }

  std::string saved() const override {
    std::string out;
    const auto append = [&](const void* data, size_t size) { out.append(static_cast<const char*>(data), size); };
    const uint64_t count = lists_.size();
    append(&count, sizeof count);
    append(centroids_.data(), centroids_.size());
    std::vector<uint32_t> list_of(covered_);
    for (size_t list = 0; list < lists_.size(); ++list)
      for (const uint32_t row : lists_[list]) list_of[row] = static_cast<uint32_t>(list);
    append(list_of.data(), list_of.size() * sizeof(uint32_t));
    return out;
  }

  void restore(const std::string& saved, size_t rows) {
    uint64_t count = 0;
    if (saved.size() >= sizeof count) std::memcpy(&count, saved.data(), sizeof count);
    const size_t row_bytes = codec_->row_bytes();
    if (count == 0 || count > saved.size() / row_bytes ||
        saved.size() != sizeof count + count * row_bytes + rows * sizeof(uint32_t))
      throw InputError("index", "expected lists of {} rows, got {} bytes", rows, saved.size());
    const char* at = saved.data() + sizeof count;
    centroids_.resize(count * row_bytes);
    std::memcpy(centroids_.data(), at, centroids_.size());
    lists_.resize(count);
    for (size_t row = 0; row < rows; ++row) {
      uint32_t list = 0;
      std::memcpy(&list, at + centroids_.size() + row * sizeof list, sizeof list);
      if (list >= count) throw InputError("index", "expected a list below {}, got {}", count, list);
      lists_[list].push_back(static_cast<uint32_t>(row));
    }
    covered_ = rows;
  }

 private:
  const std::byte* centroid(size_t list) const { return centroids_.data() + list * codec_->row_bytes(); }

  uint32_t nearest_list(const RowView& rows, size_t row) const {
    const auto scorer = codec_->scorer(rows.codec->decoded(rows.row(row)));
    Candidate best{scorer->score(centroid(0)), 0};
    for (size_t list = 1; list < lists_.size(); ++list) {
      const Candidate c{scorer->score(centroid(list)), list};
      if (is_better(c, best)) best = c;
    }
    return static_cast<uint32_t>(best.row);
  }

  void find_centroids(const RowView& rows) {
    const size_t count = lists_for(rows.count), padded = codec_->row_bytes() / sizeof(float);
    const size_t sample = std::min(rows.count, count * kTrainingRows);
    std::vector<float> vectors;
    vectors.reserve(sample * padded);
    for (size_t i = 0; i < sample; ++i) {
      std::vector<float> vector = rows.codec->decoded(rows.row(i * rows.count / sample));
      vector.resize(padded);
      vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    faiss::ClusteringParameters how;
    how.niter = kIterations;
    how.spherical = true;
    how.min_points_per_centroid = 1;
    how.max_points_per_centroid = kTrainingRows;
    faiss::Clustering clustering(static_cast<int>(padded), static_cast<int>(count), how);
    faiss::IndexFlatIP assigner(static_cast<faiss::Index::idx_t>(padded));
    clustering.train(static_cast<faiss::Index::idx_t>(sample), vectors.data(), assigner);
    centroids_.resize(count * codec_->row_bytes());
    std::memcpy(centroids_.data(), clustering.centroids.data(), centroids_.size());
    lists_.assign(count, {});
    covered_ = 0;
  }

  std::shared_ptr<const RowCodec> codec_;  // of centroids
  std::vector<std::byte> centroids_;
  std::vector<std::vector<uint32_t>> lists_;
  size_t covered_ = 0;
};

}  // namespace

std::shared_ptr<const RowStructure> empty_lists(const IndexOptions& options) {
  return std::make_shared<RowLists>(options);
}

std::shared_ptr<const RowStructure> read_lists(const IndexOptions& options, const std::string& saved, size_t rows) {
  auto lists = std::make_shared<RowLists>(options);
  lists->restore(saved, rows);
  return lists;
}

}  // namespace sensorium::index
