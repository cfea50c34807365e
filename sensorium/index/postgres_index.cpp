#include "sensorium/index/postgres_index.h"

#include "sensorium/index/item_check.h"
#include "sensorium/index/postgres_schema.h"

#include <algorithm>
#include <map>

namespace sensorium::index {
namespace {

constexpr size_t kTogether = 1000;  // items a statement

/// The keys of the items, which are there afterwards with their new metadata. In the order of ids: see the Note.
std::map<std::string_view, int64_t> put_items(PostgresSession& session, std::span<const IndexItem> items) {
  std::map<std::string_view, const IndexItem*> by_id;
  for (const IndexItem& item : items) by_id[item.id] = &item;
  std::map<std::string_view, int64_t> keys;
  auto at = by_id.begin();
  while (at != by_id.end()) {
    Json some = Json::array();
    for (; at != by_id.end() && some.size() < kTogether; ++at)
      some.push_back({{"id", at->second->id}, {"metadata", at->second->metadata}});
    SqlValues values;
    const std::string given = values.add(some.dump());
    const PostgresRows rows = session.run(
        "INSERT INTO sensorium_items (id, metadata) SELECT r->>'id', r->'metadata' FROM jsonb_array_elements(" + given +
            "::jsonb) r ORDER BY (r->>'id') COLLATE \"C\" "
            "ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata RETURNING id, key",
        values);
    for (size_t i = 0; i < rows.count(); ++i) keys[by_id.find(rows.text(i, 0))->first] = rows.integer(i, 1);
  }
  return keys;
}

void put_vectors(PostgresSession& session, std::span<const IndexItem> items,
                 const std::map<std::string_view, int64_t>& keys) {
  std::vector<int64_t> replaced;
  CopyRows rows;
  for (const IndexItem& item : items) {
    const int64_t key = keys.at(item.id);
    replaced.push_back(key);
    for (const IndexVector& vector : item.vectors) {
      rows.begin_row(3);
      rows.add(key);
      rows.add(std::string_view(vector.kind));
      rows.add(std::span<const float>(vector.values));
    }
  }
  SqlValues values;
  const std::string these = values.add(fmt::format("{{{}}}", fmt::join(replaced, ",")));
  session.run("DELETE FROM sensorium_vectors WHERE item = ANY(" + these + "::bigint[])", values);
  session.copy_in("COPY sensorium_vectors (item, kind, data) FROM STDIN WITH (FORMAT binary)", rows.finished());
}

/// Items of a statement's rows (id, metadata, kind, vector), which stand together.
std::vector<IndexItem> items_of(const PostgresRows& rows, const std::string& place) {
  std::vector<IndexItem> items;
  for (size_t i = 0; i < rows.count(); ++i) {
    if (items.empty() || items.back().id != rows.text(i, 0))
      items.push_back({rows.text(i, 0), parse_json(rows.text(i, 1), place), {}});
    if (!rows.is_null(i, 2)) items.back().vectors.push_back({rows.text(i, 2), rows.vector(i, 3)});
  }
  return items;
}

}  // namespace

void PostgresIndex::create(const std::string& address, const IndexOptions& options) {
  check_options(options);
  PostgresSession session(address);
  create_schema(session, options);
}

PostgresIndex::PostgresIndex(const std::string& address) : pool_(address), place_(postgres_name(address)) {
  pool_.use([&](PostgresSession& session) {
    options_ = read_options(session);
    migrate(session, postgres_migrations());
  });
}

void PostgresIndex::put(std::span<const IndexItem> items) {
  const std::vector<IndexItem> checked = checked_items(items, options_.width);
  if (checked.empty()) return;
  pool_.use([&](PostgresSession& session) {
    PostgresTransaction transaction(session);
    put_vectors(session, checked, put_items(session, checked));
    transaction.commit();
  });
}

size_t PostgresIndex::remove(std::span<const std::string> ids) {
  size_t removed = 0;
  pool_.use([&](PostgresSession& session) {
    SqlValues values;
    const std::string these = values.add(Json(std::vector<std::string>(ids.begin(), ids.end())).dump());
    removed = session
                  .run(
                      "DELETE FROM sensorium_items WHERE key IN (SELECT key FROM sensorium_items WHERE id IN "
                      "(SELECT jsonb_array_elements_text(" +
                          these + "::jsonb)) ORDER BY id FOR UPDATE)",
                      values)
                  .changed();
  });
  return removed;
}

std::optional<IndexItem> PostgresIndex::find(const std::string& id) const {
  std::vector<IndexItem> items;
  pool_.use([&](PostgresSession& session) {
    SqlValues values;
    const std::string wanted = values.add(id);
    items = items_of(session.run("SELECT i.id, i.metadata::text, v.kind, v.data FROM sensorium_items i "
                                 "LEFT JOIN sensorium_vectors v ON v.item = i.key WHERE i.id = " +
                                     wanted + " ORDER BY v.slot",
                                 values),
                     place_);
  });
  if (items.empty()) return std::nullopt;
  return std::move(items.front());
}

std::vector<IndexItem> PostgresIndex::list(const std::string& after, size_t limit, bool with_vectors) const {
  std::vector<IndexItem> items;
  pool_.use([&](PostgresSession& session) {
    SqlValues values;
    const std::string from = values.add(after), most = values.add(static_cast<int64_t>(limit));
    items = items_of(session.run("SELECT i.id, i.metadata::text, v.kind, v.data FROM "
                                 "(SELECT * FROM sensorium_items WHERE id > " +
                                     from + " ORDER BY id LIMIT " + most +
                                     ") i LEFT JOIN sensorium_vectors v ON v.item = i.key AND " +
                                     (with_vectors ? "true" : "false") + " ORDER BY i.id, v.slot",
                                 values),
                     place_);
  });
  return items;
}

IndexStats PostgresIndex::stats() const {
  IndexStats s;
  s.place = place_;
  s.storage = options_.storage;
  s.model_hash = options_.model_hash;
  s.width = options_.width;
  pool_.use([&](PostgresSession& session) {
    Standing now = standing(session);
    s.type = now.exact ? "flat" : "hnsw";
    s.calibrations = std::move(now.calibrations);
    const PostgresRows kinds =
        session.run("SELECT kind, count(*) FROM sensorium_vectors GROUP BY kind ORDER BY min(slot)");
    s.kinds.clear();
    s.vectors = 0;
    for (size_t i = 0; i < kinds.count(); ++i) {
      s.kinds.emplace_back(kinds.text(i, 0), kinds.integer(i, 1));
      s.vectors += kinds.integer(i, 1);
    }
    const PostgresRows sizes = session.run(
        "SELECT (SELECT count(*) FROM sensorium_items), pg_total_relation_size('sensorium_items') + "
        "pg_total_relation_size('sensorium_vectors')");
    s.items = sizes.integer(0, 0);
    s.disk_bytes = sizes.integer(0, 1);
    s.built = now.exact ? 0 : s.vectors;
  });
  return s;
}

void PostgresIndex::compact() {
  pool_.use([&](PostgresSession& session) { session.run("VACUUM (ANALYZE) sensorium_items, sensorium_vectors"); });
}

void PostgresIndex::calibrate(std::span<const ScoreCalibration> calibrations) {
  pool_.use([&](PostgresSession& session) {
    PostgresTransaction transaction(session);
    for (const ScoreCalibration& c : calibrations) {
      SqlValues values;
      const std::string modality = values.add(c.modality), kind = values.add(c.kind),
                        value = values.add(to_json(c).dump());
      session.run("INSERT INTO sensorium_calibrations (modality, kind, value) VALUES (" + modality + ", " + kind +
                      ", " + value + "::jsonb) ON CONFLICT (modality, kind) DO UPDATE SET value = excluded.value",
                  values);
    }
    transaction.commit();
  });
}

}  // namespace sensorium::index
