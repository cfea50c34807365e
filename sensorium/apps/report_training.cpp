// Loss and validation curves from results.jsonl.

#include "sensorium/apps/report_content.h"
#include "sensorium/serve/model/embedder.h"

#include <fstream>
#include <thread>

namespace sensorium {
namespace {

/// The values of one key over the lines that have it; `key` is a JSON pointer.
Series series(const std::vector<Json>& lines, const std::string& name, const char* key, int colour, double unit = 1) {
  Series s{name, {}, colour, false};
  const Json::json_pointer place(key);
  for (const Json& line : lines) {
    const auto step = line.find("step");
    if (step == line.end() || !step->is_number() || !line.contains(place) || !line.at(place).is_number()) continue;
    s.points.emplace_back(step->get<double>(), line.at(place).get<double>() * unit);
  }
  s.markers = s.points.size() <= 40;
  return s;
}

}  // namespace

std::vector<Chart> training_charts(const fs::path& results) {
  std::vector<Json> lines;
  for (const std::string& line : read_lines(results)) {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object()) lines.push_back(std::move(json));  // a line cut short by a kill is left out
  }
  Chart loss{"Training loss", "step", "loss", {series(lines, "training", "/loss", 1)}};
  loss.series[0].markers = false;
  Chart recall{"Validation retrieval", "step", "R@10 %", {}, true};
  recall.series.push_back(series(lines, "text to image", "/validation/text_to_image/recall_at_10", 2, 100));
  recall.series.push_back(series(lines, "image to text", "/validation/image_to_text/recall_at_10", 3, 100));
  std::vector<Chart> charts;
  for (Chart* c : {&loss, &recall}) {
    std::erase_if(c->series, [](const Series& s) { return s.points.empty(); });
    if (!c->series.empty()) charts.push_back(std::move(*c));
  }
  return charts;
}

std::string machine_text() {
  std::string processor = "unknown processor", memory;
  for (const char* file : {"/proc/cpuinfo", "/proc/meminfo"}) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("model name") && line.find(": ") != std::string::npos)
        processor = line.substr(line.find(": ") + 2);
      if (line.starts_with("MemTotal:"))
        memory = fmt::format(", {:.0f} GiB of memory", std::strtod(line.c_str() + 9, nullptr) / (1 << 20));
    }
  }
  return fmt::format("{} threads of {}{}", std::thread::hardware_concurrency(), processor, memory);
}

}  // namespace sensorium
