#include "sensorium/eval/meteor.h"
#include "sensorium/eval/ptb_tokenizer.h"
#include "sensorium/eval/reference_kinds.h"
#include "sensorium/eval/text_overlap.h"

#include <algorithm>
#include <numeric>

namespace sensorium {
namespace {

CaptionSet set_of(const Json& json) {
  CaptionSet set;
  set.candidates = json.at("hypotheses").get<std::vector<std::string>>();
  set.references = json.at("references").get<std::vector<std::vector<std::string>>>();
  return set;
}

/// The case's own texts, or those of the case that `key` names.
CaptionSet set_of(const ExpectedCase& c, const std::string& key) {
  if (!c.has_input(key))
    return set_of(Json{{"hypotheses", c.input_json("hypotheses")}, {"references", c.input_json("references")}});
  const fs::path tree = fs::weakly_canonical(c.folder()).parent_path().parent_path();
  return set_of(read_json(tree / c.input_json(key).get<std::string>()));
}

template <class Tokenize>
CaptionSet tokenized(CaptionSet set, Tokenize&& tokenize) {
  for (std::string& s : set.candidates) s = tokenize(s);
  for (auto& references : set.references)
    for (std::string& s : references) s = tokenize(s);
  return set;
}

/// How many texts of our tokenizer are not the reference's.
size_t differing(const CaptionSet& got, const CaptionSet& expected, std::string& example) {
  size_t n = 0;
  const auto compare = [&](const std::string& a, const std::string& b) {
    if (a == b) return;
    if (n++ == 0) example = fmt::format("expected \"{}\", got \"{}\"", b, a);
  };
  for (size_t i = 0; i < std::min(got.candidates.size(), expected.candidates.size()); ++i) {
    compare(got.candidates[i], expected.candidates[i]);
    for (size_t r = 0; r < std::min(got.references[i].size(), expected.references[i].size()); ++r)
      compare(got.references[i][r], expected.references[i][r]);
  }
  return n;
}

void check_meteor(const ExpectedCase& c, ExpectedReport& report) {
  constexpr const char* kCorpus = "meteor";
  constexpr const char* kItems = "meteor_per_image";
  if (!c.has_expected(kCorpus) && !c.has_expected(kItems)) return;
  const fs::path folder = meteor_folder();
  if (folder.empty()) {
    for (const char* key : {kCorpus, kItems}) report.skip(key, "SENSORIUM_METEOR names no folder with METEOR's tables");
    return;
  }
  static const MeteorTables tables = read_meteor_tables(folder);  // some seconds: once for all cases
  const CorpusScore score = meteor(set_of(c, "none"), tables);
  report.offer_json(kCorpus, score.corpus, kClosedForm);
  report.offer(kItems, score.items, kClosedForm);
}

void check_coco(const ExpectedCase& c, ExpectedReport& report) {
  const CaptionSet set = set_of(c, "none");
  if (c.has_input("raw_in")) {
    const CaptionSet own = tokenized(set_of(c, "raw_in"), [](const std::string& s) { return coco_caption_tokens(s); });
    std::string example;
    if (const size_t n = differing(own, set, example); n > 0)
      report.fail(fmt::format("tokens: {} texts differ, the first: {}", n, example));
  }
  const auto of_bleu = bleu(set);
  std::vector<double> corpus, items;
  for (const CorpusScore& s : of_bleu) corpus.push_back(s.corpus);
  for (size_t i = 0; i < set.candidates.size(); ++i)
    for (const CorpusScore& s : of_bleu) items.push_back(s.items[i]);
  report.offer_json("bleu", corpus, kRounded);
  report.offer("bleu_per_image", items, kRounded);
  const auto offer = [&](const std::string& name, const CorpusScore& s) {
    report.offer_json(name, s.corpus, kRounded);
    report.offer(name + "_per_image", s.items, kRounded);
  };
  offer("rouge_l", rouge_l(set));
  offer("cider_d", cider_d(set));
  offer("cider_plain", cider(set));
  check_meteor(c, report);
}

Json json_of(const BleuReport& r) {
  return {{"score", r.score},
          {"precisions", r.precisions},
          {"bp", r.brevity_penalty},
          {"sys_len", r.length},
          {"ref_len", r.reference_length}};
}

/// The reference's signature names its version, which is none of ours.
Json with_signature(Json value, const ExpectedCase& c, const std::string& key) {
  if (const Json* expected = c.expected_json(key)) value["signature"] = expected->at("signature");
  return value;
}

void check_sacrebleu(const ExpectedCase& c, ExpectedReport& report) {
  const CaptionSet raw = set_of(c, "texts_in");
  const auto offer = [&](const std::string& key, const Json& value) {
    report.offer_json(key, with_signature(value, c, key), kRounded);
  };
  offer("default", json_of(sacre_bleu(raw)));
  offer("lowercase", json_of(sacre_bleu(raw, BleuWords::v13a, true)));
  offer("intl", json_of(sacre_bleu(raw, BleuWords::international)));
  const CaptionSet simple = tokenized(raw, [](const std::string& s) { return simple_caption_tokens(s); });
  offer("tokenize_none_on_simple_tokens", json_of(sacre_bleu(simple, BleuWords::none)));
  offer("chrf", {{"score", chrf(raw)}});
  std::vector<double> sentences;
  for (size_t i = 0; i < raw.candidates.size(); ++i)
    sentences.push_back(sentence_bleu(raw.candidates[i], raw.references[i]));
  report.offer("sentence_bleu_effective_order", sentences, kRounded);
}

/// One of the three figures over a set: with the first reference, and with the best.
struct RougeColumns {
  std::vector<double> first, best;
  double mean_f1 = 0;
};

RougeColumns columns_of(const CaptionSet& set, bool stem, OverlapFigures RougeFigures::*which) {
  RougeColumns out;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    OverlapFigures best;
    for (size_t r = 0; r < set.references[i].size(); ++r) {
      const OverlapFigures f = rouge_score(set.candidates[i], set.references[i][r], stem).*which;
      if (r == 0) out.first.insert(out.first.end(), {f.precision, f.recall, f.f1});
      if (r == 0 || f.f1 > best.f1) best = f;
    }
    out.best.insert(out.best.end(), {best.precision, best.recall, best.f1});
    out.mean_f1 += best.f1 / static_cast<double>(set.candidates.size());
  }
  return out;
}

void check_rouge(const ExpectedCase& c, ExpectedReport& report) {
  const CaptionSet raw = set_of(c, "texts_in");
  for (const bool stem : {false, true})
    for (const auto& [name, which] : {std::pair{"rouge1", &RougeFigures::one},
                                      {"rouge2", &RougeFigures::two},
                                      {"rougeL", &RougeFigures::longest}}) {
      const std::string key = std::string(name) + (stem ? "_stem" : "");
      const RougeColumns columns = columns_of(raw, stem, which);
      report.offer(key + "_first_reference", columns.first, kRounded);
      report.offer(key + "_best_of_five", columns.best, kRounded);
      report.offer_json(key + "_mean_f_best_of_five", columns.mean_f1, kRounded);
    }
}

}  // namespace

ExpectedKind caption_kind() {
  return metric_kind("captions", {{"bleu", check_coco},
                                  {"sentence_bleu_effective_order", check_sacrebleu},
                                  {"rouge1_mean_f_best_of_five", check_rouge},
                                  {"meteor", check_meteor}});
}

}  // namespace sensorium
