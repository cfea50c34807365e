#include "sensorium/data/statistics.h"

namespace sensorium {

void DataStatistics::Counts::add(const Record& record) {
  ++records;
  captions += record.captions.size();
  for (const Audio& a : record.audio) ++audio[a.kind];
  ++splits[record.split];
}

OrderedJson DataStatistics::Counts::to_json() const {
  return {{"records", records}, {"captions", captions}, {"audio", audio}, {"splits", splits}};
}

void DataStatistics::add(const Record& record) {
  all_.add(record);
  sources_[record.source].add(record);
  for (const Caption& c : record.captions) ++languages_[c.language];
}

OrderedJson DataStatistics::to_json() const {
  OrderedJson json = all_.to_json();
  json["languages"] = languages_;
  json["sources"] = OrderedJson::object();
  for (const auto& [name, counts] : sources_) json["sources"][name] = counts.to_json();
  return json;
}

}  // namespace sensorium
