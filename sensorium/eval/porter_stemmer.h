#pragma once

#include <string>
#include <string_view>

namespace sensorium {

/// The stem of an English word in lower case (Porter, "An algorithm for suffix stripping", 1980), with the changes that
/// NLTK makes: a few irregular words, "ies" and "ied" after one letter, y to i only behind consonants, "fulli", "logi".
/// Other letters pass through. Cost: linear.
std::string porter_stem(std::string_view word);

}  // namespace sensorium
