#include "sensorium/models/reference_tokenizers.h"

#include "sensorium/base/sha256.h"
#include "sensorium/models/reference_tokenizer_lists.h"
#include "sensorium/text/bpe_tokenizer.h"
#include "sensorium/text/wordpiece_tokenizer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace sensorium {

namespace reference_tokenizers {

std::string Folder::text(int64_t line) const {
  if (line < 0 || static_cast<size_t>(line) >= samples.size())
    throw InputError("verify", "{}: expected line numbers from 0 to {}, got {}", path.string(),
                     static_cast<int64_t>(samples.size()) - 1, line);
  return samples[static_cast<size_t>(line)].text;
}

std::vector<std::string> read_lines(const fs::path& path) {
  const std::string content = read_file(path);
  std::vector<std::string> lines;
  for (size_t at = 0; at < content.size();) {
    const size_t end = std::min(content.find('\n', at), content.size());
    lines.push_back(content.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<Json> read_json_lines(const fs::path& path) {
  std::vector<Json> values;
  for (const std::string& line : read_lines(path)) values.push_back(parse_json(line, path.string()));
  return values;
}

Folder read_folder(const fs::path& path) {
  Folder folder{path, {}, read_json(path / "manifest.json")};
  const std::string source = (path / "strings.jsonl").string();
  for (const Json& line : read_json_lines(path / "strings.jsonl"))
    folder.samples.push_back(
        {json_get<std::string>(line, "kind", source), json_get<std::string>(line, "text", source)});
  return folder;
}

std::string shown(const std::string& text) {
  return Json(text.substr(0, 80)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace reference_tokenizers

namespace {

using namespace reference_tokenizers;

constexpr size_t kStored = 160;  // ids of a row that the files keep

/// A folder of shared/data/tokenizers.
fs::path shared_vocabulary(const fs::path& near, const std::string& name) {
  std::vector<fs::path> tried;
  if (const char* data = std::getenv("SHARED_DATA")) tried.push_back(fs::path(data) / "tokenizers" / name);
  const auto above = [&](fs::path at) {
    for (at = fs::weakly_canonical(at);; at = at.parent_path()) {
      tried.push_back(at / "data" / "tokenizers" / name);
      tried.push_back(at / "shared" / "data" / "tokenizers" / name);
      if (at == at.parent_path()) return;
    }
  };
  above(near);
  above(fs::current_path());
  for (const fs::path& folder : tried)
    if (fs::is_directory(folder)) return folder;
  throw InputError("verify", "{}: expected the folder data/tokenizers/{} above it (or in $SHARED_DATA), got none",
                   near.string(), name);
}

std::unique_ptr<Tokenizer> clip(const fs::path& near, Cleaning cleaning) {
  const fs::path folder = shared_vocabulary(near, "clip");
  auto loaded = load_tokenizer(folder);
  const auto* plain = dynamic_cast<const ClipTokenizer*>(loaded.get());
  if (plain == nullptr)
    throw InputError("verify", "{}: expected CLIP's tokenizer, got {}", folder.string(), loaded->kind());
  if (cleaning == Cleaning::none) return loaded;
  TokenizerSettings settings = plain->settings();
  settings.fill = 0;
  return std::make_unique<ClipTokenizer>(plain->vocabulary(), plain->merges(), settings, cleaning, folder.string());
}

std::unique_ptr<Tokenizer> bert(const fs::path& near, const BertNormalization& normalization, bool blip = false) {
  const fs::path folder = shared_vocabulary(near, "bert-base-uncased");
  const auto loaded = load_tokenizer(folder);
  const auto* plain = dynamic_cast<const WordPieceTokenizer*>(loaded.get());
  if (plain == nullptr)
    throw InputError("verify", "{}: expected BERT's tokenizer, got {}", folder.string(), loaded->kind());
  Vocabulary vocabulary = plain->vocabulary();
  TokenizerSettings settings = plain->settings();
  for (const char* token : {"[DEC]", "[ENC]"}) {
    if (!blip) break;
    settings.added.push_back({token, static_cast<int32_t>(vocabulary.size())});
    vocabulary.add(token, vocabulary.size(), folder.string());
  }
  return std::make_unique<WordPieceTokenizer>(std::move(vocabulary), std::move(settings), normalization,
                                              folder.string());
}

/// The tokenizer that made a list, by its name.
std::unique_ptr<Tokenizer> tokenizer_of(const fs::path& path, const std::string& name) {
  if (name == "clip_hf" || name == "clip_hf_cleaned") return clip(path, Cleaning::none);
  if (name == "clip_openai") return clip(path, Cleaning::lower);
  if (name == "clip_canonicalize") return clip(path, Cleaning::canonicalize);
  if (name == "bert_uncased" || name == "bert_pairs") return bert(path, {});
  if (name == "bert_no_lower") return bert(path, {.strip_accents = false, .lowercase = false});
  if (name == "bert_lower_keep_accents") return bert(path, {.strip_accents = false});
  if (name == "bert_no_chinese_split") return bert(path, {.handle_chinese_chars = false});
  if (name == "bert_no_lower_strip") return bert(path, {.lowercase = false});
  if (name == "blip") return bert(path, {}, true);
  return load_tokenizer(path / name);
}

std::vector<int64_t> integers(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.at(name);
  const auto read = [&]<class T>(T) {
    std::vector<T> values(view.numel());
    std::memcpy(values.data(), view.data.data(), view.data.size());
    return std::vector<int64_t>(values.begin(), values.end());
  };
  if (view.dtype == SafeDType::U8) return read(uint8_t{});
  if (view.dtype == SafeDType::U16) return read(uint16_t{});
  if (view.dtype == SafeDType::I32) return read(int32_t{});
  throw InputError("verify", "{}: expected \"{}\" as U8, U16 or I32, got {}", file.path().string(), name,
                   dtype_name(view.dtype));
}

std::string hash_of(const std::vector<int32_t>& ids) {
  return sha256_hex(std::as_bytes(std::span(ids)));
}

std::string cleaned(const std::string& text) {
  return unicode::encode(clean_text(unicode::decode(text), Cleaning::lower));
}

void check_ids(const Folder& folder, const std::string& name, const SafetensorsFile& file, const Tokenizer& tokenizer,
               EqualityReport& report) {
  const auto ids = integers(file, "ids"), offsets = integers(file, "offsets"), lengths = integers(file, "lengths");
  const bool chosen = file.tensors().count("strings") > 0;
  const auto lines = chosen ? integers(file, "strings") : std::vector<int64_t>();
  const Json& entry = folder.manifest["files"][name];
  const Json hashes = entry.value("cut_rows_sha256_of_le_uint32_ids", Json::object());
  if (offsets.size() != lengths.size() + 1 || (chosen && lines.size() != lengths.size()))
    throw InputError("verify", "{}: expected one offset, length and line a row, got {}, {} and {}",
                     file.path().string(), offsets.size(), lengths.size(), lines.size());
  for (size_t row = 0; row < lengths.size(); ++row) {
    const int64_t line = chosen ? lines[row] : static_cast<int64_t>(row), begin = offsets[row], end = offsets[row + 1];
    if (begin < 0 || begin > end || static_cast<size_t>(end) > ids.size())
      throw InputError("verify", "{}: expected offsets that rise to {}, got {} and {}", file.path().string(),
                       ids.size(), begin, end);
    const std::string text = name == "clip_hf_cleaned" ? cleaned(folder.text(line)) : folder.text(line);
    const std::vector<int32_t> got = tokenizer.encode(text);
    bool equal = static_cast<int64_t>(got.size()) == lengths[row] &&
                 std::equal(ids.begin() + begin, ids.begin() + end, got.begin(), got.begin() + (end - begin));
    if (equal && got.size() > kStored) equal = hashes.value(std::to_string(line), "") == hash_of(got);
    report.check(equal, [&] { return fmt::format("line {}: other ids for {}", line, shown(text)); });
  }
}

/// padded_LENGTH, with mask_LENGTH where there is one.
void check_padded(const Folder& folder, const SafetensorsFile& file, const Tokenizer& tokenizer,
                  EqualityReport& report) {
  for (const auto& [name, view] : file.tensors()) {
    if (!name.starts_with("padded_") || name == "padded_strings") continue;
    const std::string length = name.substr(7);
    const int64_t max_length = view.shape.size() == 2 ? view.shape[1] : 0;
    std::vector<std::string> texts;
    for (int64_t line : integers(file, "padded_strings")) texts.push_back(folder.text(line));
    const TokenBatch batch = tokenizer.encode_batch(texts, {.max_length = max_length, .padding = Padding::max_length});
    report.check(batch.input_ids == integers(file, name), [&name = name] { return name + ": other ids"; });
    if (file.tensors().count("mask_" + length) > 0)
      report.check(batch.attention_mask == integers(file, "mask_" + length),
                   [&name = name] { return name + ": another mask"; });
  }
}

void check_decoded(const Folder& folder, const std::string& name, const Tokenizer& tokenizer, EqualityReport& report) {
  const fs::path path = folder.path / (name + ".decode.jsonl");
  if (!fs::exists(path)) return;
  for (const Json& line : read_json_lines(path)) {
    const auto id = json_get<int64_t>(line, "id", path.string());
    std::vector<int32_t> ids = tokenizer.encode(folder.text(id));
    const auto compare = [&](const char* key, bool skip, bool clean_up = false) {
      if (!line.contains(key)) return;
      std::string got = tokenizer.decode(ids, skip);
      if (clean_up) got = clean_up_spaces(std::move(got));
      report.check(line[key] == got, [&] {
        return fmt::format("line {}: expected {} decoded as {}, got {}", id, key, shown(line[key]), shown(got));
      });
    };
    compare("with_special", false);
    compare("cleaned_up", true, true);
    if (name == "clip_openai" && ids.size() >= 2) ids = {ids.begin() + 1, ids.end() - 1};  // its own decode
    compare("text", name != "clip_openai");
  }
}

void check_pairs(const Folder& folder, const SafetensorsFile& file, const Tokenizer& tokenizer,
                 EqualityReport& report) {
  constexpr int64_t kLength = 40, kImpossible = 65535;
  const auto lines = integers(file, "pairs");
  constexpr std::pair<const char*, Truncation> strategies[] = {{"longest_first", Truncation::longest_first},
                                                               {"only_first", Truncation::only_first},
                                                               {"only_second", Truncation::only_second}};
  for (const auto& [name, strategy] : strategies) {
    const std::string suffix = name;
    const auto ids = integers(file, "ids_" + suffix), types = integers(file, "types_" + suffix),
               mask = integers(file, "mask_" + suffix);
    for (size_t k = 0; k * kLength < ids.size() && 2 * k + 1 < lines.size(); ++k) {
      const std::pair<std::string, std::string> pair{folder.text(lines[2 * k]), folder.text(lines[2 * k + 1])};
      const auto row = [&](const std::vector<int64_t>& all) {
        return std::vector<int64_t>(all.begin() + static_cast<std::ptrdiff_t>(k * kLength),
                                    all.begin() + static_cast<std::ptrdiff_t>((k + 1) * kLength));
      };
      const bool possible = ids[k * kLength] != kImpossible;
      bool equal = false;
      try {
        const TokenBatch batch = tokenizer.encode_pairs(
            {&pair, 1}, {.max_length = kLength, .padding = Padding::max_length, .truncation = strategy});
        equal = possible && batch.input_ids == row(ids) && batch.token_type_ids == row(types) &&
                batch.attention_mask == row(mask);
      } catch (const InputError&) {  // the strategy cannot reach the length
        equal = !possible;
      }
      report.check(equal, [&] { return fmt::format("{}, pair {}: other ids", suffix, k); });
    }
  }
}

CaseResult check_list(const Folder& folder, const std::string& name) {
  EqualityReport report((folder.path.filename() / name).string());
  report.run(name, [&] {
    const SafetensorsFile file(folder.path / (name + ".safetensors"));
    const auto tokenizer = tokenizer_of(folder.path, name);
    if (name == "bert_pairs") return check_pairs(folder, file, *tokenizer, report);
    check_ids(folder, name, file, *tokenizer, report);
    check_padded(folder, file, *tokenizer, report);
    check_decoded(folder, name, *tokenizer, report);
  });
  return report.finish();
}

std::vector<CaseResult> run_area(const fs::path& path) {
  const Folder folder = read_folder(fs::weakly_canonical(path));
  std::vector<CaseResult> results;
  if (fs::exists(path / "clean.jsonl")) results.push_back(check_cleaning(folder));
  if (fs::exists(path / "clip_pretokens.jsonl")) results.push_back(check_pretokens(folder));
  const Json files = json_get<Json>(folder.manifest, "files", (path / "manifest.json").string());
  for (const auto& [name, entry] : files.items()) results.push_back(check_list(folder, name));
  for (CaseResult& result : check_training(folder)) results.push_back(std::move(result));
  return results;
}

}  // namespace

ReferenceArea tokenizer_area() {
  return {"tokenizers",
          [](const fs::path& path) { return fs::exists(path / "strings.jsonl") && fs::exists(path / "manifest.json"); },
          run_area};
}

}  // namespace sensorium
