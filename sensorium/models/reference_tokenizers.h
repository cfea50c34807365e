#pragma once
// Reference tokenizers: what transformers, tokenizers, sentencepiece, open_clip and ftfy make of a list of strings.

#include "sensorium/models/reference_area.h"

namespace sensorium {

/// A folder with `strings.jsonl` and `manifest.json`: cleaning, words, ids, padding, pairs, decoding and vocabulary
/// training, each list that is there. Everything has to be equal; where the reference trainer is not repeatable, texts
/// must not take more tokens. CLIP's and BERT's vocabularies are looked for in `data/tokenizers` above the folder, in
/// $SHARED_DATA, and in `shared/data/tokenizers` above the working folder.
ReferenceArea tokenizer_area();

}  // namespace sensorium
