#include "sensorium/base/options.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using sensorium::test::error_of;

namespace {

struct Optimizer {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.98};
  void describe(OptionSet& o) {
    o.field("lr", lr, "learning rate").range(0, 1);
    o.field("betas", betas, "AdamW's two betas");
  }
};

struct Options {
  std::vector<std::string> inputs;
  std::string model;
  std::string precision = "fp32";
  int batch_size = 32;
  uint64_t seed = 0;
  bool json = false;
  Optimizer optimizer;
  void describe(OptionSet& o) {
    o.field("inputs", inputs, "pictures").positional();
    o.field("model", model, "checkpoint folder").required();
    o.field("precision", precision, "arithmetic").one_of({"fp32", "bf16"});
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    o.field("seed", seed, "random seed");
    o.field("json", json, "print JSON");
    o.group("optimizer", optimizer);
  }
};

const CommandInfo kInfo{"sensorium embed", "Embeds pictures.", "sensorium embed --model DIR a.png"};

Options parse(const std::vector<std::string>& words) {
  Options options;
  OptionSet set = OptionSet::of(options);
  const bool run = parse_command_line(kInfo, set, words);
  CHECK(run);
  return options;
}

std::string parse_error(const std::vector<std::string>& words) {
  return error_of([&] { parse(words); });
}

}  // namespace

TEST_CASE("flags, positionals and groups fill the struct") {
  const Options o = parse({"a.png", "--model", "m", "b.png", "--batch-size=8", "--json", "c.png", "--optimizer.lr",
                           "0.5", "--optimizer.betas", "0.8", "0.9"});
  CHECK(o.model == "m");
  CHECK(o.batch_size == 8);
  CHECK(o.json);
  CHECK(o.optimizer.lr == 0.5);
  CHECK(o.optimizer.betas == std::vector<double>{0.8, 0.9});
  CHECK(o.inputs == std::vector<std::string>{"a.png", "b.png", "c.png"});
  CHECK_FALSE(parse({"--model", "m", "--json=false"}).json);
  CHECK(o.precision == "fp32");
}

TEST_CASE("wrong command lines are refused with what was expected") {
  CHECK(parse_error({"a.png"}) == "[options] expected --model, got none");
  CHECK(parse_error({"--modle", "m"}) ==
        "[sensorium embed] expected a known option, got --modle (did you mean --model?)");
  CHECK(parse_error({"--model", "m", "--batch-size", "many"}) ==
        "[options] expected an integer for --batch-size, got \"many\"");
  CHECK(parse_error({"--model", "m", "--batch-size", "0"}) ==
        "[options] expected --batch-size between 1 and 4096, got 0");
  CHECK(parse_error({"--model", "m", "--seed", "-1"}) ==
        "[options] expected an integer of at least 0 for --seed, got \"-1\"");
  CHECK(parse_error({"--model", "m", "--precision", "bf61"}) ==
        "[options] expected --precision to be one of fp32, bf16, got \"bf61\" (did you mean bf16?)");
  CHECK(parse_error({"--model"}).starts_with("[sensorium embed] expected a value after each option"));
}

TEST_CASE("a JSON file sets fields, flags win, and unknown keys are named") {
  test::ScratchFolder folder;
  write_file(folder / "c.json", R"({"model": "from file", "batch_size": 4, "optimizer": {"lr": 0.25}})");
  const Options o = parse({"--config", (folder / "c.json").string(), "--batch-size", "5"});
  CHECK(o.model == "from file");
  CHECK(o.batch_size == 5);
  CHECK(o.optimizer.lr == 0.25);

  const auto refusal = [&](const char* text) {
    write_file(folder / "bad.json", text);
    return error_of([&] { parse({"--config", (folder / "bad.json").string()}); }, folder.path());
  };
  CHECK(refusal(R"({"batchsize": 4})") ==
        "[options] DIR/bad.json: expected a known key, got \"batchsize\" (did you mean \"batch_size\"?)");
  CHECK(refusal(R"({"optimizer": {"rl": 1}})") ==
        "[options] DIR/bad.json: expected a known key, got \"optimizer.rl\" (did you mean \"optimizer.lr\"?)");
  CHECK(refusal(R"({"batch_size": "4"})") ==
        "[options] DIR/bad.json: expected an integer for \"batch_size\", got \"4\"");
  CHECK(refusal(R"({"batch_size": 4.5})") == "[options] DIR/bad.json: expected an integer for \"batch_size\", got 4.5");
  CHECK(refusal(R"([1])") == "[options] DIR/bad.json: expected a JSON object, got array");
  CHECK(refusal(R"({)") == "[json] DIR/bad.json: expected valid JSON, got a fault at byte 2");
}

TEST_CASE("to_json and set_json are inverse") {
  Options a;
  a.model = "m";
  a.optimizer.lr = 0.125;
  const std::string written = OptionSet::of(a).to_json().dump();
  Options b;
  OptionSet set = OptionSet::of(b);
  set.set_json(Json::parse(written), "test");
  CHECK(OptionSet::of(b).to_json().dump() == written);
  CHECK(b.optimizer.lr == 0.125);
}

TEST_CASE("help names every field with type, default and choices") {
  Options o;
  OptionSet set = OptionSet::of(o);
  const std::string help = help_text(kInfo, set);
  CHECK(help.starts_with("usage: sensorium embed [inputs...] --model TEXT [options]\n"));
  CHECK(help.find("--batch-size INT") != std::string::npos);
  CHECK(help.find("[32]") != std::string::npos);
  CHECK(help.find("(fp32, bf16)") != std::string::npos);
  CHECK(help.find("--optimizer.lr NUMBER") != std::string::npos);
}

TEST_CASE("a choice of nothing is not told among the choices") {
  std::string from;
  OptionSet set;
  set.field("from", from, "what it is").one_of({"", "hf", "open_clip"});
  CHECK(help_text(kInfo, set).find("what it is (hf, open_clip)\n") != std::string::npos);
  const auto refusal = [&](const char* value) {
    return test::error_of([&] { parse_command_line(kInfo, set, {"--from", value}); });
  };
  CHECK(refusal("") == "");
  CHECK(refusal("keras") == "[options] expected --from to be one of hf, open_clip, got \"keras\"");
}
