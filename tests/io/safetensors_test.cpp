#include "sensorium/io/safetensors.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::string file_of(const std::string& header, const std::string& data, uint64_t declared_length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &declared_length, 8);
  return bytes + header + data;
}

std::string file_of(const std::string& header, const std::string& data = "") {
  return file_of(header, data, header.size());
}

/// The error of opening a file with that content, without what is the same in all of them.
std::string open_error(const std::string& content) {
  ScratchFolder folder;
  write_file(folder / "x.safetensors", content);
  std::string message = error_of([&] { SafetensorsFile(folder / "x.safetensors"); }, folder.path());
  const std::string prefix = "[safetensors] DIR/x.safetensors: ";
  if (message.rfind(prefix, 0) == 0) message.erase(0, prefix.size());
  return message;
}

std::string one_tensor(const std::string& fields) {
  return R"({"a":{)" + fields + "}}";
}

}  // namespace

TEST_CASE("tensors of every type come back as written, in the reference's layout") {
  ScratchFolder folder;
  const fs::path path = folder / "t.safetensors";
  const std::string bytes = "0123456789abcdefghijklmnopqrstuv";
  const auto view = [&](SafeDType dtype, std::vector<int64_t> shape, size_t n) {
    return TensorView{dtype, std::move(shape), std::as_bytes(std::span(bytes.data(), n))};
  };
  const NamedTensors tensors = {{"b", view(SafeDType::U8, {3}, 3)},        {"wide", view(SafeDType::F64, {2, 1}, 16)},
                                {"half", view(SafeDType::BF16, {1}, 2)},   {"a", view(SafeDType::U8, {2}, 2)},
                                {"empty", view(SafeDType::F32, {0}, 0)},   {"one", view(SafeDType::F32, {}, 4)},
                                {"quote\"d", view(SafeDType::I64, {1}, 8)}};
  write_safetensors(path, tensors, {{"format", "pt"}});
  const SafetensorsFile file(path);
  CHECK(file.metadata() == StringMap{{"format", "pt"}});
  REQUIRE(file.tensors().size() == tensors.size());
  for (const auto& [name, expected] : tensors) {
    const TensorView& got = file.at(name);
    CHECK(got.dtype == expected.dtype);
    CHECK(got.shape == expected.shape);
    CHECK(std::equal(got.data.begin(), got.data.end(), expected.data.begin(), expected.data.end()));
  }
  const std::string content = read_file(path);
  uint64_t length = 0;
  std::memcpy(&length, content.data(), 8);
  CHECK(length % 8 == 0);
  std::string header = content.substr(8, length);
  header.erase(header.find_last_not_of(' ') + 1);
  CHECK(header ==
        R"({"__metadata__":{"format":"pt"},"quote\"d":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
        R"("wide":{"dtype":"F64","shape":[2,1],"data_offsets":[8,24]},"empty":{"dtype":"F32","shape":[0],)"
        R"("data_offsets":[24,24]},"one":{"dtype":"F32","shape":[],"data_offsets":[24,28]},"half":{"dtype":"BF16",)"
        R"("shape":[1],"data_offsets":[28,30]},"a":{"dtype":"U8","shape":[2],"data_offsets":[30,32]},)"
        R"("b":{"dtype":"U8","shape":[3],"data_offsets":[32,35]}})");
}

TEST_CASE("files that are not safetensors are refused") {
  CHECK(open_error("") == "expected a header length of 8 bytes, got 0");
  CHECK(open_error("1234567") == "expected a header length of 8 bytes, got 7");
  CHECK(open_error(file_of("{}", "", 3)) == "expected a header of 3 bytes, got a file of 10");
  CHECK(open_error("PK\x03\x04 a zip file") == "expected a header of at most 100000000 bytes, got 8800140462016121680");
  CHECK(open_error(file_of("{}", "", 100000001)) == "expected a header of at most 100000000 bytes, got 100000001");
  CHECK(open_error(file_of("")) == "expected a JSON header, got a fault at its byte 1");
  CHECK(open_error(file_of("{\"a\":")) == "expected a JSON header, got a fault at its byte 6");
  CHECK(open_error(file_of("{\"a\":1e999}")) == "expected numbers that a double holds in its header, got a larger one");
  CHECK(open_error(file_of("{\"\xff\":1}")) == "expected a JSON header, got a fault at its byte 3");
  CHECK(open_error(file_of("[]")) == "expected a JSON object as header, got array");
  CHECK(open_error(file_of(R"({"a":[[[[[1]]]]]})")) == "expected a header nested at most 4 deep, got more");
  CHECK(open_error(file_of("{}", "left over")) == "expected 0 bytes of data, got 9");
  CHECK(open_error(file_of("{}   ")) == "");
}

TEST_CASE("entries that are not tensors are refused") {
  CHECK(open_error(file_of(R"({"a":1})")) == "expected an object for \"a\", got number");
  CHECK(open_error(file_of(R"({"__metadata__":3})")) == "expected an object as __metadata__, got number");
  CHECK(open_error(file_of(R"({"__metadata__":{"k":1}})")) == "expected text as __metadata__ \"k\", got number");
  CHECK(open_error(file_of(one_tensor(R"("shape":[],"data_offsets":[0,1])"), "x")) ==
        "expected a dtype for \"a\", got none");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"F33","shape":[],"data_offsets":[0,1])"), "x")) ==
        "expected a known dtype for \"a\", got \"F33\"");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","data_offsets":[0,1])"), "x")) ==
        "expected a list as shape of \"a\", got none");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])"), "x")) ==
        "expected whole numbers below 2^63 as shape of \"a\", got -1");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[1.5],"data_offsets":[0,1])"), "x")) ==
        "expected whole numbers below 2^63 as shape of \"a\", got 1.5");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[1])"), "x")) ==
        "expected a list as data_offsets of \"a\", got none");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[1],"data_offsets":[0])"), "x")) ==
        "expected two data_offsets for \"a\", got 1");
}

TEST_CASE("places and sizes that do not fit are refused") {
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[1],"data_offsets":[1,0])"), "x")) ==
        "expected data_offsets in order for \"a\", got [1, 0]");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"U8","shape":[2],"data_offsets":[0,2])"), "x")) ==
        "expected \"a\" within 1 bytes of data, got data_offsets [0, 2]");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "1234")) ==
        "expected 8 bytes for \"a\" (F32 [2]), got 4");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"))) ==
        "expected a shape of less than 2^64 bytes for \"a\", got [4294967296, 4294967296]");
  CHECK(open_error(file_of(one_tensor(R"("dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4])"),
                           "1234")) == "expected a shape of less than 2^64 bytes for \"a\", got [9223372036854775807]");
  const std::string a = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)";
  CHECK(open_error(file_of(a + R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", "123")) ==
        "expected \"b\" to start at byte 2, got 1: tensors overlap");
  CHECK(open_error(file_of(a + R"("b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})", "12345")) ==
        "expected \"b\" to start at byte 2, got 3: a hole between tensors");
  CHECK(open_error(file_of(a + R"("a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})", "1234")) ==
        "expected each tensor once, got \"a\" twice");
  CHECK(open_error(file_of(a + R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})", "12345")) ==
        "expected 4 bytes of data, got 5");
}

TEST_CASE("a missing tensor and a missing file are named") {
  ScratchFolder folder;
  write_safetensors(folder / "e.safetensors", {});
  const SafetensorsFile file(folder / "e.safetensors");
  CHECK(error_of([&] { file.at("logit_scale"); }, folder.path()) ==
        "[safetensors] DIR/e.safetensors: expected a tensor \"logit_scale\", got none of that name");
  CHECK(error_of([&] { SafetensorsFile(folder / "none"); }, folder.path()) ==
        "[read] DIR/none: expected a readable file, got: No such file or directory");
}

TEST_CASE("writing what cannot be a file writes nothing") {
  ScratchFolder folder;
  const std::vector<float> values(4);
  const TensorView right = TensorView::of(values.data(), {4}), wrong{SafeDType::F32, {5}, right.data};
  const auto error = [&](const NamedTensors& tensors) {
    return error_of([&] { write_safetensors(folder / "w.safetensors", tensors); }, folder.path());
  };
  CHECK(error({{"a", right}, {"a", right}}) ==
        "[safetensors] DIR/w.safetensors: expected each tensor under its own name, got \"a\" twice");
  CHECK(error({{"__metadata__", right}}) ==
        "[safetensors] DIR/w.safetensors: expected each tensor under its own name, got \"__metadata__\" (reserved)");
  CHECK(error({{"a", wrong}}) == "[safetensors] DIR/w.safetensors: expected 20 bytes for \"a\", got 16");
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("numbers convert to float32 and back with rounding to even") {
  const auto floats = [](SafeDType dtype, auto... values) {
    const std::array stored{values...};
    const auto bytes = std::as_bytes(std::span(stored));
    return to_float32(TensorView{dtype, {static_cast<int64_t>(stored.size())}, bytes});
  };
  using Floats = std::vector<float>;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(floats(SafeDType::F64, 1.5, -1e300) == Floats{1.5f, -kInfinity});
  CHECK(floats(SafeDType::I64, int64_t{-3}, int64_t{16777217}) == Floats{-3.f, 16777216.f});
  CHECK(floats(SafeDType::U64, ~uint64_t{0}) == Floats{18446744073709551616.f});
  CHECK(floats(SafeDType::I8, int8_t{-128}) == Floats{-128.f});
  CHECK(floats(SafeDType::BOOL, uint8_t{0}, uint8_t{1}) == Floats{0.f, 1.f});
  CHECK(floats(SafeDType::F16, uint16_t{0x3c00}, uint16_t{0x0001}, uint16_t{0x8400}, uint16_t{0x7c00},
               uint16_t{0x7bff}) == Floats{1.f, 0x1p-24f, -0x1p-14f, kInfinity, 65504.f});
  CHECK(std::isnan(floats(SafeDType::F16, uint16_t{0x7e01})[0]));
  CHECK(floats(SafeDType::BF16, uint16_t{0x3f80}, uint16_t{0xc000}) == Floats{1.f, -2.f});
  CHECK(error_of([&] { floats(SafeDType::F8_E4M3, uint8_t{1}); }) ==
        "[safetensors] expected a tensor that converts to F32, got F8_E4M3");

  const auto stored = [](SafeDType dtype, float value) {
    uint16_t out = 0;
    from_float32(&value, 1, dtype, reinterpret_cast<std::byte*>(&out));
    return out;
  };
  for (uint32_t half = 0; half < 0x10000; ++half) {  // every half and bfloat16 survives the round trip
    if ((half & 0x7c00) != 0x7c00 || (half & 0x3ff) == 0)
      REQUIRE(stored(SafeDType::F16, floats(SafeDType::F16, static_cast<uint16_t>(half))[0]) == half);
    if ((half & 0x7f80) != 0x7f80 || (half & 0x7f) == 0)
      REQUIRE(stored(SafeDType::BF16, floats(SafeDType::BF16, static_cast<uint16_t>(half))[0]) == half);
  }
  CHECK(stored(SafeDType::F16, 1.f + 0x1p-11f) == 0x3c00);
  CHECK(stored(SafeDType::F16, 1.f + 3 * 0x1p-11f) == 0x3c02);
  CHECK(stored(SafeDType::F16, 65519.f) == 0x7bff);
  CHECK(stored(SafeDType::F16, 65520.f) == 0x7c00);
  CHECK(stored(SafeDType::F16, 0x1p-25f) == 0x0000);
  CHECK(stored(SafeDType::F16, 0x1.8p-25f) == 0x0001);
  CHECK(stored(SafeDType::BF16, 1.f + 0x1p-8f) == 0x3f80);
  CHECK(stored(SafeDType::BF16, 1.f + 3 * 0x1p-8f) == 0x3f82);
}
