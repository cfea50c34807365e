#include "sensorium/data/record_merge.h"

#include <algorithm>

namespace sensorium {

void merge_record(Record& into, Record&& from) {
  const auto add_new = [](auto& list, auto& others) {
    for (auto& other : others)
      if (std::find(list.begin(), list.end(), other) == list.end()) list.push_back(std::move(other));
  };
  for (Caption& c : from.captions)
    if (std::none_of(into.captions.begin(), into.captions.end(),
                     [&](const Caption& has) { return has.text == c.text && has.language == c.language; }))
      into.captions.push_back(std::move(c));
  add_new(into.audio, from.audio);
  add_new(into.tags, from.tags);
  add_new(into.questions, from.questions);
  if (into.label.empty()) into.label = std::move(from.label);
  if (into.url.empty()) into.url = std::move(from.url);
  if (into.width != from.width || into.height != from.height) return;
  add_new(into.regions, from.regions);
  if (!into.objects.empty() || !into.relations.empty()) return;
  into.objects = std::move(from.objects);
  into.relations = std::move(from.relations);
}

}  // namespace sensorium
