#include "sensorium/apps/embedding_file.h"
#include "sensorium/apps/train_items.h"

#include <torch/torch.h>

#include <cstdio>
#include <map>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium embed",
    "Turns items, pictures, sounds, texts, rows of features or any of them together, into the joint representations\n"
    "of a classifier trained by `train classifier`, of unit length. Which modalities items lack is counted.",
    "sensorium embed --model out/classifier/best photos/ --output photos.npy\n"
    "sensorium embed --model out/classifier/best --data items.csv --id name --output items.npy\n"
    "sensorium index add items.index --vectors items.npy --kind item"};

struct Options {
  ItemWords words;
  std::string output;
  bool json = false;
  void describe(OptionSet& o) {
    words.describe(o);
    o.field("output", output, "X.npy (with X.ids.txt) or X.jsonl").required();
    o.field("json", json, "print the summary as JSON");
  }
};

void print_summary(const Options& options, int64_t width, const ClassifierItems& items) {
  std::map<std::string, int64_t> missing;
  for (const int64_t row : items.rows)
    for (const std::string& name : missing_modalities(items.data, row)) ++missing[name];
  if (options.json) {
    const OrderedJson summary{
        {"output", options.output}, {"count", items.rows.size()}, {"width", width}, {"missing", missing}};
    fmt::print("{}\n", summary.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  fmt::print("{} embeddings of width {} in {}\n", items.rows.size(), width, options.output);
  for (const auto& [name, count] : missing) fmt::print("{} without {}\n", count, name);
}

}  // namespace

int run_train_embed(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const AskedItems asked = ask_items(kInfo.name, options.words);
  const torch::Tensor joint = asked.model(asked.items).joint;
  const torch::Tensor rows = torch::nn::functional::normalize(joint).contiguous();
  const auto width = static_cast<size_t>(rows.size(1));
  EmbeddingWriter writer(options.output, rows.size(1));
  const float* row = rows.const_data_ptr<float>();
  for (const std::string& id : asked.items.ids) {
    writer.add({id, "item"}, {row, width});
    row += width;
  }
  writer.commit();
  print_summary(options, rows.size(1), asked.items);
  return 0;
}

}  // namespace sensorium
