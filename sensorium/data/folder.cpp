#include "sensorium/data/folder.h"

#include "sensorium/base/file.h"
#include "sensorium/data/svg.h"

#include <algorithm>
#include <set>

namespace sensorium {
namespace {

std::string lower_extension(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return extension;
}

void add_lines(Record& record, const fs::path& file, const CaptionFilter& filter, Tally& tally) {
  std::string content;
  try {
    content = read_file(file, uint64_t{1} << 20);
  } catch (const InputError&) {
    tally.add("unreadable caption file", file.string());
    return;
  }
  bool any = false;
  std::string_view rest = content;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    any = true;
    add_caption(record, filter, line, filter.default_language, "caption", tally, file.string());
  }
  if (!any) tally.add("empty caption", file.string());
}

void read_pictures(const fs::path& folder, const CaptionFilter& filter, int render_size, const ItemSink& sink,
                   Tally& tally) {
  static const std::set<std::string> known{".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".svg"};
  const std::string name = folder.filename().string();
  for (const fs::path& file : files_below(folder)) {
    const std::string extension = lower_extension(file);
    if (!known.contains(extension)) continue;
    Item item;
    Record& record = item.record;
    const fs::path within = file.lexically_relative(folder);
    record.source = name;
    record.id = name + "/" + within.generic_string();
    for (const fs::path& part : within.parent_path()) record.tags.push_back(part.string());
    const fs::path text = fs::path(file).replace_extension(".txt");
    if (std::error_code error; fs::exists(text, error)) add_lines(record, text, filter, tally);
    if (extension == ".svg")
      item.render = [file, render_size] {
        return render_svg(read_file(file, uint64_t{64} << 20), file.string(), render_size, SvgArea::page);
      };
    else
      record.image = file.string();
    sink(std::move(item));
  }
}

}  // namespace

Source open_folder(const fs::path& folder, const CaptionFilter& filter, int render_size) {
  if (std::error_code error; !fs::is_directory(folder, error))
    throw InputError("data prepare", "{}: expected a folder of pictures, got {}", folder.string(),
                     fs::exists(folder, error) ? "something else" : "nothing of that name");
  fs::path absolute = fs::absolute(folder).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return {absolute.filename().string(),
          [=](const ItemSink& sink, Tally& tally) { read_pictures(absolute, filter, render_size, sink, tally); }};
}

}  // namespace sensorium
