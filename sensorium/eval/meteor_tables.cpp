#include "sensorium/eval/meteor_tables.h"

#include "sensorium/eval/table_lines.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace sensorium {
namespace {

constexpr const char* kWord = "a word without spaces";

std::string whole_word(const TableLines& lines, std::string_view line) {
  std::string_view rest = line;
  const std::string_view word = lines.word(rest, kWord);
  if (!rest.empty()) throw lines.fault(kWord, line);
  return std::string(word);
}

/// The base forms that WordNet's endings leave of a word, in its order; none of words of two letters or on -ss.
std::vector<std::string> detached(const std::string& word) {
  constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
      {"s", ""},      {"ses", "s"}, {"xes", "x"}, {"zes", "z"}, {"ches", "ch"}, {"shes", "sh"},
      {"men", "man"}, {"ies", "y"}, {"es", "e"},  {"es", ""},   {"ed", "e"},    {"ed", ""},
      {"ing", "e"},   {"ing", ""},  {"er", ""},   {"est", ""},  {"er", "e"},    {"est", "e"}};
  std::vector<std::string> bases;
  if (word.size() <= 2 || word.ends_with("ss")) return bases;
  for (const auto& [ending, instead] : kEndings)
    if (word.ends_with(ending)) bases.push_back(word.substr(0, word.size() - ending.size()) + std::string(instead));
  return bases;
}

}  // namespace

MeteorSynonyms MeteorSynonyms::read(const fs::path& synsets, const fs::path& exceptions) {
  MeteorSynonyms out;
  std::string_view line;
  TableLines words(synsets);
  while (words.next(line)) {
    std::vector<int32_t>& sets = out.sets_[whole_word(words, line)];
    constexpr const char* kSets = "numbers of sets with single spaces between";
    std::string_view rest = words.require(kSets);
    do {
      const std::string_view number = words.word(rest, kSets);
      int32_t set = 0;
      const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), set);
      if (fault != std::errc() || end != number.data() + number.size()) throw words.fault(kSets, number);
      sets.push_back(set);
    } while (!rest.empty());
  }
  TableLines irregular(exceptions);
  while (irregular.next(line)) {
    const std::string base = whole_word(irregular, line);
    constexpr const char* kForms = "irregular forms with single spaces between";
    std::string_view rest = irregular.require(kForms);
    do out.bases_[std::string(irregular.word(rest, kForms))].push_back(base);
    while (!rest.empty());
  }
  return out;
}

std::vector<int32_t> MeteorSynonyms::sets_of(const std::string& word) const {
  std::vector<int32_t> sets;
  const auto add = [&](const std::string& known) {
    const auto found = sets_.find(known);
    if (found == sets_.end()) return false;
    sets.insert(sets.end(), found->second.begin(), found->second.end());
    return true;
  };
  add(word);
  if (const auto found = bases_.find(word); found != bases_.end()) {
    for (const std::string& base : found->second) add(base);
  } else {
    for (const std::string& base : detached(word))
      if (add(base)) break;
  }
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  return sets;
}

std::unordered_set<std::string> read_function_words(const fs::path& path) {
  std::unordered_set<std::string> words;
  TableLines lines(path);
  for (std::string_view line; lines.next(line);) words.insert(whole_word(lines, line));
  return words;
}

NonbreakingPrefixes read_nonbreaking_prefixes(const fs::path& path) {
  constexpr std::string_view kNumeric = "#NUMERIC_ONLY#", kSpace = " \t\r";
  NonbreakingPrefixes prefixes;
  TableLines lines(path);
  for (std::string_view line; lines.next(line);) {
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    if (line.empty() || line[0] == '#') continue;
    const bool numeric = line.ends_with(kNumeric);
    if (numeric) line.remove_suffix(kNumeric.size());
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    prefixes[whole_word(lines, line)] = numeric;
  }
  return prefixes;
}

MeteorTables read_meteor_tables(const fs::path& folder) {
  MeteorTables tables;
  tables.function_words = read_function_words(folder / "function/english.words");
  tables.prefixes = read_nonbreaking_prefixes(folder / "nonbreaking/english.prefixes");
  tables.synonyms = MeteorSynonyms::read(folder / "synonym/english.synsets", folder / "synonym/english.exceptions");
  tables.paraphrases = MeteorParaphrases::read(folder / "paraphrase-en.gz");
  return tables;
}

fs::path meteor_folder() {
  const char* folder = std::getenv("SENSORIUM_METEOR");
  return folder == nullptr ? fs::path() : fs::path(folder);
}

}  // namespace sensorium
