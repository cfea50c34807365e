#pragma once
// Inside the room: what of a vector stays in memory, and how a query is compared with it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sensorium::index {

/// Compares one query with encoded rows. Larger is nearer. Not thread-safe: one for each search.
class RowScorer {
 public:
  virtual ~RowScorer() = default;
  virtual float score(const std::byte* row) const = 0;
  /// Of four rows anywhere; the same values as score().
  virtual void score_four(const std::byte* const* rows, float* out) const = 0;
  /// Of rows that follow each other; the same values as score().
  virtual void score_rows(const std::byte* rows, size_t count, float* out) const = 0;
};

/// Compares many queries with rows that follow each other; the same values as RowScorer's. Not thread-safe.
class BatchScorer {
 public:
  virtual ~BatchScorer() = default;
  /// out[q * stride + r] for each query and `count` rows.
  virtual void score(const std::byte* rows, size_t count, float* out, size_t stride) const = 0;
};

/// Thread-safe.
class RowCodec {
 public:
  virtual ~RowCodec() = default;
  virtual std::string name() const = 0;  // "fp32", "int8", "pq"
  virtual size_t row_bytes() const = 0;
  /// Whether scores are those of the original vectors.
  virtual bool is_exact() const = 0;
  virtual void encode(std::span<const float> vector, std::byte* row) const = 0;
  /// The scorer keeps what it needs of the query.
  virtual std::unique_ptr<RowScorer> scorer(std::span<const float> query) const = 0;
  /// By default a scorer for each query.
  virtual std::unique_ptr<BatchScorer> batch_scorer(std::span<const std::vector<float>> queries) const;
  /// What can be had back of the vector, `width` values or more with zeros behind.
  virtual std::vector<float> decoded(const std::byte* row) const = 0;
  /// A scorer whose query is an encoded row (for building graphs).
  virtual std::unique_ptr<RowScorer> scorer_of_row(const std::byte* row) const = 0;
  /// Closeness of two encoded rows.
  virtual float between(const std::byte* a, const std::byte* b) const = 0;
  /// What derived files keep of it beside its rows.
  virtual std::string saved() const { return {}; }
  virtual int64_t memory_bytes() const { return 0; }
};

std::shared_ptr<const RowCodec> make_fp32_codec(int64_t width);
/// Round(v * 127 / max |v|) and the factor: a quarter of the memory, no training.
std::shared_ptr<const RowCodec> make_int8_codec(int64_t width);

/// `values` as the rows of fp32 stand: padded with zeros, so that kernels need no tails.
size_t padded_width(int64_t width);

}  // namespace sensorium::index
