#include "sensorium/eval/meteor_matches.h"

#include "sensorium/base/error.h"

#include <libstemmer.h>

#include <algorithm>

namespace sensorium {
namespace {

bool share_one(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) return true;
    if (*i < *j)
      ++i;
    else
      ++j;
  }
  return false;
}

bool match(const MeteorWord& a, const MeteorWord& b, MeteorModule module) {
  if (module == MeteorModule::exact) return a.number == b.number;
  if (a.number == b.number) return false;
  return module == MeteorModule::stem ? a.stem == b.stem : share_one(a.synonyms, b.synonyms);
}

/// Calls found(phrase of `from`, phrase of `to`) for those that the table pairs in this direction: by place in `from`,
/// in the table's order, by place in `to`.
template <class Found>
void for_each_paraphrase(const MeteorText& from, const MeteorText& to, const MeteorParaphrases& paraphrases,
                         const Found& found) {
  for (const MeteorPhrase& phrase : from.phrases)
    for (const uint32_t wanted : paraphrases.of(phrase.number)) {
      auto other = std::lower_bound(to.by_number.begin(), to.by_number.end(), wanted,
                                    [](const MeteorPhrase& p, uint32_t number) { return p.number < number; });
      for (; other != to.by_number.end() && other->number == wanted; ++other) found(phrase, *other);
    }
}

}  // namespace

struct MeteorTextReader::Stemmer {
  sb_stemmer* handle = sb_stemmer_new("english", "UTF_8");
  ~Stemmer() { sb_stemmer_delete(handle); }
};

MeteorTextReader::MeteorTextReader(const MeteorTables& tables)
    : tables_(tables), stemmer_(std::make_unique<Stemmer>()) {
  SENSORIUM_ASSERT(stemmer_->handle != nullptr);
}

MeteorTextReader::~MeteorTextReader() = default;

const MeteorWord& MeteorTextReader::word_of(const std::string& word) {
  const auto [found, added] = words_.try_emplace(word);
  if (!added) return found->second;
  MeteorWord& facts = found->second;
  facts.number = static_cast<int32_t>(words_.size());
  const auto* bytes = reinterpret_cast<const sb_symbol*>(word.data());
  const sb_symbol* stem = sb_stemmer_stem(stemmer_->handle, bytes, static_cast<int>(word.size()));
  if (stem == nullptr) throw std::bad_alloc();
  const std::string text(reinterpret_cast<const char*>(stem), static_cast<size_t>(sb_stemmer_length(stemmer_->handle)));
  facts.stem = stems_.try_emplace(text, static_cast<int32_t>(stems_.size())).first->second;
  facts.function = tables_.function_words.contains(word);
  facts.synonyms = tables_.synonyms.sets_of(word);
  return facts;
}

MeteorText MeteorTextReader::read(std::string_view line) {
  const std::vector<std::string> words = meteor_words(line, tables_.prefixes);
  MeteorText text;
  for (size_t i = 0; i < words.size(); ++i) {
    text.words.push_back(&word_of(words[i]));
    std::string phrase;
    for (size_t n = 1; n <= std::min(tables_.paraphrases.longest(), words.size() - i); ++n) {
      if (n > 1) phrase += ' ';
      phrase += words[i + n - 1];
      if (const auto number = tables_.paraphrases.number_of(phrase))
        text.phrases.push_back({static_cast<int32_t>(i), static_cast<int32_t>(n), *number});
    }
  }
  text.by_number = text.phrases;
  std::stable_sort(text.by_number.begin(), text.by_number.end(),
                   [](const MeteorPhrase& a, const MeteorPhrase& b) { return a.number < b.number; });
  return text;
}

std::vector<std::vector<MeteorMatch>> meteor_matches(const MeteorText& candidate, const MeteorText& reference,
                                                     const MeteorParaphrases& paraphrases) {
  std::vector<std::vector<MeteorMatch>> matches(reference.words.size());
  for (const MeteorModule module : {MeteorModule::exact, MeteorModule::stem, MeteorModule::synonym})
    for (size_t r = 0; r < reference.words.size(); ++r)
      for (size_t c = 0; c < candidate.words.size(); ++c)
        if (match(*candidate.words[c], *reference.words[r], module))
          matches[r].push_back({module, static_cast<int32_t>(c), 1, static_cast<int32_t>(r), 1});
  const auto add = [&](const MeteorPhrase& c, const MeteorPhrase& r) {
    matches[static_cast<size_t>(r.start)].push_back({MeteorModule::paraphrase, c.start, c.length, r.start, r.length});
  };
  for_each_paraphrase(reference, candidate, paraphrases, [&](const auto& r, const auto& c) { add(c, r); });
  for_each_paraphrase(candidate, reference, paraphrases, add);
  return matches;
}

}  // namespace sensorium
