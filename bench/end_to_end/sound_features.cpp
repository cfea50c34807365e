// Features of sounds that need no training: bench_sound_features LIST OUT.npy spectrum|course|rhythm (see
// sensorium/io/sound_summary.h). A line of the list is a path or empty, which makes a row of NaN.

#include "sensorium/base/error.h"
#include "sensorium/io/npy.h"
#include "sensorium/io/sound_summary.h"

#include <cstdio>
#include <fstream>
#include <limits>

using namespace sensorium;

namespace {

constexpr double kSeconds = 10;

std::vector<float> features(const std::string& path, const std::string& view) {
  SoundSummary summary = summarise_sound(read_sound(path, kSeconds));
  if (view == "rhythm") return std::move(summary.rhythm);
  return view == "course" ? std::move(summary.course) : std::move(summary.spectrum);
}

void write(const char* list, const char* file, const std::string& view) {
  std::vector<std::vector<float>> rows;
  size_t width = 0;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) {
    rows.push_back(line.empty() ? std::vector<float>() : features(line, view));
    width = std::max(width, rows.back().size());
  }
  NpyWriter writer(file, width);
  for (std::vector<float>& row : rows) {
    if (row.empty()) row.assign(width, std::numeric_limits<float>::quiet_NaN());
    writer.write_rows(row);
  }
  writer.commit();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string view = argc == 4 ? argv[3] : "";
  if (view != "spectrum" && view != "course" && view != "rhythm") {
    std::fputs("usage: bench_sound_features LIST OUT.npy spectrum|course|rhythm\n", stderr);
    return 2;
  }
  try {
    write(argv[1], argv[2], view);
  } catch (const Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return e.exit_code();
  }
  return 0;
}
