// Dual encoders between the layouts of Hugging Face and open_clip.

#include "sensorium/apps/convert_sources.h"
#include "sensorium/base/json.h"
#include "sensorium/io/checkpoint.h"
#include "sensorium/io/image_processor.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {
namespace {

/// The picture settings in open_clip's words.
OrderedJson preprocess_cfg(const ImageProcessorConfig& c) {
  const bool bicubic = c.resample == Resample::bicubic;
  if (!bicubic && c.resample != Resample::bilinear)
    throw InputError("convert", "expected bicubic or bilinear resampling for open_clip, got {}",
                     static_cast<int>(c.resample));
  return {{"size", {c.crop_height, c.crop_width}},
          {"mode", "RGB"},
          {"mean", c.mean},
          {"std", c.std},
          {"interpolation", bicubic ? "bicubic" : "bilinear"},
          {"resize_mode", c.resize == ImageProcessorConfig::ResizeMode::exact ? "squash" : "shortest"},
          {"fill_color", 0}};
}

/// Weights larger than the limit, split over several files.
void split_weights(const fs::path& folder, uint64_t max_shard_bytes) {
  const fs::path whole = folder / "model.safetensors";
  std::error_code ignored;
  if (!fs::exists(whole, ignored) || fs::file_size(whole) <= max_shard_bytes) return;
  const fs::path aside = folder / ".whole.safetensors";
  fs::rename(whole, aside);
  {
    const CheckpointReader reader(aside);
    write_checkpoint(folder, {reader.tensors().begin(), reader.tensors().end()}, max_shard_bytes);
  }
  fs::remove(aside);
}

bool has_tokenizer(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model"})
    if (fs::exists(folder / name)) return true;
  return false;
}

}  // namespace

void convert_layout(const fs::path& source, const std::string& layout, const ConvertTarget& target) {
  const Layout wanted = layout == "hf" ? Layout::hugging_face : Layout::open_clip;
  const fs::path expected = source / (wanted == Layout::hugging_face ? "open_clip_config.json" : "config.json");
  if (!fs::exists(expected)) throw InputError("convert", "{}: expected this file, got none", expected.string());
  require_plain(source);
  if (!target.dtype.empty())
    throw UsageError("convert", "expected no --dtype for a change of layout, got {}", target.dtype);
  auto model = load_dual_encoder<rt::Tensor>(source);
  model.config = with_layout(model.config, wanted);
  const bool has_pictures = wanted == Layout::hugging_face || fs::exists(source / "preprocessor_config.json");
  if (has_pictures) {
    const ImageProcessor processor = ImageProcessor::load(source);
    if (wanted == Layout::open_clip)
      model.config.preprocess_cfg = Json(preprocess_cfg(processor.config()));
    else
      write_file(target.out / "preprocessor_config.json", processor.to_json().dump(2) + "\n");
  }
  save_dual_encoder(model, target.out);
  if (wanted == Layout::hugging_face) split_weights(target.out, target.max_shard_bytes);
  if (has_tokenizer(source)) save_tokenizer(model.config, *load_tokenizer(source), target.out);
}

}  // namespace sensorium
