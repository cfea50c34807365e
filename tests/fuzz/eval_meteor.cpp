#include "sensorium/base/error.h"
#include "sensorium/eval/meteor.h"
#include "tests/fuzz/temporary.h"

/// Words, paraphrases, synonyms and a text, with U+001E between.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const auto next_file = [&] {
    const std::string_view part = fuzz::take_part(rest, '\x1e');
    return fuzz::file_of(reinterpret_cast<const uint8_t*>(part.data()), part.size());
  };
  try {
    MeteorTables tables;
    const fs::path words = next_file();
    tables.prefixes = read_nonbreaking_prefixes(words);
    tables.function_words = read_function_words(words);
    tables.paraphrases = MeteorParaphrases::read(next_file());
    const fs::path synonyms = next_file();
    tables.synonyms = MeteorSynonyms::read(synonyms, synonyms);
    const std::string line(rest.substr(0, 200));
    meteor({{line}, {{line.substr(line.size() / 2)}}}, tables, 1);
  } catch (const Error&) {
  }
  return 0;
}
