// How values go to PostgreSQL and come from it: numbers with the highest byte first, vectors as pgvector sends them
// (their width, two bytes of nothing, floats).

#include "sensorium/base/error.h"
#include "sensorium/index/postgres.h"

#include <endian.h>
#include <libpq-fe.h>

#include <bit>
#include <cstdlib>
#include <cstring>

namespace sensorium::index {
namespace {

constexpr int kText = 0, kBinary = 1;
constexpr std::string_view kCopyHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};

template <class T>
void append(std::string& bytes, T big_endian) {
  bytes.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
}

template <class T>
T taken(std::string_view bytes, size_t at = 0) {
  SENSORIUM_ASSERT(at + sizeof(T) <= bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::string vector_bytes(std::span<const float> vector) {
  std::string bytes;
  append(bytes, htobe16(static_cast<uint16_t>(vector.size())));
  append(bytes, uint16_t{0});
  for (const float v : vector) append(bytes, htobe32(std::bit_cast<uint32_t>(v)));
  return bytes;
}

}  // namespace

std::string SqlValues::add(std::string text) {
  values_.push_back(std::move(text));
  formats_.push_back(kText);
  return "$" + std::to_string(values_.size());
}

std::string SqlValues::add(std::span<const float> vector) {
  const std::string placeholder = add(vector_bytes(vector));
  formats_.back() = kBinary;
  return placeholder + "::vector";
}

PostgresRows::PostgresRows(pg_result* result) : result_(result) {}

void PostgresRows::Free::operator()(pg_result* result) const {
  PQclear(result);
}

size_t PostgresRows::count() const {
  return static_cast<size_t>(PQntuples(result_.get()));
}

size_t PostgresRows::changed() const {
  return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

bool PostgresRows::is_null(size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view PostgresRows::bytes(size_t row, int column) const {
  const int at = static_cast<int>(row);
  return {PQgetvalue(result_.get(), at, column), static_cast<size_t>(PQgetlength(result_.get(), at, column))};
}

int64_t PostgresRows::integer(size_t row, int column) const {
  return static_cast<int64_t>(be64toh(taken<uint64_t>(bytes(row, column))));
}

double PostgresRows::real(size_t row, int column) const {
  return std::bit_cast<double>(be64toh(taken<uint64_t>(bytes(row, column))));
}

std::string PostgresRows::text(size_t row, int column) const {
  return std::string(bytes(row, column));
}

std::vector<float> PostgresRows::vector(size_t row, int column) const {
  const std::string_view all = bytes(row, column);
  std::vector<float> values(be16toh(taken<uint16_t>(all)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::bit_cast<float>(be32toh(taken<uint32_t>(all, 4 + 4 * i)));
  return values;
}

CopyRows::CopyRows() : bytes_(kCopyHeader) {}

void CopyRows::begin_row(int16_t columns) {
  append(bytes_, htobe16(static_cast<uint16_t>(columns)));
}

void CopyRows::add(int64_t value) {
  append(bytes_, htobe32(sizeof value));
  append(bytes_, htobe64(static_cast<uint64_t>(value)));
}

void CopyRows::add(std::string_view text) {
  append(bytes_, htobe32(static_cast<uint32_t>(text.size())));
  bytes_.append(text);
}

void CopyRows::add(std::span<const float> vector) {
  add(vector_bytes(vector));
}

std::string CopyRows::finished() {
  begin_row(-1);
  return std::move(bytes_);
}

}  // namespace sensorium::index
