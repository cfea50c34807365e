#include "sensorium/train/checkpoint_folder.h"
#include "sensorium/train/tensor_file.h"
#include "tests/support/test_support.h"

#include <torch/torch.h>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

void write_pair(const fs::path& folder, const std::string& text) {
  write_file(folder / "a", text);
  write_file(folder / "b", text);
}

}  // namespace

TEST_CASE("replace_folder: the new content or, when writing fails, the old one; nothing left beside it") {
  const ScratchFolder dir;
  const fs::path folder = dir / "last";
  replace_folder(folder, [](const fs::path& f) { write_pair(f, "1"); });
  replace_folder(folder, [](const fs::path& f) { write_pair(f, "2"); });
  CHECK(read_file(folder / "b") == "2");
  CHECK(error_of([&] {
          replace_folder(folder, [](const fs::path& f) {
            write_file(f / "a", "3");
            throw InputError("test", "expected no fault, got one");
          });
        }) == "[test] expected no fault, got one");
  CHECK(read_file(folder / "a") == "2");
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("recover_folder: each state that a kill can leave") {
  const ScratchFolder dir;
  const fs::path folder = dir / "last", fresh = dir / "last.new", old = dir / "last.old";
  for (const fs::path& f : {fresh, old}) fs::create_directory(f);
  write_pair(old, "old");
  write_file(fresh / "a", "half");
  recover_folder(folder);  // between the two renames of a file system without exchange
  CHECK(read_file(folder / "b") == "old");
  CHECK_FALSE(fs::exists(fresh));
  CHECK_FALSE(fs::exists(old));
}

TEST_CASE("replace_folder: killed at random moments, a complete folder is always there") {
  const ScratchFolder dir;
  const fs::path folder = dir / "last";
  replace_folder(folder, [](const fs::path& f) { write_pair(f, "0"); });
  for (int round = 0; round < 12; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 1;; ++i) replace_folder(folder, [&](const fs::path& f) { write_pair(f, std::to_string(i)); });
    }
    ::usleep(static_cast<useconds_t>(3000 + 2711 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    recover_folder(folder);
    CHECK(read_file(folder / "a") == read_file(folder / "b"));
  }
}

TEST_CASE("tensor files: bit for bit, and refused where they do not fit") {
  const ScratchFolder dir;
  const fs::path path = dir / "state.safetensors";
  const torch::Tensor a = torch::randn({3, 4}), b = torch::arange(5, torch::TensorOptions(torch::kLong));
  write_tensors(path, {{"a", a.t()}, {"b", b}});
  const torch::Tensor a2 = torch::empty({4, 3}), b2 = torch::empty_like(b);
  read_tensors(path, {{"a", a2}, {"b", b2}});
  CHECK(torch::equal(a2, a.t()));
  CHECK(torch::equal(b2, b));
  CHECK(error_of(
            [&] {
              read_tensors(path, {{"a", torch::empty({3, 4})}, {"b", b2}});
            },
            dir.path()) == "[resume] DIR/state.safetensors: expected \"a\" as F32 [3, 4], got F32 [4, 3]");
  CHECK(error_of(
            [&] {
              read_tensors(path, {{"a", a2}});
            },
            dir.path()) == "[resume] DIR/state.safetensors: expected 1 tensors, got 2");
}

}  // namespace sensorium::test
