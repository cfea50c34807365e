#pragma once
// Parts that pages share: pictures inside the HTML, tiles with one figure each.

#include "sensorium/base/file.h"

#include <string>
#include <vector>

namespace sensorium {

/// <img> with the picture inside, on white, as JPEG of at most 200 pixels a side; its name when it cannot be read.
std::string thumbnail(const fs::path& picture, const std::string& text);

/// The head of a page up to the heading; `note` stands below it.
std::string page_head(const std::string& title, const std::string& note);

/// "How it was made": names with their values.
std::string facts_card(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace sensorium
