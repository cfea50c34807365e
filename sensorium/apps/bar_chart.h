#pragma once
// Bars as inline SVG and HTML, coloured by the page's style sheet.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sensorium {

/// A <figure> with an <svg> of 640 x 280: upright bars over numbers on an axis, such as a histogram's bins {first
/// value, count}. Empty without bins.
std::string draw_histogram(const std::string& title, const std::string& x_label,
                           const std::vector<std::pair<int64_t, uint64_t>>& bins);

/// A <figure> with a line a word: its name, a bar and its count. Empty without words.
std::string draw_word_bars(const std::string& title, const std::vector<std::pair<std::string, uint64_t>>& words);

}  // namespace sensorium
