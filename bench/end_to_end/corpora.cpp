// Cleaning of corpora at size, as JSON on standard output:
//   bench_corpora table LINES FOLDER SENSORIUM     a made-up table like Conceptual Captions, cleaned by the program
//   bench_corpora hashes COUNT                     near-duplicates among 64-bit hashes
//   bench_corpora planted DATASET.json IMAGES FOLDER SENSORIUM   duplicates planted among a corpus in Karpathy's layout
// Everything is made by a seed, so two runs work on the same bytes.

#include "sensorium/base/file.h"
#include "sensorium/base/rng.h"
#include "sensorium/data/disjoint_sets.h"
#include "sensorium/data/hamming_pairs.h"
#include "sensorium/data/json_text.h"
#include "sensorium/data/karpathy.h"
#include "sensorium/data/lines.h"
#include "sensorium/io/image_encode.h"
#include "sensorium/io/resize.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>

using namespace sensorium;

namespace {

struct Ran {
  double wall_s = 0, user_s = 0, system_s = 0, peak_mb = 0;
  OrderedJson to_json() const {
    return {{"wall_s", wall_s}, {"user_s", user_s}, {"system_s", system_s}, {"peak_mb", peak_mb}};
  }
};

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

/// Runs a program, its output thrown away, and says what it took.
Ran run(const std::vector<std::string>& words) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (!std::freopen("/dev/null", "w", stdout)) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child || status != 0)
    throw EnvironmentError("bench", "expected {} to run, got status {}", words[0], status);
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), seconds_of(usage.ru_utime),
          seconds_of(usage.ru_stime), static_cast<double>(usage.ru_maxrss) / 1024};
}

/// A sentence of made-up words, some with things that cleaning puts right.
std::string sentence(CounterRng& rng) {
  static const char* parts[] = {"ra", "lo", "mi", "ten", "sor", "vek", "an", "pli", "dur", "ka", "es", "tom"};
  std::string text;
  for (uint64_t words = 4 + rng.below(12); words > 0; --words) {
    if (!text.empty()) text += ' ';
    for (uint64_t n = 1 + rng.below(3); n > 0; --n) text += parts[rng.below(12)];
  }
  const uint64_t odd = rng.below(50);
  if (odd == 0) text += " &amp; more";
  if (odd == 1) text += " caf\xc3\x83\xc2\xa9";  // mojibake
  if (odd == 2) text += "  twice   spaced ";
  return text;
}

std::string table_line(CounterRng& rng, uint64_t i) {
  const std::string address =
      fmt::format("https://host{}.example/pictures/{:x}.jpg", rng.below(20000), mix_seed(7, {i}));
  if (rng.below(20) != 0) return sentence(rng) + "\t" + address;
  switch (rng.below(5)) {  // the five in a hundred that are broken
    case 0:
      return sentence(rng);
    case 1:
      return sentence(rng) + "\t" + address + "\t" + sentence(rng);
    case 2:
      return "\t" + address;
    case 3:
      return sentence(rng) + "\xff\xfe\t" + address;
    default:
      return sentence(rng) + "\tno address";
  }
}

int bench_table(uint64_t lines, const fs::path& folder, const std::string& program) {
  make_directories(folder);
  const fs::path table = folder / "made-up.tsv";
  {
    AtomicFile file(table);
    CounterRng rng(1);
    std::string buffer;
    for (uint64_t i = 0; i < lines; ++i) {
      buffer += table_line(rng, i) + "\n";
      if (buffer.size() < (size_t{1} << 20) && i + 1 < lines) continue;
      file.write(buffer);
      buffer.clear();
    }
    file.commit();
  }
  const fs::path out = folder / "clean";
  make_directories(out);
  OrderedJson runs = OrderedJson::array();
  for (const auto& [name, more] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"plain", {"--max-repeats", "10", "--min-words", "3"}},
           {"with languages", {"--max-repeats", "10", "--min-words", "3", "--language-check", "label"}}}) {
    std::vector<std::string> words{program, "data", "clean", "conceptual:" + table.string(), "--out", out.string()};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run(words);
    OrderedJson entry{{"rules", name}, {"lines_per_s", static_cast<double>(lines) / ran.wall_s}};
    entry.update(ran.to_json());
    runs.push_back(entry);
  }
  fmt::print("{}\n", OrderedJson{{"bench", "table"},
                                 {"lines", lines},
                                 {"bytes", fs::file_size(table)},
                                 {"kept", read_json(out / "manifest.json")["records"]},
                                 {"runs", runs}}
                         .dump(2));
  return 0;
}

int bench_hashes(uint64_t count) {
  CounterRng rng(2);
  std::vector<uint64_t> hashes;
  uint64_t planted = 0;
  while (hashes.size() < count) {
    uint64_t hash = rng.next_u64();
    if (!hashes.empty() && rng.below(10) == 0) {
      hash = hashes[rng.below(hashes.size())];
      for (uint64_t flips = rng.below(7); flips > 0; --flips) hash ^= uint64_t{1} << rng.below(64);
      ++planted;
    }
    hashes.push_back(hash);
  }
  const auto start = std::chrono::steady_clock::now();
  DisjointSets sets(hashes.size());
  for_each_near_pair(hashes, 6, [&](uint32_t i, uint32_t j) { sets.join(i, j); });
  uint64_t duplicates = 0;
  for (uint32_t i = 0; i < hashes.size(); ++i) duplicates += sets.root(i) != i;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("{}\n", OrderedJson{{"bench", "hashes"},
                                 {"hashes", count},
                                 {"planted", planted},
                                 {"duplicates", duplicates},
                                 {"wall_s", wall},
                                 {"user_s", seconds_of(usage.ru_utime)},
                                 {"peak_mb", static_cast<double>(usage.ru_maxrss) / 1024}}
                         .dump(2));
  return 0;
}

/// Duplicates planted among a corpus.
class Planter {
 public:
  Planter(const fs::path& dataset, const fs::path& images, fs::path folder)
      : folder_(std::move(folder)), file_(folder_ / "planted.jsonl"), plain_(folder_ / "plain.jsonl") {
    make_directories(folder_ / "pictures");
    Tally tally;
    open_karpathy(dataset, images, {}).read([&](Item&& item) { records_.push_back(std::move(item.record)); }, tally);
  }

  void plant(uint64_t exact, uint64_t recompressed, uint64_t cropped, uint64_t captions) {
    std::map<uint64_t, std::string> more;  // captions planted at a record
    const uint64_t n = records_.size();
    for (uint64_t i = 0; i < captions; ++i) {
      const uint64_t source = std::min<uint64_t>(take(), n - 2);
      const Record& from = records_[source];
      uint64_t to = 0;  // after its source, as it is the first of a pair that stays
      do to = source + 1 + rng_.below(n - source - 1);
      while (more.contains(to) && source + 2 < n);
      more[to] = altered(from.captions[rng_.below(from.captions.size())].text);
      truth_["near caption"].insert(more[to]);
    }
    for (uint64_t i = 0; i < n; ++i) {
      write(plain_, records_[i].image, records_[i]);
      if (const auto it = more.find(i); it != more.end()) records_[i].captions.push_back({it->second, "en", ""});
      write(file_, records_[i].image, records_[i]);
    }
    for (uint64_t i = 0; i < exact; ++i) {
      const Record& from = records_[take()];
      add("exact picture", read_file(from.image));
    }
    for (uint64_t i = 0; i < recompressed; ++i) {
      const Image image = composite_on(read_image_alpha(records_[take()].image));
      const double scale = rng_.uniform(0.4, 1.6);
      const auto side = [&](int s) { return std::max(32, static_cast<int>(std::lround(s * scale))); };
      add("near picture", encode_jpeg(resize(image, side(image.width), side(image.height), Resample::bicubic),
                                      40 + static_cast<int>(rng_.below(50))));
    }
    for (uint64_t i = 0; i < cropped; ++i)
      add("cropped picture", encode_jpeg(crop(composite_on(read_image_alpha(records_[take()].image))), 85));
    file_.commit();
    plain_.commit();
  }

  /// Recall and precision of each kind. `before` are the duplicates found without the planted ones.
  OrderedJson judge(const fs::path& found, const fs::path& before) const {
    const auto natural = read_log(before), all = read_log(found);
    OrderedJson json;
    for (const auto& [kind, planted] : truth_) {
      uint64_t recalled = 0, labelled = 0, right = 0;
      std::set<std::string> any;
      for (const auto& [label, keys] : all)
        for (const std::string& key : keys) any.insert(key);
      for (const std::string& key : planted) recalled += any.contains(key);
      if (const auto it = all.find(kind); it != all.end())
        for (const std::string& key : it->second) {
          const auto known = natural.find(kind);
          if (known != natural.end() && known->second.contains(key)) continue;
          ++labelled;
          right += std::any_of(truth_.begin(), truth_.end(), [&](const auto& t) { return t.second.contains(key); });
        }
      json[kind] = {{"planted", planted.size()},
                    {"recall", static_cast<double>(recalled) / static_cast<double>(planted.size())},
                    {"precision", labelled ? static_cast<double>(right) / static_cast<double>(labelled) : 1},
                    {"there_before", natural.contains(kind) ? natural.at(kind).size() : 0}};
    }
    return json;
  }

 private:
  /// Records that duplicates are made of: each once.
  size_t take() { return permuted_index(5, records_.size(), taken_++); }

  void add(const std::string& kind, const std::string& bytes) {
    Record record;
    record.image = (folder_ / "pictures" / fmt::format("{}.jpg", added_++)).string();
    record.captions = {{fmt::format("planted picture number {} {:x}", added_, mix_seed(3, {added_})), "en", ""}};
    write_file(record.image, bytes);
    write(file_, record.image, record);
    truth_[kind].insert("planted/" + record.image);
  }

  static void write(AtomicFile& file, const std::string& image, const Record& record) {
    std::string line = "{\"image\":";
    append_json_text(line, image);
    line += ",\"captions\":[";
    for (size_t i = 0; i < record.captions.size(); ++i) {
      if (i) line += ',';
      append_json_text(line, record.captions[i].text);
    }
    file.write(line + "]}\n");
  }

  Image crop(const Image& image) {
    const auto width = static_cast<int>(image.width * rng_.uniform(0.65, 0.95));
    const auto height = static_cast<int>(image.height * rng_.uniform(0.65, 0.95));
    const auto x = static_cast<int>(rng_.below(static_cast<uint64_t>(image.width - width + 1)));
    const auto y = static_cast<int>(rng_.below(static_cast<uint64_t>(image.height - height + 1)));
    Image out(width, height);
    for (int row = 0; row < height; ++row) std::copy_n(image.row(y + row) + 3 * x, 3 * width, out.row(row));
    return out;
  }

  /// A caption with one word left out, doubled or exchanged, or with other marks.
  std::string altered(const std::string& text) {
    std::vector<std::string> words;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find(' ', at), text.size());
      words.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    const uint64_t w = words.size() > 2 ? 1 + rng_.below(words.size() - 2) : 0;
    const uint64_t how = rng_.below(4);
    if (how == 0 && words.size() > 5) words.erase(words.begin() + static_cast<std::ptrdiff_t>(w));
    if (how == 1) words[w] = "very " + words[w];
    if (how == 2) words[w] = words[w].size() > 4 ? "small" : "the";
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    if (how == 3) out = "There: " + out + " !";
    return out;
  }

  /// Duplicates by kind: ids, or texts of captions.
  static std::map<std::string, std::set<std::string>> read_log(const fs::path& file) {
    std::map<std::string, std::set<std::string>> log;
    LineReader lines(file);
    for (std::string_view line; lines.next(line);) {
      const Json entry = parse_json(line, file.string());
      std::string id = entry["id"];
      if (const size_t slash = id.find('/'); slash != std::string::npos) id = "planted" + id.substr(slash);
      log[entry["kind"]].insert(entry.contains("text") ? entry["text"].get<std::string>() : id);
    }
    return log;
  }

  fs::path folder_;
  AtomicFile file_, plain_;
  std::vector<Record> records_;
  CounterRng rng_{11};
  uint64_t taken_ = 0, added_ = 0;
  std::map<std::string, std::set<std::string>> truth_;
};

int bench_planted(const fs::path& dataset, const fs::path& images, const fs::path& folder, const std::string& program) {
  make_directories(folder);
  Planter planter(dataset, images, fs::absolute(folder));
  planter.plant(200, 200, 100, 100);
  std::vector<Ran> ran;
  for (const std::string name : {"plain", "planted"}) {
    make_directories(folder / (name + "-clean"));
    ran.push_back(
        run({program, "data", "clean", (folder / (name + ".jsonl")).string(), "--out",
             (folder / (name + "-clean")).string(), "--cropped-pictures", "drop", "--near-captions", "drop"}));
  }
  OrderedJson json{
      {"bench", "planted"},
      {"kinds", planter.judge(folder / "planted-clean/duplicates.jsonl", folder / "plain-clean/duplicates.jsonl")}};
  json.update(ran[1].to_json());
  fmt::print("{}\n", json.dump(2));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 4 && words[0] == "table") return bench_table(std::stoull(words[1]), words[2], words[3]);
    if (words.size() == 2 && words[0] == "hashes") return bench_hashes(std::stoull(words[1]));
    if (words.size() == 5 && words[0] == "planted") return bench_planted(words[1], words[2], words[3], words[4]);
    fmt::print(stderr, "usage: see the top of corpora.cpp\n");
    return 2;
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 4;
  }
}
