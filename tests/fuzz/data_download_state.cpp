// What a download left on disk: plan.json, and after NULs items.jsonl and state.bin, whose checks are put right.
#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/data/download_state.h"
#include "tests/fuzz/temporary.h"

#include <cstddef>
#include <cstring>

using namespace sensorium;

namespace {

std::string with_checks(std::string_view bytes) {
  std::string table(bytes);
  constexpr size_t kFrom = offsetof(DownloadEntry, bytes), kTo = offsetof(DownloadEntry, check);
  for (size_t at = 0; at + sizeof(DownloadEntry) <= table.size(); at += sizeof(DownloadEntry)) {
    const auto check = static_cast<uint16_t>(stable_hash({table.data() + at + kFrom, kTo - kFrom}));
    std::memcpy(table.data() + at + kTo, &check, sizeof check);
  }
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "plan.json", fuzz::take_part(rest));
  fuzz::put_file(folder / "items.jsonl", fuzz::take_part(rest));
  fuzz::put_file(folder / "state.bin", with_checks(rest));
  const auto no_list = [](const DownloadState::Sink&) -> OrderedJson { __builtin_trap(); };
  try {
    DownloadState state(folder, OrderedJson::object(), "", no_list);
    for (uint64_t i = 0; i < state.size(); ++i) {
      const DownloadEntry entry = state.entry(i);
      if (entry.format != kOwnName) (void)kPictureSuffixes.at(entry.format);
      try {
        state.item(i);
        state.merged_item(i);
      } catch (const Error&) {
      }
      state.set(i, entry);
    }
  } catch (const Error&) {
  }
  return 0;
}
