#include "sensorium/text/unigram_tokenizer.h"

#include <algorithm>
#include <cmath>

#include "sensorium/base/error.h"
#include "sensorium/text/sentencepiece_normalizer.h"
#include "sensorium/text/unicode.h"

namespace sensorium {

UnigramTokenizer::UnigramTokenizer(UnigramVocabulary pieces, Vocabulary vocabulary, TokenizerSettings settings,
                                   std::vector<NormalizerStep> normalizer, MetaspaceOptions options,
                                   std::string document, std::string config, std::string_view source)
    : Tokenizer(std::move(settings)),
      pieces_(std::move(pieces)),
      vocabulary_(std::move(vocabulary)),
      added_(settings_.added, [&](std::string_view token) { return normalize_text(normalizer, token); }),
      normalizer_(std::move(normalizer)),
      options_(options),
      document_(std::move(document)),
      config_(std::move(config)) {
  if (pieces_.unk_id < 0 || static_cast<size_t>(pieces_.unk_id) >= pieces_.pieces.size())
    throw InputError("tokenizer", "{}: expected an unk_id from 0 to {}, got {}", source,
                     static_cast<int64_t>(pieces_.pieces.size()) - 1, pieces_.unk_id);
  std::vector<Unigram::Piece> entries;
  double lowest = INFINITY, highest = -INFINITY;
  for (size_t id = 0; id < pieces_.pieces.size(); ++id) {
    const auto& [piece, score] = pieces_.pieces[id];
    if (piece.empty() || !std::isfinite(score))
      throw InputError("tokenizer", "{}: expected pieces with finite scores, got \"{}\" with {} as {}", source, piece,
                       score, id);
    entries.push_back({piece, static_cast<int32_t>(id), score});
    lowest = std::min(lowest, score);
    highest = std::max(highest, score);
  }
  unigram_ = Unigram(std::move(entries), lowest, highest, pieces_.unk_id, false);
  settings_.special.unk = pieces_.unk_id;
  for (int byte = 0; byte < 256 && pieces_.byte_fallback; ++byte)
    bytes_.push_back(vocabulary_.find(fmt::format("<0x{:02X}>", byte)));
}

void UnigramTokenizer::append_word(std::string_view word, std::vector<int32_t>& ids) const {
  std::vector<CutPiece> pieces;
  unigram_.cut(word, pieces);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].id != pieces_.unk_id) {
      ids.push_back(pieces[i].id);
      continue;
    }
    std::string_view run = pieces[i].bytes;  // unknown characters side by side are one
    while (i + 1 < pieces.size() && pieces[i + 1].id == pieces_.unk_id)
      run = {run.data(), run.size() + pieces[++i].bytes.size()};
    const bool spelled = !bytes_.empty() && std::all_of(run.begin(), run.end(),
                                                        [&](char c) { return bytes_[static_cast<uint8_t>(c)] >= 0; });
    if (!spelled) ids.push_back(pieces_.unk_id);
    for (size_t k = 0; spelled && k < run.size(); ++k) ids.push_back(bytes_[static_cast<uint8_t>(run[k])]);
  }
}

/// Words of a normalised text. `first`: nothing of the text stands before it.
void UnigramTokenizer::append_normal(std::string_view text, bool first, std::vector<int32_t>& ids) const {
  const auto words = [&](std::string_view part, bool at_start) {
    if (part.empty()) return;
    if (!options_.metaspace) return append_word(part, ids);
    std::string spelled;
    const bool prepend = options_.prepend == MetaspaceOptions::Prepend::always ||
                         (options_.prepend == MetaspaceOptions::Prepend::first && at_start);
    if (prepend && !part.starts_with(' ') && !part.starts_with(kSpaceSymbol)) spelled = kSpaceSymbol;
    for (char c : part)
      if (c == ' ')
        spelled += kSpaceSymbol;
      else
        spelled += c;
    for (size_t at = 0; at < spelled.size();) {
      const size_t end = options_.split ? std::min(spelled.find(kSpaceSymbol, at + 1), spelled.size()) : spelled.size();
      append_word(std::string_view(spelled).substr(at, end - at), ids);
      at = end;
    }
  };
  if (!options_.split_white) return words(text, first);
  for (size_t at = 0; at < text.size();) {
    size_t end = at, next = at;
    while (end < text.size() && !unicode::is_space(unicode::next(text, next))) end = next;
    words(text.substr(at, end - at), first && at == 0);
    at = std::max(end, next);
  }
}

void UnigramTokenizer::encode_plain(std::string_view text, std::vector<int32_t>& ids) const {
  const auto token = [&](int32_t id) { ids.push_back(id); };
  const auto plain = [&](std::string_view piece) {
    const bool first = piece.data() == text.data();
    const std::string normal = normalize_text(normalizer_, piece);
    added_.split(
        normal, true, [&](std::string_view part) { append_normal(part, first && part.data() == normal.data(), ids); },
        token);
  };
  added_.split(text, false, plain, token);
}

std::string UnigramTokenizer::decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string text;
  bool first = true;
  for (int32_t id : ids) {
    const std::string_view token = vocabulary_.token(id);
    if (skip_special_tokens && added_.is_special(id)) continue;
    for (size_t at = 0; at < token.size();) {
      if (options_.metaspace && token.substr(at).starts_with(kSpaceSymbol)) {
        if (!first || options_.prepend == MetaspaceOptions::Prepend::never) text += ' ';
        at += kSpaceSymbol.size();
      } else {
        text += token[at++];
      }
    }
    first = false;
  }
  return text;
}

}  // namespace sensorium
