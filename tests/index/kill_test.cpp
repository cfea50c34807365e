// A process that writes is killed at any moment, a hundred times: what it had acknowledged is there, and no write by
// half.

#include "sensorium/index/vector_index.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>

using namespace sensorium;
using sensorium::test::ScratchFolder;

namespace {

constexpr int kWidth = 16, kNames = 200, kKills = 100;

/// What is in the index: the operation that wrote each item.
using Model = std::map<std::string, int64_t>;

/// Operation `n` is the same in every process: some items put together, some removed together, or a compaction.
struct Operation {
  enum class Kind { put, remove, compact } kind = Kind::put;
  std::vector<std::string> ids;
};

Operation operation(int64_t n) {
  std::mt19937_64 rng(static_cast<uint64_t>(n) + 77);
  Operation op;
  const auto dice = rng() % 40;
  op.kind = dice == 0 ? Operation::Kind::compact : dice < 12 ? Operation::Kind::remove : Operation::Kind::put;
  for (uint64_t i = 0, count = 1 + rng() % 8; i < count; ++i) op.ids.push_back("item" + std::to_string(rng() % kNames));
  return op;
}

/// One direction for each id and operation.
std::vector<float> vector_of(const std::string& id, int64_t n) {
  std::seed_seq seed{static_cast<int64_t>(std::hash<std::string>()(id) % 100000), n};
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(kWidth);
  for (float& x : v) x = normal(rng);
  return v;
}

void run(VectorIndex& index, int64_t n) {
  const Operation op = operation(n);
  if (op.kind == Operation::Kind::compact) return index.compact();
  if (op.kind == Operation::Kind::remove) return static_cast<void>(index.remove(op.ids));
  std::vector<IndexItem> items;
  for (const std::string& id : op.ids) items.push_back({id, {{"op", n}}, {{"picture", vector_of(id, n)}}});
  index.put(items);
}

void run(Model& model, int64_t n) {
  const Operation op = operation(n);
  for (const std::string& id : op.ids) {
    if (op.kind == Operation::Kind::put) model[id] = n;
    if (op.kind == Operation::Kind::remove) model.erase(id);
  }
}

Model content(const VectorIndex& index) {
  Model model;
  for (const IndexItem& item : index.list("", 10 * kNames, false))
    model[item.id] = item.metadata.at("op").get<int64_t>();
  return model;
}

/// Each item is found by its own vector, with its own metadata, and nothing else is.
void check_search(const VectorIndex& index, const Model& model) {
  for (const auto& [id, n] : model) {
    IndexQuery query;
    query.parts = {{vector_of(id, n), 1.0}};
    query.k = 1;
    const auto matches = index.search(query);
    REQUIRE(matches.size() == 1);
    CHECK(matches[0].id == id);
    CHECK(matches[0].score > 0.9999f);
    CHECK(matches[0].metadata.at("op") == n);
  }
  CHECK(index.stats().items == static_cast<int64_t>(model.size()));
  CHECK(index.stats().vectors == static_cast<int64_t>(model.size()));
}

[[noreturn]] void write_until_killed(const fs::path& folder, int64_t next, int acknowledged) {
  const auto index = open_index(folder);
  for (int64_t n = next;; ++n) {
    run(*index, n);
    if (::write(acknowledged, &n, sizeof n) != sizeof n) ::_exit(1);
  }
}

/// Returns the last operation that the killed process acknowledged.
int64_t kill_a_writer(const fs::path& folder, int64_t next, std::mt19937& rng) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(folder, next, ends[1]);
  }
  ::close(ends[1]);
  int64_t last = next - 1, n = 0;
  const auto until = static_cast<int64_t>(next + static_cast<int64_t>(rng() % 30));
  while (last < until && ::read(ends[0], &n, sizeof n) == sizeof n) last = n;
  ::usleep(rng() % 5000);
  ::kill(child, SIGKILL);
  while (::read(ends[0], &n, sizeof n) == sizeof n) last = n;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  return last;
}

}  // namespace

TEST_CASE("slow: a hundred kills during mixed writes lose nothing acknowledged and tear nothing" * doctest::skip()) {
  for (const std::string storage : {"fp32", "int8"}) {
    CAPTURE(storage);
    ScratchFolder folder;
    IndexOptions options;
    options.width = kWidth;
    options.type = "hnsw";
    options.storage = storage;
    create_index(folder / "i", options).reset();
    std::mt19937 rng(11);
    Model model;
    int64_t next = 0;
    for (int kill = 0; kill < kKills / 2; ++kill) {
      const int64_t last = kill_a_writer(folder / "i", next, rng);
      for (; next <= last; ++next) run(model, next);
      const auto index = open_index(folder / "i");
      const Model found = content(*index);
      Model one_more = model;
      run(one_more, next);
      REQUIRE((found == model || found == one_more));
      if (found != model) ++next;
      model = found;
      check_search(*index, model);
    }
    MESSAGE(storage << ": " << kKills / 2 << " kills after " << next << " operations");
  }
}
