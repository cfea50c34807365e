#include "sensorium/data/download_checksum.h"

#include "sensorium/base/error.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

namespace sensorium {
namespace {

struct Algorithm {
  const char* name;
  size_t hex_digits;
  const EVP_MD* (*digest)();
};

constexpr Algorithm kAlgorithms[]{{"md5", 32, EVP_md5}, {"sha1", 40, EVP_sha1}, {"sha256", 64, EVP_sha256}};

struct Closer {
  void operator()(std::FILE* f) const { std::fclose(f); }
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

}  // namespace

std::optional<std::string> parse_checksum(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  const size_t colon = lower.find_first_of(":=");
  const std::string name = colon == std::string::npos ? "" : lower.substr(0, colon);
  const std::string digits = colon == std::string::npos ? lower : lower.substr(colon + 1);
  if (digits.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  for (const Algorithm& a : kAlgorithms)
    if (digits.size() == a.hex_digits && (name.empty() || name == a.name)) return a.name + (":" + digits);
  return std::nullopt;
}

std::string checksum_of_file(const fs::path& file, const std::string& like) {
  const std::string name = like.substr(0, like.find(':'));
  const auto* algorithm =
      std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms), [&](const Algorithm& a) { return a.name == name; });
  SENSORIUM_ASSERT(algorithm != std::end(kAlgorithms));
  const std::unique_ptr<std::FILE, Closer> in(std::fopen(file.c_str(), "rbe"));
  const std::unique_ptr<EVP_MD_CTX, Closer> context(EVP_MD_CTX_new());
  if (!in) throw InputError("checksum", "{}: expected a readable file, got: {}", file.string(), std::strerror(errno));
  if (!context || EVP_DigestInit_ex(context.get(), algorithm->digest(), nullptr) != 1)
    throw EnvironmentError("checksum", "expected OpenSSL to know {}, got a refusal", name);
  std::vector<char> block(size_t{1} << 18);
  size_t n = 0;
  while ((n = std::fread(block.data(), 1, block.size(), in.get())) > 0)
    EVP_DigestUpdate(context.get(), block.data(), n);
  if (std::ferror(in.get())) throw InputError("checksum", "{}: expected to read it, got a fault", file.string());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  std::string out = name + ":";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace sensorium
