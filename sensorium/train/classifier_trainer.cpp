#include "sensorium/train/classifier_trainer.h"

#include "sensorium/base/rng.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/train/autocast.h"
#include "sensorium/train/trained_classifier.h"

#include <torch/torch.h>

#include <algorithm>

namespace sensorium {
namespace {

using torch::Tensor;

// What a random number is for; one stream each.
enum Purpose : uint64_t { kWeights, kOrder, kDropout, kModalities };

ModalityTokenizers train_tokenizers(const ClassifierData& data, const std::vector<int64_t>& rows,
                                    ClassifierConfig& config, int64_t vocab_size) {
  ModalityTokenizers tokenizers;
  for (size_t m = 0; m < config.modalities.size(); ++m) {
    tokenizers.emplace_back();
    if (config.modalities[m].kind != "text") continue;
    WordCounts words;
    for (const int64_t i : rows) count_bert_words(data.modalities[m].texts()[static_cast<size_t>(i)], {}, words);
    tokenizers[m] = train_wordpiece(words, {.vocab_size = vocab_size, .max_length = config.max_tokens});
    config.modalities[m].inputs = tokenizers[m]->vocab_size();
  }
  return tokenizers;
}

class ClassifierTask : public TrainTask {
 public:
  explicit ClassifierTask(const ClassifierTrainOptions& options);
  const Parameters& parameters() const override { return model_->parameters(); }
  int64_t batches_per_epoch() const override { return static_cast<int64_t>(train_.size()) / options_.batch_size; }
  void seek(int64_t) override {}
  Tensor batch_loss(int64_t number) override;
  void set_training(bool) override {}
  Validation validate() override;
  void save(const std::vector<Tensor>& values, const fs::path& folder) override;

 private:
  std::vector<int64_t> rows_of_batch(int64_t number) const;
  void hide(std::vector<ModalityBatch>& batch, int64_t number) const;
  double accuracy(const std::vector<ModalityCorruption>& corruptions) const;

  const ClassifierTrainOptions& options_;
  ClassifierData data_;
  std::vector<int64_t> train_, val_;
  ModalityTokenizers tokenizers_;
  std::unique_ptr<ClassifierModel> model_;
};

ClassifierTask::ClassifierTask(const ClassifierTrainOptions& options) : options_(options) {
  const ItemTable table = read_item_table(options.data);
  train_ = rows_of_split(table, options.split, options.train_split);
  val_ = rows_of_split(table, options.split, options.val_split);
  ClassifierConfig config = options.config();
  config.classes = classes_of(table, options.label, train_);
  data_ = load_classifier_data(table, options.label, config);
  for (const int64_t i : val_)
    if (data_.labels[static_cast<size_t>(i)] < 0)
      throw InputError("train classifier", "{}: expected a label of the training split in item {}, got \"{}\"",
                       options.data, i + 1, table.rows[static_cast<size_t>(i)][table.column(options.label)]);
  tokenizers_ = train_tokenizers(data_, train_, config, options.vocab_size);
  tokenize(data_, tokenizers_, config);
  for (size_t m = 0; m < config.modalities.size(); ++m)
    if (config.modalities[m].kind == "features") config.modalities[m].inputs = data_.modalities[m].feature_columns();
  model_ = std::make_unique<ClassifierModel>(config, mix_seed(options.seed, {kWeights}));
  model_->fit_scaling(data_.modalities, train_);
}

std::vector<int64_t> ClassifierTask::rows_of_batch(int64_t number) const {
  const int64_t epoch = number / batches_per_epoch(), first = number % batches_per_epoch() * options_.batch_size;
  const uint64_t order = mix_seed(options_.seed, {kOrder, static_cast<uint64_t>(epoch)});
  std::vector<int64_t> rows;
  for (int64_t i = first; i < first + options_.batch_size; ++i)
    rows.push_back(train_[permuted_index(order, train_.size(), static_cast<uint64_t>(i))]);
  return rows;
}

/// Modality dropout: each modality that an item has is hidden by chance, but one that it has always stays.
void ClassifierTask::hide(std::vector<ModalityBatch>& batch, int64_t number) const {
  if (options_.modality_dropout <= 0 || batch.size() < 2) return;
  for (int64_t row = 0; row < options_.batch_size; ++row) {
    CounterRng rng(mix_seed(options_.seed, {kModalities, static_cast<uint64_t>(number), static_cast<uint64_t>(row)}));
    std::vector<size_t> there, hidden;
    for (size_t m = 0; m < batch.size(); ++m)
      if (batch[m].present[row].item<float>() > 0) there.push_back(m);
    for (const size_t m : there)
      if (rng.uniform() < options_.modality_dropout) hidden.push_back(m);
    if (!there.empty() && hidden.size() == there.size())
      hidden.erase(hidden.begin() + static_cast<std::ptrdiff_t>(rng.below(hidden.size())));
    for (const size_t m : hidden) batch[m].present[row] = 0;
  }
}

Tensor ClassifierTask::batch_loss(int64_t number) {
  const std::vector<int64_t> rows = rows_of_batch(number);
  std::vector<ModalityBatch> batch = data_.batch(rows);
  hide(batch, number);
  std::vector<int64_t> labels;
  for (const int64_t i : rows) labels.push_back(data_.labels[static_cast<size_t>(i)]);
  torch::manual_seed(mix_seed(options_.seed, {kDropout, static_cast<uint64_t>(number)}));
  const Autocast autocast(options_.bf16, torch::kCPU);
  const Tensor logits = (*model_)(batch, options_.dropout, true).logits.to(torch::kFloat);
  return torch::cross_entropy_loss(logits, torch::tensor(labels, torch::kLong), {}, at::Reduction::Mean, -100,
                                   options_.label_smoothing);
}

double ClassifierTask::accuracy(const std::vector<ModalityCorruption>& corruptions) const {
  const Tensor predicted = answer(*model_, data_, val_, corruptions).logits.argmax(1);
  double right = 0;
  for (size_t i = 0; i < val_.size(); ++i)
    right += predicted[static_cast<int64_t>(i)].item<int64_t>() == data_.labels[static_cast<size_t>(val_[i])] ? 1 : 0;
  return right / static_cast<double>(val_.size());
}

Validation ClassifierTask::validate() {
  const size_t modalities = data_.modalities.size();
  Validation found;
  found.score = accuracy({});
  found.figures = {{"items", val_.size()}, {"accuracy", found.score}};
  found.scalars = {{"validation/accuracy", found.score}};
  found.line = fmt::format("accuracy {:.2f} %", 100 * found.score);
  for (size_t m = 0; m < modalities && modalities > 1; ++m) {
    std::vector<ModalityCorruption> hidden(modalities);
    hidden[m].kind = ModalityCorruption::Kind::missing;
    const std::string name = "accuracy_without_" + data_.modalities[m].name();
    const double value = accuracy(hidden);
    found.figures[name] = value;
    found.scalars.emplace_back("validation/" + name, value);
    found.line += fmt::format("  without {} {:.2f} %", data_.modalities[m].name(), 100 * value);
  }
  return found;
}

void ClassifierTask::save(const std::vector<Tensor>& values, const fs::path& folder) {
  model_->save(folder, values);
  save_tokenizers(tokenizers_, model_->config(), folder);
}

}  // namespace

TrainSummary train_classifier(ClassifierTrainOptions options) {
  return run_task<ClassifierTask>(std::move(options));
}

}  // namespace sensorium
