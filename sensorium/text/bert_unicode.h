#pragma once
// Character classes of BERT's tokenizer. Hugging Face `tokenizers` 0.23 holds categories of Unicode 8, whatever Unicode
// its host knows: newer marks keep their place, newer punctuation does not split words.

namespace sensorium {

bool is_bert_mark(char32_t c);         // Mn, what strip_accents removes
bool is_bert_control(char32_t c);      // Cc, Cf, Co: what clean_text removes (unassigned code points stay)
bool is_bert_punctuation(char32_t c);  // P* and every ASCII character that is no letter, digit, space or control

}  // namespace sensorium
