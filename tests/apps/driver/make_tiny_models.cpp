// Writes the models that the cases and examples run on: every kind that the commands take, of random weights by seed.
//
//   make_tiny_models FOLDER

#include "sensorium/base/rng.h"
#include "sensorium/io/image_encode.h"
#include "sensorium/io/image_processor.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/rt/rt_ops.h"
#include "tests/support/test_support.h"

#include <cstdio>

using namespace sensorium;

namespace {

constexpr int kSize = 32;

void write_processor(const fs::path& folder) {
  ImageProcessorConfig c;
  c.resize_height = c.resize_width = c.crop_height = c.crop_width = kSize;
  write_file(folder / "preprocessor_config.json", ImageProcessor(c).to_json().dump(2) + "\n");
}

VitConfig tiny_vit() {
  VitConfig c;
  c.hidden_size = 32, c.intermediate_size = 64, c.num_hidden_layers = 2, c.num_attention_heads = 2;
  c.image_size = kSize, c.patch_size = 8, c.pooler_output_size = 32;
  return c;
}

ResNetConfig tiny_resnet() {
  ResNetConfig c;
  c.embedding_size = 8, c.hidden_sizes = {16, 32}, c.depths = {1, 2};
  return c;
}

BertConfig tiny_bert(const Tokenizer& tokenizer) {
  BertConfig c;
  c.vocab_size = tokenizer.vocab_size(), c.hidden_size = 32, c.intermediate_size = 64;
  c.num_hidden_layers = 2, c.num_attention_heads = 2, c.max_position_embeddings = 64;
  return c;
}

DualEncoderConfig tiny_clip(const Tokenizer& tokenizer) {
  ClipVisionConfig vision;
  vision.hidden_size = 32, vision.intermediate_size = 64, vision.num_hidden_layers = 2;
  vision.num_attention_heads = 2, vision.image_size = kSize, vision.patch_size = 8;
  ClipTextConfig text;
  text.vocab_size = tokenizer.vocab_size(), text.hidden_size = 32, text.intermediate_size = 64;
  text.num_hidden_layers = 2, text.num_attention_heads = 2, text.max_position_embeddings = 77;
  text.bos_token_id = tokenizer.bos_id(), text.eos_token_id = tokenizer.eos_id();
  DualEncoderConfig c;
  c.vision = vision, c.text = text, c.projection_dim = 16;
  return c;
}

void write_dual_encoder(const DualEncoderConfig& config, uint64_t seed, const Tokenizer& tokenizer,
                        const fs::path& folder) {
  save_dual_encoder(make_dual_encoder<rt::Tensor>(config, seed), folder);
  tokenizer.save(folder);
  write_processor(folder);
}

void write_dual_encoders(const fs::path& out) {
  const auto bpe = load_tokenizer(test::goldens() / "tokenizers" / "clip_1000");
  write_dual_encoder(tiny_clip(*bpe), 1, *bpe, out / "clip");

  DualEncoderConfig residual = tiny_clip(*bpe);
  ModifiedResNetConfig vision;
  vision.layers = {1, 2, 1, 1}, vision.width = 4, vision.head_width = 32, vision.image_size = kSize;
  residual.layout = Layout::open_clip, residual.vision = vision;
  write_dual_encoder(residual, 7, *bpe, out / "clip_resnet");

  const auto words = load_tokenizer(test::goldens() / "tokenizers" / "wordpiece_1000");
  words->set_max_length(52);
  DualEncoderConfig chinese = tiny_clip(*bpe);
  chinese.family = DualFamily::chinese_clip;
  BertConfig text = tiny_bert(*words);
  text.has_pooler = false;
  chinese.text = text;
  write_dual_encoder(chinese, 2, *words, out / "chinese_clip");

  DualEncoderConfig joined = chinese;
  joined.family = DualFamily::vision_text_dual;
  joined.vision = tiny_resnet(), joined.text = tiny_bert(*words);
  write_dual_encoder(joined, 8, *words, out / "resnet_bert");
}

void write_other_encoders(const fs::path& out) {
  const auto words = load_tokenizer(test::goldens() / "tokenizers" / "wordpiece_1000");
  words->set_max_length(64);
  SentenceEncoderConfig sentence;
  sentence.bert = tiny_bert(*words);
  save_sentence_encoder(make_sentence_encoder<rt::Tensor>(sentence, 3), out / "sentence");
  words->save(out / "sentence");
  const std::vector<std::string> labels{"cat", "dog", "car", "house", "tree"};
  save_image_classifier(make_image_classifier<rt::Tensor>({tiny_vit(), labels}, 4), out / "vit");
  save_image_classifier(make_image_classifier<rt::Tensor>({tiny_resnet(), labels}, 5), out / "resnet");
  VitConfig pooled = tiny_vit();
  pooled.has_pooler = true;
  save_image_classifier(make_image_classifier<rt::Tensor>({pooled, {}}, 6), out / "vit_bare");
  save_image_classifier(make_image_classifier<rt::Tensor>({tiny_resnet(), {}}, 9), out / "resnet_bare");
  for (const char* name : {"vit", "resnet", "vit_bare", "resnet_bare"}) write_processor(out / name);
}

BlipConfig tiny_blip(BlipKind kind, const Tokenizer& tokenizer) {
  BlipConfig c;
  c.kind = kind;
  c.vision.hidden_size = 32, c.vision.intermediate_size = 64, c.vision.num_hidden_layers = 2;
  c.vision.num_attention_heads = 2, c.vision.image_size = kSize, c.vision.patch_size = 8;
  BlipTextConfig& t = c.text;
  t.vocab_size = tokenizer.vocab_size() + 2, t.hidden_size = t.encoder_hidden_size = 32, t.intermediate_size = 64;
  t.num_hidden_layers = 2, t.num_attention_heads = 2, t.max_position_embeddings = 40;
  t.bos_token_id = tokenizer.vocab_size(), t.sep_token_id = tokenizer.sep_id(), t.pad_token_id = tokenizer.pad_id();
  c.image_text_hidden_size = 16;
  return c;
}

void write_blips(const fs::path& out) {
  const auto words = load_tokenizer(test::goldens() / "tokenizers" / "wordpiece_1000");
  words->set_max_length(40);
  ImageProcessorConfig p;
  p.type = "BlipImageProcessor";
  p.resize = ImageProcessorConfig::ResizeMode::exact;
  p.resize_height = p.resize_width = kSize;
  p.crop = false;
  for (const auto& [name, kind] : {std::pair("blip_caption", BlipKind::caption),
                                   {"blip_retrieval", BlipKind::retrieval},
                                   {"blip_vqa", BlipKind::vqa},
                                   {"blip_pretraining", BlipKind::pretraining}}) {
    const Blip<rt::Tensor> model = make_blip<rt::Tensor>(tiny_blip(kind, *words), 11);
    save_blip_bundle(model, *words, ImageProcessor(p), out / name);
  }
}

/// Ten pictures of smooth colour with captions, and the folder that `data prepare` reads.
void write_pictures(const fs::path& folder) {
  make_directories(folder);
  const char* names[] = {"red", "green", "blue", "yellow", "white", "black", "brown", "pink", "grey", "orange"};
  for (int i = 0; i < 10; ++i) {
    CounterRng rng(7, static_cast<uint64_t>(i));
    double a[3], b[3], w[3];
    for (int c = 0; c < 3; ++c) a[c] = rng.uniform(0, 255), b[c] = rng.uniform(0, 255), w[c] = rng.uniform(2, 9);
    Image image(48, 40);
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 48; ++x)
        for (int c = 0; c < 3; ++c) {
          const double t = 0.5 + 0.5 * std::sin((x * w[c] + y * w[(c + 1) % 3]) / 40);
          image.row(y)[3 * x + c] = static_cast<uint8_t>(a[c] * t + b[c] * (1 - t));
        }
    write_file(folder / fmt::format("{}.png", names[i]), encode_png(image));
    write_file(folder / fmt::format("{}.txt", names[i]), fmt::format("a {} pattern\nthe {} one\n", names[i], names[i]));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_tiny_models FOLDER\n");
    return 2;
  }
  try {
    const fs::path out = argv[1];
    fs::remove_all(out);
    make_directories(out);
    write_dual_encoders(out);
    write_other_encoders(out);
    write_blips(out);
    write_pictures(out / "pictures");
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
