#include "sensorium/apps/label_lines.h"
#include "sensorium/apps/train_items.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium classify",
    "What a classifier trained by `train classifier` says of items, pictures, sounds, texts, rows of features or any "
    "of\n"
    "them together: the probabilities of its labels, and which modalities an item lacks.",
    "sensorium classify --model out/classifier/best bird.jpg --text \"a bird that sings\" --sound song.ogg\n"
    "sensorium classify --model out/classifier/best --data items.csv --split test --id name --json"};

struct Options {
  ItemWords words;
  int top_k = 5;
  bool json = false;
  void describe(OptionSet& o) {
    words.describe(o);
    o.field("top_k", top_k, "labels shown an item").range(1, 100000);
    o.field("json", json, "print JSON, one object an item");
  }
};

}  // namespace

int run_train_classify(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const AskedItems asked = ask_items(kInfo.name, options.words);
  const torch::Tensor probabilities = probabilities_of(asked.model(asked.items)).contiguous();
  const std::vector<std::string>& classes = asked.model.config().classes;
  const double* row = probabilities.const_data_ptr<double>();
  for (size_t i = 0; i < asked.items.ids.size(); ++i, row += classes.size()) {
    const std::string& id = asked.items.ids[i];
    const std::vector<std::string> missing = missing_modalities(asked.items.data, asked.items.rows[i]);
    const std::string title = missing.empty() ? id : fmt::format("{} (without {})", id, fmt::join(missing, ", "));
    print_labels(title, {{"id", id}, {"missing", missing}}, {row, classes.size()}, classes, options.top_k,
                 options.json);
  }
  return 0;
}

}  // namespace sensorium
