#include "sensorium/io/checkpoint.h"

#include "sensorium/base/json.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <set>

using namespace sensorium;
using namespace sensorium::test;

namespace {

const std::vector<float> kValues = {0, 1, 2, 3, 4, 5, 6, 7};

NamedTensors three_tensors() {
  return {{"c", TensorView::of(kValues.data(), {2, 2})},
          {"a", TensorView::of(kValues.data() + 2, {4})},
          {"b", TensorView::of(kValues.data(), {8})}};
}

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

std::string open_error(const fs::path& folder) {
  return error_of([&] { CheckpointReader{folder}; }, folder);
}

void write_index(const ScratchFolder& folder, const Json& index) {
  write_file(folder / "model.safetensors.index.json", index.dump());
}

}  // namespace

TEST_CASE("a checkpoint in one file, and in shards, reads the same") {
  for (const uint64_t limit : {1000, 32}) {
    ScratchFolder folder;
    write_checkpoint(folder / "new", three_tensors(), limit);
    const CheckpointReader reader(folder / "new");
    REQUIRE(reader.tensors().size() == 3);
    for (const auto& [name, view] : three_tensors()) {
      CHECK(reader.at(name).shape == view.shape);
      CHECK(to_float32(reader.at(name)) == to_float32(view));
    }
    CHECK(reader.contains("a"));
    CHECK_FALSE(reader.contains("d"));
  }
}

TEST_CASE("shards are cut in order and named as Hugging Face does") {
  ScratchFolder folder;
  write_checkpoint(folder.path(), three_tensors(), 32);
  CHECK(files_in(folder.path()) == std::set<std::string>{"model-00001-of-00002.safetensors",
                                                         "model-00002-of-00002.safetensors",
                                                         "model.safetensors.index.json"});
  const Json index = read_json(folder / "model.safetensors.index.json");
  CHECK(index == Json{{"metadata", {{"total_size", 64}}},
                      {"weight_map",
                       {{"a", "model-00001-of-00002.safetensors"},
                        {"b", "model-00002-of-00002.safetensors"},
                        {"c", "model-00001-of-00002.safetensors"}}}});
  const StringMap metadata = SafetensorsFile(folder / "model-00001-of-00002.safetensors").metadata();
  CHECK(metadata == StringMap{{"format", "pt"}});
}

TEST_CASE("writing over an earlier checkpoint leaves none of it") {
  ScratchFolder folder;
  write_file(folder / "config.json", "{}");
  write_checkpoint(folder.path(), three_tensors(), 1);
  write_checkpoint(folder.path(), three_tensors());
  CHECK(files_in(folder.path()) == std::set<std::string>{"config.json", "model.safetensors"});
  write_checkpoint(folder.path(), three_tensors(), 32);
  CHECK(files_in(folder.path()).count("model.safetensors") == 0);
  CHECK(files_in(folder.path()).size() == 4);
}

TEST_CASE("open_clip's and diffusers' file names, and a bare file, are found") {
  for (const std::string name : {"open_clip_model.safetensors", "diffusion_pytorch_model.safetensors"}) {
    ScratchFolder folder;
    write_safetensors(folder / name, three_tensors());
    CHECK(CheckpointReader(folder.path()).tensors().size() == 3);
    CHECK(CheckpointReader(folder / name).path() == folder / name);
  }
}

TEST_CASE("folders without usable weights are refused") {
  ScratchFolder folder;
  CHECK(open_error(folder.path()) ==
        "[checkpoint] DIR: expected model.safetensors or model.safetensors.index.json, got neither");
  write_file(folder / "pytorch_model.bin", "x");
  CHECK(open_error(folder.path()) ==
        "[checkpoint] DIR: expected model.safetensors or model.safetensors.index.json, got only pytorch_model.bin");
  CHECK(error_of([] { CheckpointReader("/no/such/folder"); }) ==
        "[checkpoint] /no/such/folder: expected a folder or a .safetensors file, got neither");
  write_index(folder, {{"weights", 1}});
  CHECK(open_error(folder.path()) ==
        "[checkpoint] DIR/model.safetensors.index.json: expected a \"weight_map\", got none");
  write_index(folder, {{"weight_map", {{"a", 3}}}});
  CHECK(open_error(folder.path()) == "[config] DIR/model.safetensors.index.json: expected a string for \"a\", got 3");
  for (const char* outside : {"../x.safetensors", "/etc/passwd", "..", "", "sub/x.safetensors"}) {
    write_index(folder, {{"weight_map", {{"a", outside}}}});
    CHECK(open_error(folder.path()) == fmt::format("[checkpoint] DIR/model.safetensors.index.json: expected a file "
                                                   "name in the same folder for \"a\", got \"{}\"",
                                                   outside));
  }
  write_index(folder, {{"weight_map", {{"a", "gone.safetensors"}}}});
  CHECK(open_error(folder.path()) ==
        "[read] DIR/gone.safetensors: expected a readable file, got: No such file or directory");
  write_safetensors(folder / "part.safetensors", three_tensors());
  write_index(folder, {{"weight_map", {{"z", "part.safetensors"}}}});
  CHECK(open_error(folder.path()) ==
        "[safetensors] DIR/part.safetensors: expected a tensor \"z\", got none of that name");
}

TEST_CASE("a missing tensor is named with its file") {
  ScratchFolder folder;
  write_checkpoint(folder.path(), three_tensors());
  const CheckpointReader reader(folder.path());
  CHECK(error_of([&] { reader.at("q"); }, folder.path()) ==
        "[checkpoint] DIR/model.safetensors: expected a tensor \"q\", got none of that name");
}
