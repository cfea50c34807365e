#include "sensorium/train/modality_data.h"

#include "sensorium/data/csv.h"
#include "sensorium/io/mel.h"
#include "sensorium/io/resize.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int kSoundRate = 16000;

MelOptions mel_options(int64_t bands) {
  return {kSoundRate, 1024, 800, 320, static_cast<int>(bands), 20, 8000, MelScale::slaney};
}

/// (T, bands) decibels.
Tensor sound_frames(const fs::path& file, const ClassifierConfig& config) {
  const MelOptions options = mel_options(config.mel_bands);
  MelFrames mel = mel_spectrogram(resample(read_sound(file, config.sound_seconds), kSoundRate), options);
  to_decibels(mel);
  return torch::tensor(mel.values).view({mel.frames, mel.bands});
}

/// (3, S, S) bytes: the whole picture, squeezed, transparent parts on white.
Tensor picture_bytes(const fs::path& file, int64_t size) {
  const int side = static_cast<int>(size);
  const Image image = resize(composite_on(read_image_alpha(file)), side, side, Resample::bicubic);
  return torch::tensor(image.pixels, torch::kByte).view({size, size, 3}).permute({2, 0, 1}).contiguous();
}

}  // namespace

size_t ItemTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end())
    throw InputError("classifier", "{}: expected a column \"{}\", got {}", file.string(), name,
                     fmt::join(columns, ", "));
  return static_cast<size_t>(found - columns.begin());
}

ItemTable read_item_table(const fs::path& file) {
  ItemTable table{file, {}, {}};
  const bool whole = read_csv(file, file.extension() == ".tsv" ? '\t' : ',', [&](auto& fields, uint64_t number) {
    if (table.columns.empty()) {
      table.columns = std::move(fields);
      return true;
    }
    if (fields.size() != table.columns.size())
      throw InputError("classifier", "{}: expected {} fields in record {}, got {}", file.string(), table.columns.size(),
                       number, fields.size());
    table.rows.push_back(std::move(fields));
    return true;
  });
  if (!whole) throw InputError("classifier", "{}: expected a closing quote, got the end of the file", file.string());
  if (table.rows.empty()) throw InputError("classifier", "{}: expected items, got none", file.string());
  return table;
}

ModalityData::ModalityData(const ModalitySpec& spec, const ClassifierConfig& config, const ItemTable& table)
    : spec_(spec) {
  const auto rows = static_cast<size_t>(table.size());
  if (spec.source.empty()) {
    items_.resize(rows);
    return;
  }
  if (spec.kind == "features") {
    features_ = std::make_shared<NpyFile>(spec.source);
    const std::vector<int64_t>& shape = features_->tensor().shape;
    if (shape.size() < 2 || shape.size() > 3 || shape[0] != table.size() || shape.back() < 1 || shape[1] < 1)
      throw InputError("classifier", "{}: expected ({}, columns) or ({}, steps, columns), got ({})", spec.source, rows,
                       rows, fmt::join(shape, ", "));
    columns_ = shape.back();
    if (shape.size() == 3) steps_ = shape[1];
    for (int64_t i = 0; i < table.size(); ++i)
      features_present_.push_back(item(i).isfinite().all().item<bool>() ? 1 : 0);
    return;
  }
  const size_t column = table.column(spec.source);
  items_.resize(rows);
  texts_.resize(spec.kind == "text" ? rows : 0);
  for (size_t i = 0; i < rows; ++i) {
    const std::string& cell = table.rows[i][column];
    if (cell.empty()) continue;
    if (spec.kind == "text") {
      texts_[i] = cell;
      continue;
    }
    const fs::path path = fs::path(cell).is_absolute() ? fs::path(cell) : table.file.parent_path() / cell;
    items_[i] = spec.kind == "sound" ? sound_frames(path, config) : picture_bytes(path, config.image_size);
  }
}

void ModalityData::tokenize(const Tokenizer& tokenizer, int64_t max_tokens) {
  for (size_t i = 0; i < texts_.size(); ++i) {
    if (texts_[i].empty()) continue;
    const TokenBatch one = tokenizer.encode_batch(std::span(&texts_[i], 1), {.max_length = max_tokens});
    items_[i] = torch::tensor(one.input_ids, torch::kLong);
  }
}

bool ModalityData::present(int64_t i) const {
  return features_ ? features_present_[static_cast<size_t>(i)] != 0 : items_[static_cast<size_t>(i)].defined();
}

Tensor ModalityData::item(int64_t i) const {
  if (!features_) return items_[static_cast<size_t>(i)];
  const TensorView& all = features_->tensor();
  const size_t bytes = static_cast<size_t>(steps_ * columns_) * dtype_size(all.dtype);
  const TensorView row{all.dtype, {steps_, columns_}, all.data.subspan(static_cast<size_t>(i) * bytes, bytes)};
  Tensor values = torch::empty({steps_, columns_});
  to_float32(row, values.data_ptr<float>());
  return values;
}

ModalityBatch ModalityData::batch(const std::vector<int64_t>& wanted) const {
  const auto count = static_cast<int64_t>(wanted.size());
  ModalityBatch out{{}, {}, torch::zeros({count})};
  std::vector<Tensor> rows;
  int64_t longest = 1;
  Tensor like;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t i = wanted[static_cast<size_t>(k)];
    rows.push_back(present(i) ? item(i) : Tensor());
    if (!rows.back().defined()) continue;
    out.present[k] = 1;
    like = rows.back();
    longest = std::max(longest, like.size(0));
  }
  const bool picture = spec_.kind == "picture";
  out.mask = torch::zeros({count, picture ? 1 : longest});
  if (!like.defined()) return out;  // nothing to look at: values stay undefined
  std::vector<int64_t> shape = like.sizes().vec();
  if (!picture) shape[0] = longest;
  shape.insert(shape.begin(), count);
  out.values = torch::zeros(shape, like.options());
  for (int64_t k = 0; k < count; ++k) {
    const Tensor& row = rows[static_cast<size_t>(k)];
    if (!row.defined()) continue;
    if (picture) {
      out.values[k].copy_(row);
      out.mask[k] = 1;
    } else {
      out.values[k].narrow(0, 0, row.size(0)).copy_(row);
      out.mask[k].narrow(0, 0, row.size(0)).fill_(1);
    }
  }
  return out;
}

}  // namespace sensorium
