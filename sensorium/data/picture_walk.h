#pragma once
// Pictures one after the other, however many there are: files, folders, the lines of a stream, the records of a
// manifest.

#include "sensorium/data/manifest.h"

#include <functional>
#include <iosfwd>
#include <optional>

namespace sensorium {

/// A picture on its way to a model, and what its result is called.
struct PictureItem {
  fs::path file;
  std::string id;
};

/// The next picture; nothing at the end. Called by one thread at a time.
using PictureStream = std::function<std::optional<PictureItem>()>;

/// Files as they are given, and in the place of a folder every picture below it (see has_picture_ending), sorted by
/// path; links to folders are not followed. The id is the path. Memory: some thousand names of a folder and of those it
/// lies in, of very large folders a fiftieth. Throws InputError, from the stream, for a folder that cannot be read.
PictureStream walk_pictures(std::vector<std::string> inputs);

/// How many pictures walk_pictures would give; of a folder that cannot be read, those before the fault.
uint64_t count_pictures(const std::vector<std::string>& inputs);

/// What walk_pictures gives for each line of `lines` (its CR is left out, and so are empty lines). `lines` must outlive
/// the stream.
PictureStream walk_picture_lines(std::istream& lines);

/// The pictures of a prepared folder's wanted records, in order; the id is the record's. Memory is one record. Throws
/// what ManifestReader throws.
PictureStream walk_manifest(const fs::path& folder, const RecordFilter& filter);

/// The pictures of a list, which has to outlive the stream. The id is the path.
PictureStream walk_list(std::span<const fs::path> pictures);

/// One stream after the other.
PictureStream chain(std::vector<PictureStream> streams);

}  // namespace sensorium
