#pragma once
// A set of items with vectors that is searched while it changes: one interface over a folder (FAISS and SQLite) and
// over PostgreSQL with pgvector.

#include "sensorium/base/json.h"
#include "sensorium/index/index_options.h"
#include "sensorium/index/score_calibration.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sensorium {

/// One vector of an item. `kind` says what it is of: "picture", "caption", "sound", ... Any length but zero: only its
/// direction counts.
struct IndexVector {
  std::string kind;
  std::vector<float> values;
};

/// What is found: an id of 1 to 1024 bytes, a JSON object, and at least one vector. By convention the metadata's "path"
/// is a file and "caption" a text.
struct IndexItem {
  std::string id;
  Json metadata = Json::object();
  std::vector<IndexVector> vectors;
};

/// The nearest items to a weighted sum of directions.
struct IndexQuery {
  std::vector<std::pair<std::vector<float>, double>> parts = {};  // vector, weight; each vector counts with length 1
  int k = 10;
  std::vector<std::string> kinds = {};  // vectors looked at; none: all
  Json filter = {};                     // see MetadataFilter; null: all items
  /// What a match must reach. None: the cut-off that calibration learnt, where there is one. Above 0 it needs a
  /// calibration of `modality`.
  std::optional<double> min_probability = {};
  std::string modality = "text";  // what the query is of, for its calibration: "text", "picture", ...
};

struct IndexMatch {
  std::string id;
  std::string kind;                   // of the item's vector that is nearest
  float score = 0;                    // its cosine, exact to float32
  std::optional<double> probability;  // that it is meant, where (modality, kind) is calibrated
  Json metadata;
  /// With everything in it; "probability" is null where there is none.
  OrderedJson to_json() const;
};

struct IndexStats {
  std::string place, type, storage, model_hash;  // `type`: the one in use now, where "auto" chose it
  int64_t width = 0, items = 0, vectors = 0;
  std::vector<std::pair<std::string, int64_t>> kinds;  // vectors of each
  int64_t built = 0;    // vectors that the approximate structure covers; the others are compared one by one
  int64_t removed = 0;  // vectors that are gone and still take memory until compact()
  int64_t memory_bytes = 0, disk_bytes = 0;  // in PostgreSQL the memory is the server's, and not counted
  std::vector<ScoreCalibration> calibrations;
  OrderedJson to_json() const;
};

/// Thread-safe: any number of threads may read while others write. A reader sees the index as it was at one moment and
/// does not wait for a writer (but see the Note in embedded_search.cpp). What a write changed is on disk when it
/// returns, all of it or nothing.
class VectorIndex {
 public:
  virtual ~VectorIndex() = default;

  /// Adds items, each instead of any earlier one with its id; of equal ids in `items` the last counts. Throws
  /// InputError naming the item for vectors of another width, with NaN or infinity or of length 0, for items without id
  /// or vectors, or metadata that is no object; then nothing was added.
  virtual void put(std::span<const IndexItem> items) = 0;
  /// Returns how many of them there were.
  virtual size_t remove(std::span<const std::string> ids) = 0;

  /// At most query.k items, best first, each once, with its nearest vector; of equal scores the one added first comes
  /// first. Throws InputError for vectors of another width and for filters that cannot be read, UsageError for
  /// min_probability without calibration and k outside [1, 10000].
  virtual std::vector<IndexMatch> search(const IndexQuery& query) const = 0;
  /// The same for many at once; exact indexes share the work.
  virtual std::vector<std::vector<IndexMatch>> search_all(std::span<const IndexQuery> queries) const;

  /// The item with its vectors (of length 1), or nothing.
  virtual std::optional<IndexItem> find(const std::string& id) const = 0;
  /// At most `limit` items in ascending order of id (by bytes), from the first after `after`; without their vectors
  /// unless asked for.
  virtual std::vector<IndexItem> list(const std::string& after, size_t limit, bool with_vectors) const = 0;

  virtual IndexStats stats() const = 0;
  /// What was given at creation, `type` as then ("auto").
  virtual const IndexOptions& options() const = 0;
  /// Brings the approximate structure up to date and gives back what removed vectors take, in memory and on disk.
  virtual void compact() = 0;
  /// Keeps these, instead of earlier ones of the same modality and kind.
  virtual void calibrate(std::span<const ScoreCalibration> calibrations) = 0;
};

/// A place as messages name it: an address without its password.
std::string place_name(const std::string& place);

/// A new index in a folder that does not exist or is empty, or in the database of a postgresql:// address (its first
/// schema of the search path; the server must have the extension vector), with the model and the width that `options`
/// name. PostgreSQL takes the types auto, flat and hnsw, and the storage fp32. Throws UsageError for options that do
/// not fit together, InputError where there is an index already, EnvironmentError where it cannot be written.
std::unique_ptr<VectorIndex> create_index(const std::string& place, const IndexOptions& options);

/// Opens an index. `model_hash`, where it is not empty, must be the one that the index was made for: InputError naming
/// both. InputError also for what is no index, or is broken; EnvironmentError where another process has it open.
std::unique_ptr<VectorIndex> open_index(const std::string& place, const std::string& model_hash = "");

}  // namespace sensorium
