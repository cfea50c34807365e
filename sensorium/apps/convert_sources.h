#pragma once
// What `sensorium convert` can read. Each writes a complete Hugging Face (or open_clip) folder to `out`, which exists
// and is empty; faults are thrown as InputError naming the source.

#include "sensorium/base/file.h"

#include <string>

namespace sensorium {

struct ConvertTarget {
  fs::path out;
  uint64_t max_shard_bytes = 0;
  std::string dtype;  // "", "float32" or "float16": the type of written weights, where "" keeps what was read
};

/// A Keras ResNet as TensorFlow.js layers model, BGR input with the Caffe means, to ResNetForImageClassification: RGB
/// input, kernels as [out, in, H, W], convolution biases and the norms' epsilon folded into the running values, means
/// in preprocessor_config.json, names of classes from labels.json. `source` is a folder or an archive.
void convert_keras_tfjs(const fs::path& source, const ConvertTarget& target);

/// MiniLM or another BERT as safetensors with config.json and tokenizer.json, to BertModel with tokenizer files and
/// those of sentence-transformers (mean pooling, normalised, 256 tokens). `source` is a folder or an archive.
void convert_embed_minilm(const fs::path& source, const ConvertTarget& target);

/// What int8 is measured with: pictures of a folder and lines of a text file, either "" for none.
struct Calibration {
  std::string pictures, texts;
};

/// Throws InputError naming the folder where its weights are packed.
void require_plain(const fs::path& source);

/// A checkpoint with its weights packed in `precision` ("bf16" or "int8"), to be used as they lie: a dual encoder of
/// either layout, BLIP, a ViT or ResNet with labels or without, a sentence encoder, or what `cca`, `svd`, `nmf` and
/// `fuse` save, of which the encoders inside are packed. Of int8, the layers that cost most stay bf16, until the
/// embeddings of the calibration's pictures and texts keep a mean cosine of 0.998 and a least one of 0.99 to those of
/// fp32; without calibration all are int8. Says what it chose. Of BLIP the states of the first token of pictures and
/// the mean states of texts over them are compared, of a classifier the features under its head; the head, which they
/// do not pass, stays bf16, as does the pooler of a sentence encoder.
void convert_packed(const fs::path& source, const std::string& precision, const Calibration& calibration,
                    const ConvertTarget& target);

/// A dual encoder to the layout "hf" or "open_clip", whichever it has now, with its tokenizer and image processor.
void convert_layout(const fs::path& source, const std::string& layout, const ConvertTarget& target);

}  // namespace sensorium
