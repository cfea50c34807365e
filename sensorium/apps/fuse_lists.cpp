#include "sensorium/apps/fuse_lists.h"

#include "sensorium/base/json.h"
#include "sensorium/classic/rank_fusion.h"
#include "sensorium/serve/model/embedder.h"

#include <charconv>
#include <cstdio>

namespace sensorium {
namespace {

/// Items of all lists as numbers, in the order of their names, so that equal scores go by name.
struct Lists {
  std::vector<std::string> names;
  std::vector<classic::RankedList> items;
  std::vector<std::vector<double>> scores;
};

Lists read_lists(const std::vector<std::string>& files, bool scored) {
  std::vector<std::vector<std::string>> words;
  std::map<std::string, int64_t> ids;
  Lists lists;
  for (const std::string& file : files) {
    words.emplace_back();
    lists.scores.emplace_back();
    for (std::string& line : read_lines(file)) {
      const size_t tab = line.find('\t');
      double score = 0;
      const char* end = line.data() + line.size();
      const bool has_score = tab != std::string::npos && std::from_chars(line.data() + tab + 1, end, score).ptr == end;
      if (scored && !has_score)
        throw InputError("fuse", "{}: expected an item, a tab and a score in line {}, got \"{}\"", file,
                         words.back().size() + 1, line.substr(0, 40));
      lists.scores.back().push_back(score);
      words.back().push_back(line.substr(0, tab));
      ids[words.back().back()] = 0;
    }
    if (words.back().empty()) throw InputError("fuse", "{}: expected an item a line, got none", file);
  }
  for (auto& [name, id] : ids) {
    id = static_cast<int64_t>(lists.names.size());
    lists.names.push_back(name);
  }
  for (size_t f = 0; f < words.size(); ++f) {
    lists.items.emplace_back();
    std::vector<uint8_t> seen(lists.names.size());
    for (const std::string& word : words[f]) {
      const int64_t id = ids[word];
      if (seen[static_cast<size_t>(id)]++)
        throw InputError("fuse", "{}: expected each item once, got \"{}\" twice", files[f], word.substr(0, 40));
      lists.items.back().push_back(id);
    }
  }
  return lists;
}

}  // namespace

void print_fused_lists(const std::vector<std::string>& files, const std::string& method,
                       const std::vector<double>& weights, bool json) {
  const Lists lists = read_lists(files, method.starts_with("comb"));
  classic::FusedRanks fused;
  if (method == "rrf")
    fused = classic::reciprocal_ranks(lists.items, weights);
  else if (method == "borda")
    fused = classic::borda(lists.items, true);
  else if (method == "interleave")
    fused.order = classic::interleave(lists.items);
  else
    fused = classic::combined_scores(lists.items, lists.scores, method == "combmnz");
  OrderedJson out = OrderedJson::array();
  for (const int64_t id : fused.order) {
    const std::string& name = lists.names[static_cast<size_t>(id)];
    const bool scored = !fused.scores.empty();
    if (!json)
      scored ? fmt::print("{}\t{:.6f}\n", name, fused.scores.at(id)) : fmt::print("{}\n", name);
    else
      out.push_back(scored ? OrderedJson{{"item", name}, {"score", fused.scores.at(id)}} : OrderedJson{{"item", name}});
  }
  if (json) fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sensorium
