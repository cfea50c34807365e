#include "sensorium/base/error.h"
#include "sensorium/classic/hash_sets.h"
#include "sensorium/classic/neighbours.h"
#include "sensorium/classic/reference_kinds.h"
#include "sensorium/classic/scalers.h"

namespace sensorium::classic {
namespace {

void check_nearest(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix base = input_matrix(c, "base"), queries = input_matrix(c, "queries");
  struct Kind {
    const char *ids, *scores;
    Similarity similarity;
  };
  for (const Kind& kind : {Kind{"inner_product_ids", "inner_product_scores", Similarity::inner_product},
                           Kind{"cosine_ids", "cosine_scores", Similarity::cosine},
                           Kind{"l2_ids", "l2_squared", Similarity::squared_distance}}) {
    const TensorView* ids = c.expected_array(kind.ids);
    if (!ids) continue;
    const Neighbours found = nearest_rows(base, queries, ids->shape.at(1), kind.similarity);
    report.offer_integers(kind.ids, found.ids);
    offer(report, kind.scores, found.scores, kClosed);
  }
}

void check_k_means(const ExpectedCase& c, ExpectedReport& report) {
  for (const std::string& key : c.expected_keys()) {
    const std::string end = "_centers";
    if (!key.ends_with(end)) continue;
    const std::string prefix = key.substr(0, key.size() - end.size());  // "iter3"
    const KMeans km = k_means(input_matrix(c, "X"), input_matrix(c, "init"), std::stoi(prefix.substr(4)));
    offer(report, key, km.centres, kClosed);
    report.offer_integers(prefix + "_labels", km.labels);
    report.offer_json(prefix + "_inertia", km.inertia, kClosed);
    report.offer_json(prefix + "_n_iter", km.iterations, 0);
  }
}

void check_minhash(const ExpectedCase& c, ExpectedReport& report) {
  const auto texts = c.input_json("texts").get<std::vector<std::string>>();
  const auto n = static_cast<Index>(texts.size());
  std::vector<std::vector<std::string>> sets;
  std::vector<std::vector<uint64_t>> signatures;
  std::vector<int64_t> all;  // the words' bits
  Json counts = Json::array();
  for (const std::string& text : texts) {
    sets.push_back(shingles(text));
    signatures.push_back(minhash(sets.back()));
    for (const uint64_t word : signatures.back()) all.push_back(static_cast<int64_t>(word));
    counts.push_back(sets.back().size());
  }
  Matrix exact(n, n), estimate(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      exact(i, j) = jaccard(sets[static_cast<size_t>(i)], sets[static_cast<size_t>(j)]);
      estimate(i, j) = minhash_similarity(signatures[static_cast<size_t>(i)], signatures[static_cast<size_t>(j)]);
    }
  report.offer_json("shingle_counts", counts, 0);
  report.offer_integers("signature", all);
  offer(report, "jaccard", exact, kClosed);
  offer(report, "estimate", estimate, kClosed);
}

void check_scalers(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = input_matrix(c, "X"), test = input_matrix(c, "X_test");
  const Standard standard = fit_standard(*rows_of(x, "X"));
  const MinMax min_max = fit_min_max(x), clipped = fit_min_max(x, -1, 1, true);
  const Matrix scaled = standard.scaler.transform(test);
  offer(report, "mean", standard.scaler.shift, kClosed);
  offer(report, "var", standard.variance, kClosed);
  offer(report, "scale", standard.scaler.scale, kClosed);
  offer(report, "standard_test", scaled, kClosed);
  offer(report, "standard_inverse_check", standard.scaler.inverse(scaled), kClosed);
  offer(report, "min", min_max.least, kClosed);
  offer(report, "max", min_max.greatest, kClosed);
  offer(report, "minmax_test", min_max.scaler.transform(test), kClosed);
  offer(report, "minmax_clip_test", clipped.scaler.transform(test), kClosed);
  offer(report, "l2_test", normalise_rows(test, RowNorm::l2), kClosed);
  offer(report, "l1_test", normalise_rows(test, RowNorm::l1), kClosed);
  offer(report, "max_test", normalise_rows(test, RowNorm::max), kClosed);
}

void check_split(const ExpectedCase& c, ExpectedReport& report) {
  const auto ids = c.input_json("ids").get<std::vector<std::string>>();
  Json seeds = Json::array();
  const Json* expected = c.expected_json("seeds");
  for (const Json& entry : *expected) {
    const auto text = entry.at("seed").get<std::string>();
    const uint64_t seed = std::stoull(text);
    Json hashes = Json::array();
    std::string letters;
    for (const std::string& id : ids) {
      hashes.push_back(fmt::format("{:016x}", xxh64(id, seed)));
      const std::string_view split = hash_split(id, seed);
      letters += split == "test" ? 'e' : split[0];
    }
    seeds.push_back({{"seed", text}, {"hash_hex", hashes}, {"split", letters}});
  }
  report.offer_json("seeds", seeds, 0);
}

}  // namespace

ExpectedKind neighbours_kind() {
  return kind_of_group(
      "neighbours",
      {{"inner_product_ids", check_nearest}, {"iter1_centers", check_k_means}, {"signature", check_minhash}});
}

ExpectedKind normalise_kind() {
  return kind_of_group("normalise", {{"standard_test", check_scalers}, {"seeds", check_split}});
}

}  // namespace sensorium::classic
