#include "sensorium/index/item_check.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace sensorium::index {
namespace {

constexpr int kLargestK = 10000;
constexpr size_t kLargestId = 1024, kLargestKind = 64, kLargestVectors = 10000;

void scale_to_unit(std::span<const double> sum, double squares, std::vector<float>& out) {
  const double factor = 1 / std::sqrt(squares);
  for (size_t i = 0; i < sum.size(); ++i) out[i] = static_cast<float>(sum[i] * factor);
}

void check_text(const IndexItem& item) {
  if (item.id.empty() || item.id.size() > kLargestId || item.id.find('\0') != std::string::npos)
    throw InputError("index", "expected an id of 1 to {} bytes, got {}", kLargestId, item.id.size());
  if (!item.metadata.is_object())
    throw InputError("index", "item \"{}\": expected a JSON object as metadata, got {}", item.id,
                     item.metadata.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
  try {
    (void)Json(item.id).dump();
    (void)item.metadata.dump();
  } catch (const Json::exception&) {
    throw InputError("index", "item \"{}\": expected an id and metadata in UTF-8, got other bytes", item.id);
  }
  if (item.vectors.empty() || item.vectors.size() > kLargestVectors)
    throw InputError("index", "item \"{}\": expected 1 to {} vectors, got {}", item.id, kLargestVectors,
                     item.vectors.size());
}

}  // namespace

std::vector<float> unit_vector(std::span<const float> vector, int64_t width, std::string_view owner) {
  if (vector.size() != static_cast<size_t>(width))
    throw InputError("index", "{}: expected a vector of width {}, got {}", owner, width, vector.size());
  std::vector<double> values(vector.begin(), vector.end());
  double squares = 0;
  for (const double v : values) squares += v * v;
  if (!std::isfinite(squares)) throw InputError("index", "{}: expected finite values, got others", owner);
  if (squares == 0) throw InputError("index", "{}: expected a vector with a direction, got zeros", owner);
  std::vector<float> unit(vector.size());
  scale_to_unit(values, squares, unit);
  return unit;
}

std::vector<IndexItem> checked_items(std::span<const IndexItem> items, int64_t width) {
  std::unordered_map<std::string_view, size_t> last;
  for (size_t i = 0; i < items.size(); ++i) last[items[i].id] = i;
  std::vector<IndexItem> checked;
  for (size_t i = 0; i < items.size(); ++i) {
    const IndexItem& item = items[i];
    check_text(item);
    IndexItem made{item.id, item.metadata, {}};
    for (const IndexVector& vector : item.vectors) {
      if (vector.kind.empty() || vector.kind.size() > kLargestKind)
        throw InputError("index", "item \"{}\": expected a kind of 1 to {} bytes, got {}", item.id, kLargestKind,
                         vector.kind.size());
      made.vectors.push_back({vector.kind, unit_vector(vector.values, width, "item \"" + item.id + "\"")});
    }
    if (last[item.id] == i) checked.push_back(std::move(made));
  }
  return checked;
}

std::vector<float> query_direction(const IndexQuery& query, int64_t width) {
  if (query.k < 1 || query.k > kLargestK)
    throw UsageError("index search", "expected k from 1 to {}, got {}", kLargestK, query.k);
  if (query.parts.empty()) throw UsageError("index search", "expected a vector to search for, got none");
  std::vector<double> sum(static_cast<size_t>(width));
  for (const auto& [vector, weight] : query.parts) {
    if (!std::isfinite(weight)) throw UsageError("index search", "expected finite weights, got {}", weight);
    const std::vector<float> unit = unit_vector(vector, width, "query");
    for (size_t i = 0; i < unit.size(); ++i) sum[i] += weight * static_cast<double>(unit[i]);
  }
  double squares = 0;
  for (const double v : sum) squares += v * v;
  if (!(squares > 1e-12))
    throw UsageError("index search", "expected weighted vectors with a direction, got ones that cancel out");
  std::vector<float> direction(sum.size());
  scale_to_unit(sum, squares, direction);
  return direction;
}

void check_options(const IndexOptions& options) {
  if (options.width < 1) throw UsageError("index create", "expected a width, or a model that has one, got none");
  if (options.storage == "pq" && options.width % 8 != 0)
    throw UsageError("index create", "expected a width that 8 divides with pq, got {}", options.width);
}

void check_model(const std::string& place, const std::string& made_for, const std::string& expected) {
  if (expected.empty() || made_for == expected) return;
  throw InputError("index", "{}: expected an index made for the model {}, got one made for {}", place, expected,
                   made_for.empty() ? "vectors of no named model" : made_for);
}

MatchJudge::MatchJudge(const IndexQuery& query, std::span<const ScoreCalibration> calibrations)
    : least_(query.min_probability) {
  for (const ScoreCalibration& c : calibrations)
    if (c.modality == query.modality) calibrations_.push_back(c);
  if (least_ && *least_ > 0 && calibrations_.empty())
    throw UsageError("index search",
                     "expected an index calibrated for queries of \"{}\" with a least probability, got none",
                     query.modality);
}

bool MatchJudge::takes(IndexMatch& match) const {
  const auto at = std::find_if(calibrations_.begin(), calibrations_.end(),
                               [&](const ScoreCalibration& c) { return c.kind == match.kind; });
  if (at == calibrations_.end()) return !least_ || *least_ <= 0;
  match.probability = at->probability(match.score);
  return *match.probability >= least_.value_or(at->cut_off);
}

}  // namespace sensorium::index
