#pragma once
// Words as METEOR 1.5 counts them with -norm: for English, by the rules of the Moses tokenizer (Koehn et al., "Moses:
// open source toolkit for statistical machine translation", 2007) with METEOR's own for quotes, hyphens and acronyms.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// Words that keep a full stop after them; true where they do only before a number ("No. 5").
using NonbreakingPrefixes = std::map<std::string, bool, std::less<>>;

/// The words of one line in lower case: clitics apart ("dog 's" gives dog ' s, "it's" gives it 's), words joined by one
/// hyphen apart without it, acronyms without their full stops (u.s. gives us), numbers whole with their commas and
/// points, runs of full stops whole; what is no letter of a Latin or Cyrillic alphabet, no digit, comma, quote, hyphen
/// or full stop stands alone. White space separates; invalid bytes count as U+FFFD. Thread-safe.
std::vector<std::string> meteor_words(std::string_view line, const NonbreakingPrefixes& prefixes);

}  // namespace sensorium
