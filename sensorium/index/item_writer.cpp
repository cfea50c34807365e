#include "sensorium/base/error.h"
#include "sensorium/index/item_checksum.h"
#include "sensorium/index/item_store.h"

#include <algorithm>
#include <random>

namespace sensorium::index {
namespace {

constexpr const char* kFormat = "1";

constexpr const char* kTables = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE items (key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, metadata TEXT NOT NULL,
                    checksum INTEGER NOT NULL);
CREATE TABLE slots (slot INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER NOT NULL, kind INTEGER NOT NULL);
CREATE INDEX slots_of_item ON slots (item);
CREATE TABLE vectors (slot INTEGER PRIMARY KEY, data BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE calibrations (modality TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
                           PRIMARY KEY (modality, kind)) WITHOUT ROWID;
)";

std::string random_identity() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

void set_meta(Database& database, const std::string& name, const std::string& value) {
  Statement s = database.prepare("INSERT INTO meta (name, value) VALUES (?, ?)");
  s.bind(1, name).bind(2, value);
  s.run();
}

std::string meta(Database& database, const std::string& name) {
  Statement s = database.prepare("SELECT value FROM meta WHERE name = ?");
  s.bind(1, name);
  return s.step() ? std::string(s.text(0)) : std::string();
}

/// Removes items one after another, with statements that are prepared once.
class Remover {
 public:
  explicit Remover(Database& database)
      : find_(database.prepare("SELECT key FROM items WHERE id = ?")),
        slots_(database.prepare("SELECT slot FROM slots WHERE item = ?")) {
    for (const char* sql : {"DELETE FROM vectors WHERE slot IN (SELECT slot FROM slots WHERE item = ?)",
                            "DELETE FROM slots WHERE item = ?", "DELETE FROM items WHERE key = ?"})
      deletes_.push_back(database.prepare(sql));
  }

  /// False where there is no such item; else its slots are in `change` too.
  bool remove(const std::string& id, Change& change) {
    find_.bind(1, id);
    const bool found = find_.step();
    const int64_t key = found ? find_.integer(0) : 0;
    find_.reset();
    if (!found) return false;
    slots_.bind(1, key);
    while (slots_.step()) change.removed.push_back(slots_.integer(0));
    slots_.reset();
    for (Statement& s : deletes_) {
      s.bind(1, key);
      s.run();
    }
    return true;
  }

 private:
  Statement find_, slots_;
  std::vector<Statement> deletes_;
};

}  // namespace

void ItemWriter::create(const fs::path& path, const IndexOptions& options) {
  Database database(path, Database::Access::create);
  Transaction transaction(database);
  database.run(kTables);
  IndexOptions kept = options;
  set_meta(database, "format", kFormat);
  set_meta(database, "identity", random_identity());
  set_meta(database, "model", options.model_hash);
  set_meta(database, "options", OptionSet::of(kept).to_json().dump());
  transaction.commit();
}

ItemWriter::ItemWriter(const fs::path& path) : path_(path), database_(path, Database::Access::write) {
  const std::string format = meta(database_, "format");
  if (format != kFormat)
    throw InputError("index", "{}: expected an index of format {}, got {}", path.string(), kFormat, format);
  OptionSet::of(options_).set_json(parse_json(meta(database_, "options"), path.string()), path.string());
  options_.model_hash = meta(database_, "model");
  identity_ = meta(database_, "identity");
  Statement s = database_.prepare("SELECT number, name FROM kinds ORDER BY number");
  while (s.step()) {
    if (s.integer(0) != static_cast<int64_t>(kinds_.size()))
      throw InputError("index", "{}: expected the kind number {}, got {}", path.string(), kinds_.size(), s.integer(0));
    kinds_.emplace_back(s.text(1));
  }
  read_calibrations();
}

void ItemWriter::read_calibrations() {
  Statement s = database_.prepare("SELECT value FROM calibrations ORDER BY modality, kind");
  calibrations_.clear();
  while (s.step())
    calibrations_.push_back(calibration_from_json(parse_json(s.text(0), path_.string()), path_.string()));
}

int32_t ItemWriter::kind_number(const std::string& name) {
  const auto at = std::find(kinds_.begin(), kinds_.end(), name);
  if (at != kinds_.end()) return static_cast<int32_t>(at - kinds_.begin());
  Statement s = database_.prepare("INSERT INTO kinds (number, name) VALUES (?, ?)");
  s.bind(1, static_cast<int64_t>(kinds_.size())).bind(2, name);
  s.run();
  kinds_.push_back(name);
  return static_cast<int32_t>(kinds_.size() - 1);
}

Change ItemWriter::put(std::span<const IndexItem> items) {
  const KindNames kinds_before = kinds_;
  try {
    Change change;
    Transaction transaction(database_);
    Remover remover(database_);
    Statement add_item = database_.prepare("INSERT INTO items (id, metadata, checksum) VALUES (?, ?, ?)");
    Statement add_slot = database_.prepare("INSERT INTO slots (item, kind) VALUES (?, ?)");
    Statement add_vector = database_.prepare("INSERT INTO vectors (slot, data, checksum) VALUES (?, ?, ?)");
    for (const IndexItem& item : items) {
      remover.remove(item.id, change);
      const std::string metadata = item.metadata.dump();
      add_item.bind(1, item.id).bind(2, metadata).bind(3, item_checksum(item.id, metadata));
      add_item.run();
      const int64_t key = database_.last_row();
      for (const IndexVector& vector : item.vectors) {
        const int32_t kind = kind_number(vector.kind);
        add_slot.bind(1, key).bind(2, kind);
        add_slot.run();
        const int64_t slot = database_.last_row();
        const auto bytes = std::as_bytes(std::span(vector.values));
        add_vector.bind(1, slot).bind_bytes(2, bytes).bind(3, vector_checksum(bytes, slot));
        add_vector.run();
        change.added.push_back({slot, key, kind});
      }
    }
    transaction.commit();
    std::sort(change.removed.begin(), change.removed.end());
    return change;
  } catch (...) {
    kinds_ = kinds_before;
    throw;
  }
}

Change ItemWriter::remove(std::span<const std::string> ids) {
  Change change;
  Transaction transaction(database_);
  Remover remover(database_);
  for (const std::string& id : ids) change.items += remover.remove(id, change);
  transaction.commit();
  std::sort(change.removed.begin(), change.removed.end());
  return change;
}

void ItemWriter::calibrate(std::span<const ScoreCalibration> calibrations) {
  Transaction transaction(database_);
  Statement s = database_.prepare("INSERT OR REPLACE INTO calibrations (modality, kind, value) VALUES (?, ?, ?)");
  for (const ScoreCalibration& c : calibrations) {
    const std::string value = to_json(c).dump();
    s.bind(1, c.modality).bind(2, c.kind).bind(3, value);
    s.run();
  }
  transaction.commit();
  read_calibrations();
}

void ItemWriter::vacuum() {
  database_.run("VACUUM");
  database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace sensorium::index
