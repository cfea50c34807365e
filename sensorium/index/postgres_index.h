#pragma once
// Inside the room: an index in PostgreSQL with pgvector, which any number of processes may have open.
//
// Note: who waits for whom. The server answers each search from one snapshot. Writers of the same items wait for each
// other in the order of ids, so none waits in a circle; others do not wait.

#include "sensorium/index/postgres.h"
#include "sensorium/index/vector_index.h"

namespace sensorium::index {

class PostgresIndex : public VectorIndex {
 public:
  static void create(const std::string& address, const IndexOptions& options);
  explicit PostgresIndex(const std::string& address);

  void put(std::span<const IndexItem> items) override;
  size_t remove(std::span<const std::string> ids) override;
  std::vector<IndexMatch> search(const IndexQuery& query) const override;
  std::optional<IndexItem> find(const std::string& id) const override;
  std::vector<IndexItem> list(const std::string& after, size_t limit, bool with_vectors) const override;
  IndexStats stats() const override;
  const IndexOptions& options() const override { return options_; }
  void compact() override;
  void calibrate(std::span<const ScoreCalibration> calibrations) override;

 private:
  /// What a search has to know besides its query.
  struct Standing {
    bool exact = true;  // all vectors are compared
    std::vector<ScoreCalibration> calibrations;
  };
  Standing standing(PostgresSession& session) const;
  mutable PostgresPool pool_;
  std::string place_;
  IndexOptions options_;
};

}  // namespace sensorium::index
