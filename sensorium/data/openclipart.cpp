#include "sensorium/data/openclipart.h"

#include "sensorium/base/file.h"
#include "sensorium/base/threads.h"
#include "sensorium/data/svg.h"

#include <pugixml.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace sensorium {
namespace {

constexpr size_t kCollection = 5;  // a title on more pictures than this names a collection
constexpr size_t kSameName = 50;   // pictures taken of one folder and name
constexpr uint64_t kFileLimit = uint64_t{64} << 20;

struct Drawing {
  fs::path file;
  std::string title, author, problem;
  std::vector<std::string> tags;
};

/// First descendant of that qualified name, or nothing.
pugi::xml_node descendant(const pugi::xml_node& node, const char* name) {
  return node.find_node([&](const pugi::xml_node& n) { return std::string_view(n.name()) == name; });
}

std::string words(std::string_view text) {
  bool valid = true;
  std::string out = tidy_text(text, valid);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

/// "Clipart by Nicu Buculei - red jigsaw" -> "red jigsaw".
std::string without_credit(std::string title) {
  if (!title.starts_with("Clipart by ")) return title;
  const size_t dash = title.find(" - ");
  return dash == std::string::npos ? title : title.substr(dash + 3);
}

void add_tag(std::vector<std::string>& tags, std::string tag) {
  static const std::set<std::string> meaningless{"hash", "unsorted", "special", "magick", "clip art", "clipart", ""};
  if (!meaningless.contains(tag) && std::find(tags.begin(), tags.end(), tag) == tags.end())
    tags.push_back(std::move(tag));
}

Drawing read_metadata(const fs::path& file) {
  Drawing drawing{file, "", "", "", {}};
  std::string content;
  try {
    content = read_file(file, kFileLimit);
  } catch (const InputError&) {
    drawing.problem = "unreadable picture";
    return drawing;
  }
  pugi::xml_document document;
  if (!document.load_buffer_inplace(content.data(), content.size())) {
    drawing.problem = content.empty() ? "empty file" : "broken picture";
    return drawing;
  }
  const pugi::xml_node work = descendant(document, "cc:Work");
  drawing.title = without_credit(words(work.child("dc:title").child_value()));
  drawing.author = words(descendant(work.child("dc:creator"), "dc:title").child_value());
  for (const pugi::xml_node& tag : work.child("dc:subject").child("rdf:Bag").children("rdf:li"))
    if (std::string text = words(tag.child_value()); text != drawing.author) add_tag(drawing.tags, std::move(text));
  return drawing;
}

/// "bullet_hole_linda_kim_ab" by Linda Kim -> "bullet_hole": names may end in the (cut off) author and a number.
std::string without_author(std::string stem, std::string author) {
  for (char& c : author) c = c == ' ' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  stem.erase(stem.find_last_not_of("0123456789_") + 1);
  for (size_t cut = stem.find('_', 1); cut != std::string::npos; cut = stem.find('_', cut + 1)) {
    const std::string_view end = std::string_view(stem).substr(cut + 1);
    const bool whole = !author.empty() && end.starts_with(author);
    if (whole || (end.size() >= 3 && std::string_view(author).starts_with(end))) return stem.substr(0, cut);
  }
  return stem;
}

/// Words of a file name: "jigsaw_red_10" -> "jigsaw red". Parts with digits are numbers of a series.
std::string name_words(const Drawing& drawing) {
  std::string stem = without_author(drawing.file.stem().string(), drawing.author), out, part;
  std::replace(stem.begin(), stem.end(), '-', '_');
  for (const char c : stem + "_") {
    if (c != '_') {
      part += c;
      continue;
    }
    while (!part.empty() && part.back() >= '0' && part.back() <= '9') part.pop_back();
    if (!part.empty() && part.find_first_of("0123456789") == std::string::npos) out += (out.empty() ? "" : " ") + part;
    part.clear();
  }
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::vector<Drawing> read_all(const fs::path& folder, Tally& tally) {
  std::vector<fs::path> files;
  for (const fs::path& file : files_below(folder)) {
    if (file.extension() != ".svg") continue;
    if (std::error_code error; fs::is_symlink(file, error))
      tally.add("link to another picture", file.string());
    else
      files.push_back(file);
  }
  std::vector<Drawing> drawings(files.size());
  parallel_for(files.size(), 0, [&](size_t i) { drawings[i] = read_metadata(files[i]); });
  return drawings;
}

void read_drawings(const fs::path& folder, const CaptionFilter& filter, int render_size, const ItemSink& sink,
                   Tally& tally) {
  const std::vector<Drawing> drawings = read_all(folder, tally);
  std::map<std::string, size_t> uses, taken;
  for (const Drawing& d : drawings) ++uses[d.title];
  for (const Drawing& d : drawings) {
    const std::string example = d.file.string();
    if (!d.problem.empty()) {
      tally.add(d.problem, example);
      continue;
    }
    const bool titled = !d.title.empty() && uses[d.title] <= kCollection;
    if (!titled)
      tally.add(d.title.empty() ? "no title (file name used)" : "title of a collection (file name used)", example);
    const std::string name = titled ? d.title : name_words(d);
    const fs::path within = d.file.parent_path().lexically_relative(folder);
    if (++taken[within.string() + "\n" + name] > kSameName) {
      tally.add("more than 50 pictures of one name in a folder", example);
      continue;
    }
    Item item;
    item.record.source = "openclipart";
    item.record.id = "openclipart/" + (within / d.file.stem()).lexically_normal().generic_string();
    item.record.tags = d.tags;
    for (const fs::path& part : within)
      if (part != ".") add_tag(item.record.tags, words(part.string()));
    add_caption(item.record, filter, name, "en", titled ? "title" : "name", tally, example);
    std::vector<std::string> others = item.record.tags;
    std::erase(others, name);
    if (!others.empty())
      add_caption(item.record, filter, name.empty() ? join(others) : name + ": " + join(others), "en", "tags", tally,
                  example);
    item.render = [file = d.file, render_size] {
      return render_svg(read_file(file, kFileLimit), file.string(), render_size, SvgArea::drawing);
    };
    sink(std::move(item));
  }
}

}  // namespace

Source open_openclipart(const fs::path& folder, const CaptionFilter& filter, int render_size) {
  if (std::error_code error; !fs::is_directory(folder, error))
    throw InputError("data prepare", "{}: expected the Open Clip Art Library (Debian: openclipart-svg), got nothing",
                     folder.string());
  return {"openclipart",
          [=](const ItemSink& sink, Tally& tally) { read_drawings(folder, filter, render_size, sink, tally); }};
}

}  // namespace sensorium
