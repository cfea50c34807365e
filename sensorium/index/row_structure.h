#pragma once
// Inside the room: what finds near rows without comparing all of them.

#include "sensorium/index/candidates.h"

namespace sensorium::index {

/// What a structure does for one query.
struct RowSearch {
  const RowView& rows;
  const AcceptedRows& accepted;
  const std::vector<float>& direction;
  size_t effort = 0;  // hnsw: candidates kept; ivf: lists looked at; 0: by the number of rows
};

/// Covers the rows [0, covered()) of one RowStore. Never changes; thread-safe.
class RowStructure {
 public:
  virtual ~RowStructure() = default;
  virtual std::string name() const = 0;
  virtual size_t covered() const = 0;
  /// Offers near accepted rows to `top`.
  virtual void search(const RowSearch& search, TopCandidates& top) const = 0;
  /// The same with the rows up to rows.count, on `threads` threads (0: all). Takes long; the order of links may depend
  /// on the threads.
  virtual std::shared_ptr<const RowStructure> extended(const RowView& rows, int threads) const = 0;
  virtual int64_t memory_bytes() const = 0;
  /// Everything but the rows, for a derived file.
  virtual std::string saved() const = 0;
};

/// Of no rows yet. `type` is "hnsw" or "ivf".
std::shared_ptr<const RowStructure> empty_structure(const std::string& type, const IndexOptions& options);
/// From saved(), covering `rows` rows. Throws InputError for bytes that are none.
std::shared_ptr<const RowStructure> read_structure(const std::string& type, const IndexOptions& options,
                                                   const std::string& saved, size_t rows);

std::shared_ptr<const RowStructure> empty_graph(const IndexOptions& options);
std::shared_ptr<const RowStructure> read_graph(const IndexOptions& options, const std::string& saved, size_t rows);
std::shared_ptr<const RowStructure> empty_lists(const IndexOptions& options);
std::shared_ptr<const RowStructure> read_lists(const IndexOptions& options, const std::string& saved, size_t rows);

}  // namespace sensorium::index
