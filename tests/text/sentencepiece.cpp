// SentencePiece models and Unigram tokenizers: ids and decoding equal those of `sentencepiece` and `tokenizers`
// (tests/goldens/make/text_sentencepiece_small.py), before and after our own save.

#include <doctest/doctest.h>

#include "sensorium/base/base64.h"
#include "sensorium/base/json.h"
#include "sensorium/text/sentencepiece_tokenizer.h"
#include "tests/support/test_support.h"
#include "tests/text/golden_lines.h"

using namespace sensorium;

namespace {

fs::path folder() {
  return test::goldens() / "tokenizers";
}

/// sp_unigram as transformers converts XLM-R: other special tokens, ids moved by one.
void write_xlmr(const fs::path& to) {
  const fs::path file = folder() / "sp_unigram" / "sp_unigram.model";
  const SentencePieceModel model = parse_sentencepiece_model(read_file(file), file.string());
  OrderedJson vocab = OrderedJson::array();
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"}) vocab.push_back({token, 0.0});
  for (size_t id = 3; id < model.pieces.size(); ++id)
    vocab.push_back({model.pieces[id].piece, static_cast<double>(model.pieces[id].score)});
  vocab.push_back({"<mask>", 0.0});
  OrderedJson added = OrderedJson::array();
  for (int id : {0, 1, 2, 3, static_cast<int>(vocab.size()) - 1})
    added.push_back({{"id", id},
                     {"content", vocab[id][0]},
                     {"lstrip", vocab[id][0] == "<mask>"},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  const OrderedJson normalizers = {{{"type", "Precompiled"}, {"precompiled_charsmap", base64_encode(model.charsmap)}},
                                   {{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}},
                                   {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", "\u2581"}}};
  const OrderedJson metaspace = {
      {"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}, {"split", true}};
  const OrderedJson document = {
      {"version", "1.0"},
      {"added_tokens", added},
      {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
      {"pre_tokenizer", metaspace},
      {"post_processor",
       {{"type", "RobertaProcessing"},
        {"sep", OrderedJson::array({"</s>", 2})},
        {"cls", OrderedJson::array({"<s>", 0})}}},
      {"decoder", metaspace},
      {"model", {{"type", "Unigram"}, {"unk_id", 3}, {"vocab", vocab}, {"byte_fallback", false}}}};
  write_file(to / "tokenizer.json", document.dump());
}

/// Numbers of texts whose ids, and whose decoded text, differ from the reference.
std::pair<size_t, size_t> differing(const Tokenizer& tokenizer, const std::string& name) {
  const auto texts = test::golden_texts();
  size_t bad_ids = 0, bad_text = 0;
  const auto lines = test::golden_lines("sentencepiece.jsonl");
  REQUIRE(lines.size() > 300);
  for (const Json& line : lines) {
    const std::string& text = texts[line["id"].get<size_t>()];
    const auto ids = tokenizer.encode(text);
    if (ids != line["ids"][name].get<std::vector<int32_t>>() && bad_ids++ < 5)
      MESSAGE(name << ": other ids for " << Json(text).dump());
    if (tokenizer.decode(ids) != line["decoded"][name].get<std::string>() && bad_text++ < 5)
      MESSAGE(name << ": another text of " << Json(text).dump());
  }
  return {bad_ids, bad_text};
}

constexpr std::pair<size_t, size_t> kNone{0, 0};

// A model file by hand: fields of the protocol buffer, of less than 128 bytes each.
std::string field(int id, std::string_view bytes) {
  return std::string{static_cast<char>(id << 3 | 2), static_cast<char>(bytes.size())} + std::string(bytes);
}
std::string number(int id, int value) {
  std::string key{static_cast<char>((id << 3 & 0x7F) | (id >= 16 ? 0x80 : 0))};
  if (id >= 16) key += static_cast<char>(id >> 4);
  return key + static_cast<char>(value);
}
std::string piece(std::string_view spelling, float score, PieceType type) {
  std::string bytes = field(1, spelling) + '\x15' + std::string(4, '\0');
  std::memcpy(bytes.data() + bytes.size() - 4, &score, 4);
  return field(1, bytes + number(3, static_cast<int>(type)));
}

std::unique_ptr<Tokenizer> load_model(const std::string& bytes) {
  test::ScratchFolder dir;
  write_file(dir / "spiece.model", bytes);
  return load_tokenizer(dir.path());
}
std::string model_error(const std::string& bytes) {
  test::ScratchFolder dir;
  write_file(dir / "spiece.model", bytes);
  return test::error_of([&] { load_tokenizer(dir.path()); }, dir.path());
}

const std::string kUnknown = piece("<unk>", 0, PieceType::unknown);

}  // namespace

TEST_CASE("ids and texts of SentencePiece models equal the reference, also after save and load") {
  for (const std::string name : {"sp_unigram", "sp_unigram_bytes", "sp_bpe_bytes"}) {
    CAPTURE(name);
    const auto tokenizer = load_tokenizer(folder() / name);
    CHECK(tokenizer->kind() == "sentencepiece");
    CHECK(differing(*tokenizer, name) == kNone);
    test::ScratchFolder scratch;
    tokenizer->save(scratch.path());
    CHECK(read_file(scratch / (name + ".model")) == read_file(folder() / name / (name + ".model")));
    CHECK(differing(*load_tokenizer(scratch.path()), name) == kNone);
  }
}

TEST_CASE("ids and texts of Unigram tokenizer.json equal the reference, also after save and load") {
  test::ScratchFolder xlmr;
  write_xlmr(xlmr.path());
  const std::pair<std::string, fs::path> cases[] = {{"t5_unigram", folder() / "t5_unigram"}, {"xlmr", xlmr.path()}};
  for (const auto& [name, path] : cases) {
    CAPTURE(name);
    const auto tokenizer = load_tokenizer(path);
    CHECK(tokenizer->kind() == "unigram");
    CHECK(differing(*tokenizer, name) == kNone);
    test::ScratchFolder scratch;
    tokenizer->save(scratch.path());
    CHECK(differing(*load_tokenizer(scratch.path()), name) == kNone);
  }
  const auto tokenizer = load_tokenizer(xlmr.path());
  CHECK(tokenizer->bos_id() == 0);
  CHECK(tokenizer->pad_id() == 1);
  CHECK(tokenizer->unk_id() == 3);
  const std::vector<int32_t> masked = tokenizer->encode("a <mask> b");  // takes the space before it
  CHECK(masked[2] == tokenizer->mask_id());
  const std::pair<std::string, std::string> pair{"a", "b"};
  CHECK(tokenizer->encode_pairs({&pair, 1}).length == 6);
}

TEST_CASE("T5's and SigLIP's tokenizers from a model alone equal transformers', also after save and load") {
  const auto lines = test::golden_lines("t5_siglip.jsonl");
  REQUIRE(lines.size() > 100);
  for (const auto& [name, expected] : lines[0]["ids"].items()) {
    CAPTURE(name);
    const size_t colon = name.find(':');
    const std::string model = name.substr(colon + 1);
    test::ScratchFolder dir, again;
    write_file(dir / "spiece.model", read_file(folder() / model / (model + ".model")));
    write_file(dir / "tokenizer_config.json", Json{{"tokenizer_class", name.substr(0, colon)}}.dump());
    const auto tokenizer = load_tokenizer(dir.path());
    tokenizer->save(again.path());
    const auto saved = load_tokenizer(again.path());
    size_t bad = 0;
    for (const Json& line : lines) {
      const auto ids = line["ids"][name].get<std::vector<int32_t>>();
      const bool same = tokenizer->encode(line["text"].get<std::string>()) == ids &&
                        saved->encode(line["text"].get<std::string>()) == ids &&
                        tokenizer->decode(ids) == line["decoded"][name].get<std::string>();
      if (!same && bad++ < 5) MESSAGE(name << ": otherwise for " << line["text"].dump());
    }
    CHECK(bad == 0);
  }
}

TEST_CASE("user-defined, unused and control pieces") {
  // "ab" is unused: joined on the way to "abc", and apart in the end where that is not reached.
  const std::string pieces = kUnknown + piece("<s>", 0, PieceType::control) + piece("a", -1, PieceType::normal) +
                             piece("b", -2, PieceType::normal) + piece("c", -3, PieceType::normal) +
                             piece("ab", -0.5F, PieceType::unused) + piece("abc", -0.7F, PieceType::normal) +
                             piece("[X]", 0, PieceType::user_defined);
  const std::string plain = field(3, number(3, 0));  // no dummy prefix
  const auto bpe = load_model(pieces + field(2, number(3, 2)) + plain);
  CHECK(bpe->encode("abc") == std::vector<int32_t>{6});
  CHECK(bpe->encode("ab") == std::vector<int32_t>{2, 3});
  CHECK(bpe->encode("a[X]<s>") == std::vector<int32_t>{2, 7, 0});  // spelled control pieces are unknown
  const auto unigram = load_model(pieces + plain);
  CHECK(unigram->encode("abcab[X]") == std::vector<int32_t>{6, 2, 3, 7});
  CHECK(unigram->encode("zzz a") == std::vector<int32_t>{0, 2});  // unknown characters side by side are one
  CHECK(unigram->decode(std::vector<int32_t>{1, 2, 0}) == "a \u2047 ");
  CHECK(test::error_of([&] { unigram->decode(std::vector<int32_t>{8}); }) ==
        "[decode] expected token ids from 0 to 7, got 8");
}

TEST_CASE("a folder's tokenizer_config.json says what stands around texts") {
  test::ScratchFolder dir;
  write_file(dir / "spiece.model", piece("<pad>", 0, PieceType::control) + piece("</s>", 0, PieceType::control) +
                                       kUnknown + piece("\u2581a", -1, PieceType::normal));
  CHECK(load_tokenizer(dir.path())->encode("a") == std::vector<int32_t>{3});
  write_file(dir / "tokenizer_config.json", R"({"tokenizer_class":"T5Tokenizer","model_max_length":4})");
  const auto t5 = load_tokenizer(dir.path());
  CHECK(t5->encode("a") == std::vector<int32_t>{3, 1});
  CHECK(t5->encode("a</s>", false) == std::vector<int32_t>{3, 1});
  CHECK(t5->pad_id() == 0);
  CHECK(t5->vocab_size() == 104);  // with a hundred sentinels, the last one first
  CHECK(t5->encode("<extra_id_0>a<extra_id_99>") == std::vector<int32_t>{103, 3, 4, 1});
  CHECK(t5->max_length() == 4);
  test::ScratchFolder again;
  t5->save(again.path());
  CHECK(load_tokenizer(again.path())->encode("a</s>") == t5->encode("a</s>"));
  write_file(dir / "tokenizer_config.json", R"({"tokenizer_class":"T5Tokenizer","extra_ids":-1})");
  CHECK(test::error_of([&] { load_tokenizer(dir.path()); }, dir.path()) ==
        "[tokenizer] DIR: expected extra_ids from 0 to 100000, got -1");
  write_file(dir / "tokenizer_config.json", R"({"tokenizer_class":"SiglipTokenizer"})");
  const auto siglip = load_tokenizer(dir.path());
  CHECK(siglip->encode("  'A' ") == siglip->encode("a"));
  CHECK(siglip->encode("a</s>") == siglip->encode("a"));  // it ends but once
  CHECK(siglip->max_length() == 64);
  CHECK(siglip->pad_id() == siglip->eos_id());
  write_file(dir / "tokenizer_config.json", R"({"tokenizer_class":"XLMRobertaTokenizer"})");
  CHECK(test::error_of([&] { load_tokenizer(dir.path()); }, dir.path()) ==
        "[tokenizer] DIR: expected tokenizer.json with a XLMRobertaTokenizer, whose ids are not the model's, got none");
}

TEST_CASE("broken SentencePiece models") {
  const std::string prefix = "[tokenizer] DIR/spiece.model: expected ";
  CHECK(model_error("") == prefix + "a SentencePiece model with one unknown piece, got 0 in 0 pieces");
  CHECK(model_error(kUnknown + kUnknown) == prefix + "a SentencePiece model with one unknown piece, got 2 in 2 pieces");
  CHECK(model_error("\x0A\x7F") ==
        prefix + "a SentencePiece model with fields inside the file, got something else 0 bytes before its end");
  CHECK(model_error("\xFF") ==
        prefix + "a SentencePiece model with complete numbers, got something else 0 bytes before its end");
  CHECK(model_error("\x0F") ==
        prefix + "a SentencePiece model with a field of a known type, got something else 0 bytes before its end");
  CHECK(model_error(piece("", 0, PieceType::normal)) == prefix + "no empty piece, got one at 0");
  CHECK(model_error(piece("a", NAN, PieceType::normal)) == prefix + "finite scores, got nan for piece 0");
  CHECK(model_error(piece("a", 0, static_cast<PieceType>(9))) ==
        prefix + "types of pieces from 1 to 6, got 9 for piece 0");
  CHECK(model_error(kUnknown + field(2, number(3, 3))) ==
        prefix + "a SentencePiece model of type 1 (unigram) or 2 (BPE), got 3");
  CHECK(model_error(kUnknown + piece("a", 0, PieceType::normal) + piece("a", 0, PieceType::normal)) ==
        prefix + "each token once, got \"a\" as 1 and 2");
  CHECK(model_error(kUnknown + piece("<0xAG>", 0, PieceType::byte)) ==
        prefix + "byte pieces such as <0x41>, got \"<0xAG>\"");
  CHECK(model_error(kUnknown + field(2, number(35, 1))) ==
        prefix + "a piece for each byte with byte_fallback, got none for byte 0");
  CHECK(model_error(kUnknown + field(3, field(2, "abcdefgh"))) ==
        prefix + "a precompiled_charsmap with its trie, got 8 bytes for a trie of 1684234849");
}

TEST_CASE("broken Unigram tokenizer.json") {
  test::ScratchFolder dir;
  const auto error = [&](const std::string& model, const std::string& rest = "") {
    write_file(dir / "tokenizer.json", R"({"model":{"type":"Unigram",)" + model + "}" + rest + "}");
    return test::error_of([&] { load_tokenizer(dir.path()); }, dir.path());
  };
  const std::string prefix = "[tokenizer] DIR/tokenizer.json: expected ";
  const std::string good = R"("vocab":[["<unk>",0],["a",-1]],"unk_id":0)";
  CHECK(error(good) == "");
  CHECK(error(R"("vocab":{})") == prefix + "a list of pieces with a Unigram model, got object");
  CHECK(error(R"("vocab":[["a"]])") == prefix + R"([piece, score] for piece 0, got ["a"])");
  CHECK(error(R"("vocab":[["a",0]],"unk_id":1)") == prefix + "an unk_id from 0 to 0, got 1");
  CHECK(error(R"("vocab":[["a",0]])") == prefix + "an unk_id from 0 to 0, got -1");
  CHECK(error(R"("vocab":[["",0]],"unk_id":0)") == prefix + "pieces with finite scores, got \"\" with 0 as 0");
  CHECK(error(R"("vocab":[["a",0],["a",0]],"unk_id":0)") == prefix + "each token once, got \"a\" as 0 and 1");
  CHECK(error(good, R"(,"normalizer":{"type":"Precompiled","precompiled_charsmap":"AA="})") ==
        "[base64] DIR/tokenizer.json: expected a length that is a multiple of 4, got 3");
  CHECK(error(good, R"(,"normalizer":{"type":"Replace","pattern":{"Regex":"a|b"},"content":""})") ==
        prefix + R"x(the expression " {2,}", "\s+" or plain text to replace, got "a|b")x");
  CHECK(error(good, R"(,"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"last"})") ==
        prefix + "always, first or never for prepend_scheme, got \"last\"");
  CHECK(error(good, R"(,"pre_tokenizer":{"type":"Digits"})") ==
        prefix + "the pre_tokenizer Metaspace, perhaps after WhitespaceSplit, with a Unigram model, got Digits");
}
