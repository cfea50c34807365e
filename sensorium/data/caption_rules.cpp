#include "sensorium/data/caption_rules.h"

#include "sensorium/base/file.h"
#include "sensorium/data/language_guess.h"
#include "sensorium/data/source.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <optional>

namespace sensorium {
namespace {

std::string words_of_name(const Record& record) {
  std::string name = fs::path(record.image.empty() ? record.url : record.image).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == '.' || c == '+'; }, ' ');
  return name;
}

/// What {name} stands for; nothing when there is no such field.
std::optional<std::string> field_value(std::string_view field, const Record& record) {
  if (field == "label") return record.label;
  if (field == "tags") return fmt::format("{}", fmt::join(record.tags, ", "));
  if (field == "name") return words_of_name(record);
  if (field == "id") return record.id;
  return std::nullopt;
}

/// Calls `piece(text, is_field)` for the parts of a template.
template <class Piece>
void for_each_piece(std::string_view text, const Piece& piece) {
  while (!text.empty()) {
    const size_t open = text.find('{'), close = open == text.npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return piece(text, false);
    if (open > 0) piece(text.substr(0, open), false);
    piece(text.substr(open + 1, close - open - 1), true);
    text.remove_prefix(close + 1);
  }
}

/// The template filled in; empty when the record lacks a field.
std::string filled(const std::string& fill, const Record& record) {
  std::string out;
  bool lacks = false;
  for_each_piece(fill, [&](std::string_view piece, bool is_field) {
    if (!is_field) return void(out += piece);
    const std::string value = field_value(piece, record).value_or("");
    lacks = lacks || value.empty();
    out += value;
  });
  return lacks ? "" : out;
}

const char* fault_of(const Caption& caption, const CaptionRules& rules) {
  if (caption.text.empty()) return "empty caption";
  if (rules.min_chars > 1 || rules.max_chars > 0) {
    const int characters = count_characters(caption.text);
    if (characters < rules.min_chars) return "too short caption";
    if (rules.max_chars > 0 && characters > rules.max_chars) return "too long caption";
  }
  if (rules.min_words > 1 || rules.max_words > 0) {
    const int words = count_words(caption.text);
    if (words < rules.min_words) return "too short caption";
    if (rules.max_words > 0 && words > rules.max_words) return "too long caption";
  }
  return nullptr;
}

/// Checks or sets the language. Returns what is wrong, or null.
const char* check_language(Caption& caption, const CaptionRules& rules) {
  if (rules.language_check == "off") return nullptr;
  std::string guessed = guess_language(caption.text);
  if (!contradicts(guessed, caption.language)) return nullptr;
  if (rules.language_check == "drop") return "caption in another language than it says";
  caption.language = std::move(guessed);
  return nullptr;
}

}  // namespace

void CaptionRules::describe(OptionSet& o) {
  o.group("text", text);
  o.field("min_chars", min_chars, "leave out captions of fewer characters").range(0, 1e6);
  o.field("max_chars", max_chars, "leave out captions of more characters; 0: any number").range(0, 1e6);
  o.field("min_words", min_words, "leave out captions of fewer words").range(0, 1e6);
  o.field("max_words", max_words, "leave out captions of more words; 0: any number").range(0, 1e6);
  o.field(
       "language_check", language_check,
       "what happens to captions that are in another language than they say: off (nobody looks), label (the language "
       "is corrected), drop")
      .one_of({"off", "label", "drop"});
  o.field("missing", missing, "what happens to records that say nothing: drop, keep, or fill in by --fill")
      .one_of({"drop", "keep", "fill"});
  o.field("fill", fill, "caption of records that have none; {label}, {tags}, {name} and {id} stand for theirs");
}

void check_caption_rules(const CaptionRules& rules) {
  if (rules.missing == "fill" && rules.fill.empty())
    throw UsageError("data clean", "expected --fill with --missing fill, got none");
  for_each_piece(rules.fill, [](std::string_view piece, bool is_field) {
    if (is_field && !field_value(piece, {}))
      throw UsageError("data clean", "expected {{label}}, {{tags}}, {{name}} or {{id}} in --fill, got {{{}}}", piece);
  });
}

const char* apply_caption_rules(Record& record, const CaptionRules& rules, Tally& tally) {
  const bool had_captions = !record.captions.empty();
  std::erase_if(record.captions, [&](Caption& caption) {
    std::string cleaned = clean_caption(caption.text, rules.text);
    if (cleaned != caption.text) {
      tally.add("caption put right", fmt::format("{}: {}", record.id, caption.text));
      caption.text = std::move(cleaned);
    }
    const char* fault = fault_of(caption, rules);
    if (!fault) fault = check_language(caption, rules);
    if (fault) tally.add(fault, fmt::format("{}: {}", record.id, caption.text));
    return fault != nullptr;
  });
  if (!record.captions.empty()) return nullptr;
  if (rules.missing == "fill") {
    bool valid = true;
    if (std::string text = tidy_text(filled(rules.fill, record), valid); !text.empty()) {
      record.captions.push_back({std::move(text), "en", "filled"});
      tally.add("caption filled in", record.id);
      return nullptr;
    }
  }
  if (rules.missing == "keep" || !says_nothing(record)) return nullptr;
  return had_captions ? "no caption is left" : "no caption";
}

bool is_word_by_itself(char32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
         (c >= 0x20000 && c <= 0x323af);
}

int count_words(std::string_view text) {
  int words = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    char32_t c = byte;
    if (byte < 0x80)
      ++at;
    else
      c = unicode::next(text, at);
    const bool space = c < 0x80 ? c <= ' ' : unicode::is_space(c);
    if (is_word_by_itself(c)) {
      ++words;
      inside = false;
      continue;
    }
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

int count_characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace sensorium
