#include "sensorium/index/vector_index.h"

#include "sensorium/index/embedded_index.h"
#include "sensorium/index/item_check.h"
#include "sensorium/index/postgres_index.h"

namespace sensorium {

std::vector<std::vector<IndexMatch>> VectorIndex::search_all(std::span<const IndexQuery> queries) const {
  std::vector<std::vector<IndexMatch>> all;
  for (const IndexQuery& query : queries) all.push_back(search(query));
  return all;
}

std::string place_name(const std::string& place) {
  return index::is_postgres_address(place) ? index::postgres_name(place) : place;
}

std::unique_ptr<VectorIndex> create_index(const std::string& place, const IndexOptions& options) {
  if (index::is_postgres_address(place))
    index::PostgresIndex::create(place, options);
  else
    index::EmbeddedIndex::create(place, options);
  return open_index(place, options.model_hash);
}

std::unique_ptr<VectorIndex> open_index(const std::string& place, const std::string& model_hash) {
  std::unique_ptr<VectorIndex> opened;
  if (index::is_postgres_address(place))
    opened = std::make_unique<index::PostgresIndex>(place);
  else
    opened = std::make_unique<index::EmbeddedIndex>(place);
  index::check_model(place_name(place), opened->options().model_hash, model_hash);
  return opened;
}

OrderedJson IndexMatch::to_json() const {
  return {{"id", id},
          {"kind", kind},
          {"score", score},
          {"probability", probability ? OrderedJson(*probability) : OrderedJson(nullptr)},
          {"metadata", metadata}};
}

OrderedJson IndexStats::to_json() const {
  OrderedJson by_kind = OrderedJson::object(), learnt = OrderedJson::array();
  for (const auto& [kind, count] : kinds) by_kind[kind] = count;
  for (const ScoreCalibration& c : calibrations) learnt.push_back(sensorium::to_json(c));
  return {{"place", place},        {"type", type},       {"storage", storage},           {"model", model_hash},
          {"width", width},        {"items", items},     {"vectors", vectors},           {"kinds", by_kind},
          {"built", built},        {"removed", removed}, {"memory_bytes", memory_bytes}, {"disk_bytes", disk_bytes},
          {"calibrations", learnt}};
}

}  // namespace sensorium
