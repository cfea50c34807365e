#include "sensorium/eval/meteor.h"

#include "sensorium/base/threads.h"

#include <cmath>

namespace sensorium {
namespace {

constexpr double kAlpha = 0.85, kBeta = 0.2, kGamma = 0.6, kDelta = 0.75;

/// The share of a text's words that are matched, content words by delta, function words by the rest.
double matched_share(const MeteorCounts::Words& words) {
  double matched = 0;
  for (size_t m = 0; m < kMeteorModules; ++m)
    matched += kMeteorModuleWeights[m] * (kDelta * static_cast<double>(words.content_matches[m]) +
                                          (1 - kDelta) * static_cast<double>(words.function_matches[m]));
  const double all =
      kDelta * static_cast<double>(words.all - words.function) + (1 - kDelta) * static_cast<double>(words.function);
  return all > 0 ? matched / all : 0;
}

bool is_whole(const MeteorCounts& c) {
  return c.chunks == 1 && c.candidate.matched == c.candidate.all && c.reference.matched == c.reference.all;
}

void add_words(MeteorCounts::Words& to, const MeteorCounts::Words& words) {
  to.all += words.all;
  to.function += words.function;
  to.matched += words.matched;
  for (size_t m = 0; m < kMeteorModules; ++m) {
    to.content_matches[m] += words.content_matches[m];
    to.function_matches[m] += words.function_matches[m];
  }
}

void count_all(MeteorCounts::Words& words, const MeteorText& text) {
  words.all = static_cast<int64_t>(text.words.size());
  for (const MeteorWord* w : text.words) words.function += w->function ? 1 : 0;
}

void count_matched(MeteorCounts::Words& words, const MeteorText& text, MeteorModule module, int32_t start,
                   int32_t length) {
  words.matched += length;
  for (int32_t i = start; i < start + length; ++i) {
    auto& matches = text.words[static_cast<size_t>(i)]->function ? words.function_matches : words.content_matches;
    ++matches[static_cast<size_t>(module)];
  }
}

/// Texts of the same words need no search, and are spared what its beam may lose.
MeteorAlignment alignment_of(const MeteorText& candidate, const MeteorText& reference,
                             const MeteorParaphrases& paraphrases) {
  if (candidate.words != reference.words)
    return align_meteor(meteor_matches(candidate, reference, paraphrases), candidate.words.size());
  MeteorAlignment alignment;
  for (int32_t i = 0; i < static_cast<int32_t>(candidate.words.size()); ++i)
    alignment.matches.push_back({MeteorModule::exact, i, 1, i, 1});
  alignment.chunks = candidate.words.empty() ? 0 : 1;
  return alignment;
}

MeteorCounts counts_of(const MeteorText& candidate, const MeteorText& reference, const MeteorParaphrases& paraphrases) {
  const MeteorAlignment alignment = alignment_of(candidate, reference, paraphrases);
  MeteorCounts counts;
  count_all(counts.candidate, candidate);
  count_all(counts.reference, reference);
  counts.chunks = alignment.chunks;
  for (const MeteorMatch& m : alignment.matches) {
    count_matched(counts.candidate, candidate, m.module, m.start, m.length);
    count_matched(counts.reference, reference, m.module, m.reference_start, m.reference_length);
  }
  return counts;
}

}  // namespace

void MeteorCounts::add(const MeteorCounts& other) {
  chunks += is_whole(other) ? 0 : other.chunks;
  add_words(candidate, other.candidate);
  add_words(reference, other.reference);
}

double MeteorCounts::score() const {
  const double precision = matched_share(candidate), recall = matched_share(reference);
  if (precision == 0 || recall == 0) return 0;
  const double mean = precision * recall / (kAlpha * precision + (1 - kAlpha) * recall);
  const double matched = static_cast<double>(candidate.matched + reference.matched) / 2;
  const double fragmentation = is_whole(*this) ? 0 : static_cast<double>(chunks) / matched;
  return mean * (1 - kGamma * std::pow(fragmentation, kBeta));
}

std::vector<MeteorCounts> meteor_counts(const CaptionSet& set, const MeteorTables& tables, int threads) {
  require_captions(set, "meteor");
  MeteorTextReader reader(tables);
  std::vector<MeteorText> candidates;
  std::vector<std::vector<MeteorText>> references;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    candidates.push_back(reader.read(set.candidates[i]));
    references.emplace_back();
    for (const std::string& r : set.references[i]) references.back().push_back(reader.read(r));
  }
  std::vector<MeteorCounts> best(candidates.size());
  parallel_for(candidates.size(), threads, [&](size_t i) {
    for (size_t r = 0; r < references[i].size(); ++r) {
      const MeteorCounts counts = counts_of(candidates[i], references[i][r], tables.paraphrases);
      if (r == 0 || counts.score() > best[i].score()) best[i] = counts;
    }
  });
  return best;
}

CorpusScore score_of(const std::vector<MeteorCounts>& counts) {
  CorpusScore score;
  MeteorCounts all;
  for (const MeteorCounts& item : counts) {
    all.add(item);
    score.items.push_back(item.score());
  }
  score.corpus = all.score();
  return score;
}

CorpusScore meteor(const CaptionSet& set, const MeteorTables& tables, int threads) {
  return score_of(meteor_counts(set, tables, threads));
}

}  // namespace sensorium
