#pragma once
// Inside the room: an index in a folder. SQLite holds the items, memory the rows that are compared, and a structure
// that finds near rows without comparing all.
//
// Note: who waits for whom. Writers take turns (`writing_`). A write commits to SQLite, then changes the rows, then
// swaps the state. Readers take the state (a pointer, copied under `taking_`) and share nothing else with writers but
// SQLite, whose write-ahead log lets them read beside a writer. The structure is built from a view, without `writing_`;
// only the swap of its result takes a turn.

#include "sensorium/index/derived_file.h"
#include "sensorium/index/folder_lock.h"
#include "sensorium/index/item_filter.h"
#include "sensorium/index/row_structure.h"

#include <condition_variable>
#include <thread>

namespace sensorium::index {

class EmbeddedIndex : public VectorIndex {
 public:
  static void create(const fs::path& folder, const IndexOptions& options);
  explicit EmbeddedIndex(const fs::path& folder);
  ~EmbeddedIndex() override;

  void put(std::span<const IndexItem> items) override;
  size_t remove(std::span<const std::string> ids) override;
  std::vector<IndexMatch> search(const IndexQuery& query) const override;
  std::vector<std::vector<IndexMatch>> search_all(std::span<const IndexQuery> queries) const override;
  std::optional<IndexItem> find(const std::string& id) const override;
  std::vector<IndexItem> list(const std::string& after, size_t limit, bool with_vectors) const override;
  IndexStats stats() const override;
  const IndexOptions& options() const override { return writer_.options(); }
  void compact() override;
  void calibrate(std::span<const ScoreCalibration> calibrations) override;

 private:
  /// What readers see at one moment.
  struct State {
    RowView rows;
    std::shared_ptr<const RowStructure> structure;  // null: all rows are compared
    KindNames kinds;
    std::vector<ScoreCalibration> calibrations;
  };
  std::shared_ptr<const State> state() const;
  void publish();
  void load();
  void load_derived(const Derived& derived);
  void save_derived();
  /// The type that so many rows ask for.
  std::string type_for(size_t rows) const;
  bool wants_building(const State& state) const;
  void build_in_turn();
  void build_when_wanted();
  /// Rows that are there, encoded anew where the codec is to change.
  RowStore kept_rows(const RowView& rows);
  std::shared_ptr<const RowCodec> codec_for(const RowView& rows);
  void apply(const Change& change, std::span<const IndexItem> items);
  IndexItem whole_item(ItemReader& reader, const StoredItem& stored, bool with_vectors) const;
  /// The best rows of each query with enough different items, scored exactly.
  std::vector<std::vector<Candidate>> best_rows(const State& state, std::span<const IndexQuery> queries,
                                                std::span<const std::vector<float>> directions) const;
  void gather(const State& state, std::span<const std::vector<float>> directions,
              std::span<const AcceptedRows> accepted, std::span<TopCandidates> tops) const;
  bool score_exactly(const State& state, std::span<const float> direction, std::vector<Candidate>& rows) const;
  /// False where an item has gone since.
  bool matches_of(const State& state, const IndexQuery& query, std::span<const Candidate> rows,
                  std::vector<IndexMatch>& matches) const;

  fs::path folder_;
  FolderLock lock_;
  ItemWriter writer_;
  mutable ReaderPool readers_;
  mutable ItemFilters filters_;
  RowStore rows_;
  std::shared_ptr<const RowStructure> structure_;
  std::mutex building_;  // one build or compaction at a time; taken before `writing_`
  std::mutex writing_;
  bool unsaved_ = false;  // the structure, or codes, changed since the derived file was written
  mutable std::mutex waking_;
  std::condition_variable wake_;
  bool ending_ = false, woken_ = false;
  mutable std::mutex taking_;
  std::shared_ptr<const State> state_;
  std::thread builder_;
};

}  // namespace sensorium::index
