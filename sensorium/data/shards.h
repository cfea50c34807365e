#pragma once
// Web-dataset tar shards as a corpus.

#include "sensorium/data/source.h"

namespace sensorium {

/// The files that a pattern names, sorted within each wildcard: "a-{000..012}.tar" (numbers, as wide as written),
/// "{train,val}.tar", and "*" and "?" in the last part of a path. Throws InputError when a pattern names more than a
/// million files or a wildcard none.
std::vector<fs::path> expand_shards(const std::string& pattern);

/// Opens uncompressed tar shards. Members that follow one another under one key (the name up to the first dot of its
/// last part) are one item: a picture (jpg, jpeg, png, webp, gif, bmp, tif, tiff, or bin), .txt (captions, one a line),
/// .cls (label), .json: either a record that ShardWriter wrote, or an object with "caption" and "url" (img2dataset).
/// The record's picture is a part of the shard (picture_file.h), so nothing is unpacked. Throws InputError for a
/// missing shard; a broken one when it is read.
Source open_shards(const std::string& pattern, const CaptionFilter& filter);

}  // namespace sensorium
