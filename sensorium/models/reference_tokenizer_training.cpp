// The lists of vocabulary training.
#include "sensorium/models/reference_tokenizer_lists.h"
#include "sensorium/text/pair_merges.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/text/train_unigram.h"

#include <algorithm>

namespace sensorium::reference_tokenizers {

namespace {

std::string name_of(const Folder& folder, const std::string& name) {
  return (folder.path.filename() / "train" / name).string();
}

WordCounts counted(const fs::path& corpus, void (*count)(std::string_view, WordCounts&)) {
  WordCounts words;
  for (const std::string& line : read_lines(corpus)) count(line, words);
  return words;
}

CaseResult check_byte_level(const Folder& folder, const fs::path& path) {
  EqualityReport report(name_of(folder, path.stem().string()));
  report.run(path.filename().string(), [&] {
    const Json golden = read_json(path);
    const std::string source = path.string();
    const WordCounts words =
        counted(folder.path / json_get<std::string>(golden, "corpus", source), count_byte_level_words);
    const auto trained = train_byte_level_bpe(words,
                                              {.vocab_size = json_get<int64_t>(golden, "vocab_size", source),
                                               .min_frequency = json_get<int64_t>(golden, "min_frequency", source)},
                                              json_get<std::vector<std::string>>(golden, "special_tokens", source));
    report.check(trained->merges() == json_get<std::vector<Merge>>(golden, "merges", source),
                 [] { return "other merges"; });
    report.check(trained->vocabulary().tokens() == json_get<std::vector<std::string>>(golden, "vocab", source),
                 [] { return "another vocabulary"; });
  });
  return report.finish();
}

/// Tokens that the captions among the strings take; none of them is in the corpus that was learnt from.
size_t tokens_of_captions(const Folder& folder, const Tokenizer& tokenizer) {
  size_t total = 0;
  for (const Sample& s : folder.samples)
    if (s.kind == "flickr8k" || s.kind == "caption") total += tokenizer.encode(s.text, false).size();
  return total;
}

CaseResult check_wordpiece(const Folder& folder) {
  EqualityReport report(name_of(folder, "wordpiece_1000"));
  report.run("wordpiece_1000", [&] {
    const auto reference = load_tokenizer(folder.path / "wordpiece_1000");
    const WordCounts words = counted(folder.path / "corpus_multi.txt", [](std::string_view text, WordCounts& counts) {
      count_bert_words(text, {}, counts);
    });
    const auto trained = train_wordpiece(words, {.vocab_size = 1000, .min_frequency = 0, .alphabet_limit = 1000});
    const size_t most = tokens_of_captions(folder, *reference), got = tokens_of_captions(folder, *trained);
    report.check(trained->vocab_size() <= 1000,
                 [&] { return fmt::format("expected at most 1000 tokens, got {}", trained->vocab_size()); });
    report.check(got <= most, [&] { return fmt::format("expected captions in at most {} tokens, got {}", most, got); });
  });
  return report.finish();
}

/// The sentencepiece library of this machine may be another version than the reference's, and learns slightly other
/// pieces: four in five have to be the same.
CaseResult check_unigram(const Folder& folder) {
  EqualityReport report(name_of(folder, "sp_unigram"));
  report.run("sp_unigram", [&] {
    const auto reference = load_tokenizer(folder.path / "sp_unigram");
    const auto trained = train_unigram(read_lines(folder.path / "corpus_multi.txt"),
                                       {.vocab_size = reference->vocab_size(),
                                        .character_coverage = 0.98,
                                        .layout = UnigramTrainOptions::Layout::sentencepiece});
    int64_t same = 0;
    for (const std::string& piece : trained->vocabulary().tokens()) same += reference->token_to_id(piece) >= 0;
    report.check(trained->vocab_size() == reference->vocab_size(), [&] {
      return fmt::format("expected {} pieces, got {}", reference->vocab_size(), trained->vocab_size());
    });
    report.check(5 * same >= 4 * reference->vocab_size(), [&] {
      return fmt::format("expected four in five of {} pieces, got {}", reference->vocab_size(), same);
    });
  });
  return report.finish();
}

/// Which of the merges is not the most frequent pair of its turn, counted anew each time; -1 when all are.
int64_t first_merge_out_of_turn(std::vector<CountedWord>& words, Vocabulary& vocabulary,
                                const std::vector<Merge>& merges) {
  for (size_t m = 0; m < merges.size(); ++m) {
    std::map<std::pair<int32_t, int32_t>, int64_t> counts;
    for (const CountedWord& w : words)
      for (size_t i = 0; i + 1 < w.symbols.size(); ++i) counts[{w.symbols[i], w.symbols[i + 1]}] += w.count;
    int64_t best = 0;
    for (const auto& [pair, n] : counts) best = std::max(best, n);
    const auto id_of = [&](const std::string& token) {
      if (vocabulary.find(token) < 0) vocabulary.add(token, vocabulary.size(), "merges");
      return vocabulary.find(token);
    };
    const int32_t left = id_of(merges[m].first), right = id_of(merges[m].second),
                  both = id_of(merges[m].first + merges[m].second);
    if (counts[{left, right}] != best) return static_cast<int64_t>(m);
    for (CountedWord& w : words) {
      std::vector<int32_t> joined;
      for (size_t i = 0; i < w.symbols.size(); ++i) {
        const bool match = i + 1 < w.symbols.size() && w.symbols[i] == left && w.symbols[i + 1] == right;
        joined.push_back(match ? both : w.symbols[i]);
        i += match;
      }
      w.symbols = std::move(joined);
    }
  }
  return -1;
}

/// Words of `tokenizers`' Whitespace (\w+ and [^\w\s]+) in lower case.
void count_plain_words(std::string_view text, WordCounts& words) {
  std::u32string lower;
  for (char32_t c : unicode::decode(text)) unicode::append_lower(lower, c);
  const auto kind = [](char32_t c) {
    if (unicode::is_space(c)) return 0;
    return unicode::is_letter(c) || unicode::is_number(c) || unicode::is_nonspacing_mark(c) || c == '_' ? 1 : 2;
  };
  for (size_t at = 0; at < lower.size();) {
    size_t end = at;
    while (end < lower.size() && kind(lower[end]) == kind(lower[at])) ++end;
    if (kind(lower[at]) != 0) words.add(unicode::encode(std::u32string_view(lower).substr(at, end - at)));
    at = end;
  }
}

CaseResult check_suffix(const Folder& folder, const fs::path& path) {
  EqualityReport report(name_of(folder, path.stem().string()));
  report.run(path.filename().string(), [&] {
    const Json golden = read_json(path);
    const WordCounts words = counted(folder.path / "corpus_2000.txt", count_plain_words);
    Vocabulary vocabulary;
    std::vector<CountedWord> rows;
    for (const auto& [word, n] : words.sorted()) {
      const std::u32string characters = unicode::decode(word);
      CountedWord row{{}, n};
      for (size_t i = 0; i < characters.size(); ++i) {
        const std::string token =
            unicode::encode(std::u32string_view(characters).substr(i, 1)) + (i + 1 == characters.size() ? "</w>" : "");
        if (vocabulary.find(token) < 0) vocabulary.add(token, vocabulary.size(), "corpus");
        row.symbols.push_back(vocabulary.find(token));
      }
      rows.push_back(std::move(row));
    }
    const int64_t wrong =
        first_merge_out_of_turn(rows, vocabulary, json_get<std::vector<Merge>>(golden, "merges", path.string()));
    report.check(wrong < 0, [&] { return fmt::format("merge {} is not of the most frequent pair", wrong); });
  });
  return report.finish();
}

CaseResult check_word_counts(const Folder& folder, const fs::path& path) {
  EqualityReport report(name_of(folder, path.stem().string()));
  report.run(path.filename().string(), [&] {
    const WordCounts words = counted(folder.path / "corpus_2000.txt", [](std::string_view text, WordCounts& counts) {
      const std::u32string lower = unicode::python_lower(unicode::decode(text));
      for (size_t at = 0; at < lower.size();) {
        size_t end = at;
        while (end < lower.size() && !unicode::is_python_space(lower[end])) ++end;
        counts.add(unicode::encode(std::u32string_view(lower).substr(at, end - at)));
        at = end + 1;
      }
    });
    auto got = words.sorted();
    std::stable_sort(got.begin(), got.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    const Json golden = read_json(path);
    report.check(got == json_get<std::vector<std::pair<std::string, int64_t>>>(golden, "counts", path.string()),
                 [] { return "other counts"; });
  });
  return report.finish();
}

}  // namespace

std::vector<CaseResult> check_training(const Folder& folder) {
  std::vector<CaseResult> results;
  std::vector<fs::path> files;
  if (fs::is_directory(folder.path / "train"))
    for (const auto& entry : fs::directory_iterator(folder.path / "train")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (name.starts_with("bytelevel_")) results.push_back(check_byte_level(folder, file));
    if (name.starts_with("suffix_")) results.push_back(check_suffix(folder, file));
    if (name.starts_with("word_counts")) results.push_back(check_word_counts(folder, file));
  }
  if (fs::exists(folder.path / "wordpiece_1000") && fs::exists(folder.path / "corpus_multi.txt"))
    results.push_back(check_wordpiece(folder));
  if (fs::exists(folder.path / "sp_unigram") && fs::exists(folder.path / "corpus_multi.txt"))
    results.push_back(check_unigram(folder));
  return results;
}

}  // namespace sensorium::reference_tokenizers
