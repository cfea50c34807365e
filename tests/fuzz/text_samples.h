#pragma once
// What the fuzzers of text do with a tokenizer that could be read.

#include "sensorium/base/error.h"
#include "sensorium/text/tokenizer.h"
#include "tests/fuzz/temporary.h"

namespace sensorium::fuzz {

/// Encodes, cuts, pads and decodes some texts. Ids that decoding refuses, and lengths out of reach, are no fault here.
inline void use(const Tokenizer& tokenizer) {
  static const std::string texts[] = {"", "A photo of a dog's 12 cafés.", "<s> [MASK]</s><|endoftext|> x",
                                      "e\u0301 \u3000犬 \uFB01 \u2581 \xFF\xE2\x82", std::string(70, 'a') + "bab"};
  for (const std::string& text : texts) {
    try {
      tokenizer.decode(tokenizer.encode(text));
    } catch (const Error&) {
    }
  }
  try {
    tokenizer.encode_batch(texts, {.max_length = 8, .padding = Padding::max_length});
    const std::pair<std::string, std::string> pair{texts[1], texts[4]};
    tokenizer.encode_pairs({&pair, 1}, {.max_length = 9});
  } catch (const Error&) {
  }
}

/// Loads the folder's tokenizer and uses it; saves it and demands that it loads again.
inline void load_and_use(const fs::path& folder, bool save) {
  std::unique_ptr<Tokenizer> tokenizer;
  try {
    tokenizer = load_tokenizer(folder);
  } catch (const Error&) {
    return;
  }
  use(*tokenizer);
  if (!save) return;
  fs::remove_all(folder / "again");
  tokenizer->save(folder / "again");
  if (load_tokenizer(folder / "again")->vocab_size() != tokenizer->vocab_size()) __builtin_trap();
}

}  // namespace sensorium::fuzz
