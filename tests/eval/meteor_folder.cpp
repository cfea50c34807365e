#include "tests/eval/meteor_folder.h"

#include "sensorium/base/error.h"
#include "sensorium/eval/meteor_tables.h"

#include <cstdlib>

namespace sensorium::test {

fs::path published_meteor_tables() {
  if (meteor_folder().empty()) setenv("SENSORIUM_METEOR", SENSORIUM_DEPS_DIR "/meteor", 1);
  const fs::path folder = meteor_folder();
  if (!fs::exists(folder / "paraphrase-en.gz"))
    throw EnvironmentError(
        "test", "expected METEOR's tables in {} (`./run meteor` puts them there, or set SENSORIUM_METEOR), got none",
        folder.string());
  return folder;
}

}  // namespace sensorium::test
