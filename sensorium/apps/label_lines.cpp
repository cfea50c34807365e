#include "sensorium/apps/label_lines.h"

#include "sensorium/eval/probability.h"

#include <fmt/format.h>

namespace sensorium {

void print_labels(const std::string& title, OrderedJson head, std::span<const double> probabilities,
                  std::span<const std::string> labels, int top, bool json) {
  const auto best = top_k(probabilities, static_cast<size_t>(top));
  if (json) {
    OrderedJson list = OrderedJson::array();
    for (const size_t i : best) list.push_back({{"label", labels[i]}, {"probability", probabilities[i]}});
    head["labels"] = list;
    fmt::print("{}\n", head.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  if (!title.empty()) fmt::print("{}\n", title);
  for (const size_t i : best) fmt::print("  {:6.2f} %  {}\n", 100 * probabilities[i], labels[i]);
}

}  // namespace sensorium
