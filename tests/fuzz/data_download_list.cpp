// Any bytes as a list to download; the first chooses its kind.
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_list.h"
#include "tests/fuzz/temporary.h"

#include <array>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  if (size == 0) return 0;
  constexpr std::array kKinds{".txt", ".tsv", ".csv", ".jsonl"};
  fs::path list = fuzz::file_of(data + 1, size - 1);
  const fs::path named = list.string() + kKinds[data[0] % kKinds.size()];
  fs::rename(list, named);
  Tally tally;
  try {
    read_download_list(named, {}, tally, [](DownloadItem&& item) {
      std::string fault;
      const auto address = parse_web_address(item.url, fault);
      // What is normalised must stay what it is.
      if (address && parse_web_address(address->url, fault)->url != address->url) std::abort();
    });
  } catch (const Error&) {
  }
  fs::remove(named);
  return 0;
}
