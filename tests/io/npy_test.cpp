#include "sensorium/io/npy.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

std::string npy(const std::string& dictionary, const std::string& data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return bytes + dictionary + data;
}

}  // namespace

TEST_CASE("an array written in pieces is read back whole") {
  ScratchFolder folder;
  const fs::path path = folder / "a.npy";
  {
    NpyWriter writer(path, 3);
    const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
    writer.write_rows(rows);
    writer.write_rows(std::span(rows).first(3));
    CHECK_FALSE(fs::exists(path));
    writer.commit();
  }
  const NpyFile file(path);
  CHECK(file.tensor().shape == std::vector<int64_t>{3, 3});
  CHECK(to_float32(file.tensor()) == std::vector<float>{1, 2, 3, 4, 5, 6, 1, 2, 3});
  CHECK(read_file(path).size() == 128 + 36);
}

TEST_CASE("an array that is not committed leaves nothing") {
  ScratchFolder folder;
  { NpyWriter writer(folder / "a.npy", 3); }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("doubles and vectors are read") {
  ScratchFolder folder;
  const double value = -2.5;
  write_file(folder / "d.npy", npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }",
                                   std::string(reinterpret_cast<const char*>(&value), 8)));
  const NpyFile file(folder / "d.npy");
  CHECK(file.tensor().shape == std::vector<int64_t>{1});
  CHECK(to_float32(file.tensor()) == std::vector<float>{-2.5f});
}

TEST_CASE("broken arrays are named") {
  ScratchFolder folder;
  const auto error = [&](const std::string& content) {
    write_file(folder / "b.npy", content);
    return error_of([&] { NpyFile(folder / "b.npy"); }, folder.path());
  };
  CHECK(error("hello world, not numpy") == "[npy] DIR/b.npy: expected a .npy file, got other content");
  CHECK(error(std::string("\x93NUMPY\x09\x00\x00\x00\x00\x00", 12)) ==
        "[npy] DIR/b.npy: expected .npy version 1 to 3, got 9");
  CHECK(error(std::string("\x93NUMPY\x01\x00\xff\xff    ", 14)) ==
        "[npy] DIR/b.npy: expected a header within 4 bytes, got one of 65535");
  CHECK(error(npy("{'fortran_order': False, 'shape': (2,), }", "")) ==
        "[npy] DIR/b.npy: expected a descr in the header, got none");
  CHECK(error(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", "12345678")) ==
        "[npy] DIR/b.npy: expected little-endian numbers, got descr '>f4'");
  CHECK(error(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", "12345678")) ==
        "[npy] DIR/b.npy: expected a row-major array, got a column-major one");
  CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, x), }", "12345678")) ==
        "[npy] DIR/b.npy: expected a shape of whole numbers, got (2, x)");
  CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "12345678")) ==
        "[npy] DIR/b.npy: expected 12 bytes of data, got 8");
  CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4), }", "")) ==
        "[npy] DIR/b.npy: expected a shape of less than 2^64 bytes, got (9223372036854775807, 4)");
}
