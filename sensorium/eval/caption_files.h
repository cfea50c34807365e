#pragma once
// Candidate captions and their references from files.

#include "sensorium/eval/caption_scores.h"

#include "sensorium/base/file.h"

#include <map>

namespace sensorium {

/// Captions by the id of their picture.
using CaptionsById = std::map<std::string, std::vector<std::string>>;

/// From JSON lines, a JSON list, or an object with a list "annotations" (COCO): each object has "image_id", "id" or
/// "picture" (text or number) and "caption", or a list "captions" of texts. A path as id counts by its file name too.
/// Throws InputError naming file and line or place.
CaptionsById read_captions(const fs::path& file);

/// The references of a prepared folder's split: by record id.
CaptionsById captions_of_manifest(const fs::path& folder, const std::string& split,
                                  const std::vector<std::string>& languages);

/// Candidates with the references of the same id, in order of id. A candidate id that is a path is looked for by its
/// file name without ending as well, if that is unambiguous. Throws InputError for a candidate without references, two
/// candidates of one id, and for none; `unused` counts references without a candidate.
struct MatchedCaptions {
  std::vector<std::string> ids;
  CaptionSet set;
  size_t unused = 0;
};
MatchedCaptions match_captions(const CaptionsById& candidates, const CaptionsById& references,
                               const std::string& source);

}  // namespace sensorium
