// Searching a PostgresIndex.
//
// Note: graphs and conditions. pgvector applies conditions to what its graph found, at most hnsw.ef_search vectors.
// Those that remain are the nearest of all that hold the conditions, as long as there are enough; where there are not,
// all vectors are compared.

#include "sensorium/index/item_check.h"
#include "sensorium/index/postgres_filter.h"
#include "sensorium/index/postgres_index.h"
#include "sensorium/index/postgres_schema.h"

#include <algorithm>
#include <unordered_set>

namespace sensorium::index {
namespace {

constexpr size_t kLargestEffort = 1000, kDefaultEffort = 128;  // of hnsw.ef_search

/// Vectors as they come from the server.
struct Near {
  int64_t slot = 0;
  std::string metadata;
  IndexMatch match;
};

/// At most `limit` vectors, best first.
std::vector<Near> nearest(PostgresSession& session, const IndexQuery& query, std::span<const float> direction,
                          size_t limit, bool exact) {
  SqlValues values;
  const std::string distance = "data <#> " + values.add(direction);
  std::string where = "true";
  if (!query.kinds.empty())
    where += " AND kind IN (SELECT jsonb_array_elements_text(" + values.add(Json(query.kinds).dump()) + "::jsonb))";
  const MetadataFilter filter(query.filter);
  if (!filter.takes_all())
    where += " AND item IN (SELECT key FROM sensorium_items WHERE " + sql_condition(filter, values) + ")";
  // The graph gives rows in the order of the distance itself, and of nothing that is made from it.
  const std::string order = exact ? "(" + distance + ") + 0, slot" : distance;
  const PostgresRows rows = session.run(
      fmt::format(
          "SELECT n.slot, n.kind, -n.distance, i.id, i.metadata::text FROM (SELECT slot, item, kind, {} AS distance "
          "FROM sensorium_vectors WHERE {} ORDER BY {} LIMIT {}) n JOIN sensorium_items i ON i.key = n.item",
          distance, where, order, limit),
      values);
  std::vector<Near> found;
  for (size_t i = 0; i < rows.count(); ++i)
    found.push_back({rows.integer(i, 0),
                     rows.text(i, 4),
                     {rows.text(i, 3), rows.text(i, 1), static_cast<float>(rows.real(i, 2)), {}, {}}});
  std::sort(found.begin(), found.end(), [](const Near& a, const Near& b) {
    return a.match.score > b.match.score || (a.match.score == b.match.score && a.slot < b.slot);
  });
  return found;
}

size_t items_in(const std::vector<Near>& found) {
  std::unordered_set<std::string_view> ids;
  for (const Near& n : found) ids.insert(n.match.id);
  return ids.size();
}

}  // namespace

PostgresIndex::Standing PostgresIndex::standing(PostgresSession& session) const {
  // The server's own estimate of the number of vectors; -1 before its first.
  const PostgresRows rows = session.run(
      "SELECT c.reltuples::float8, k.value::text FROM pg_class c LEFT JOIN sensorium_calibrations k ON true "
      "WHERE c.oid = 'sensorium_vectors'::regclass ORDER BY k.modality, k.kind");
  Standing now;
  now.exact = !wants_graph(options_) || (options_.type == "auto" && rows.real(0, 0) < static_cast<double>(kExactLimit));
  for (size_t i = 0; i < rows.count(); ++i)
    if (!rows.is_null(i, 1))
      now.calibrations.push_back(calibration_from_json(parse_json(rows.text(i, 1), place_), place_));
  return now;
}

std::vector<IndexMatch> PostgresIndex::search(const IndexQuery& query) const {
  const std::vector<float> direction = query_direction(query, options_.width);
  const auto k = static_cast<size_t>(query.k);
  std::vector<Near> found;
  std::optional<MatchJudge> judge;
  pool_.use([&](PostgresSession& session) {
    const Standing now = standing(session);
    judge.emplace(query, now.calibrations);
    size_t limit = k + 8;
    for (bool exact = now.exact;; limit *= 4) {  // vectors of the same items may fill the list
      exact |= limit > kLargestEffort;
      if (!exact) {
        const bool conditions = !query.kinds.empty() || !query.filter.is_null();
        const size_t effort = options_.effort > 0 ? static_cast<size_t>(options_.effort) : kDefaultEffort;
        session.set("hnsw.ef_search",
                    std::to_string(conditions ? kLargestEffort : std::clamp(effort, limit, kLargestEffort)));
      }
      found = nearest(session, query, direction, limit, exact);
      if (items_in(found) >= k || (exact && found.size() < limit)) return;
      exact |= found.size() < limit;
    }
  });
  std::vector<IndexMatch> matches;
  std::unordered_set<std::string> seen;
  for (Near& n : found) {
    if (seen.size() == k) break;
    if (!seen.insert(n.match.id).second || !judge->takes(n.match)) continue;
    n.match.metadata = parse_json(n.metadata, place_);
    matches.push_back(std::move(n.match));
  }
  return matches;
}

}  // namespace sensorium::index
