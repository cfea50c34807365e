#pragma once
// Line charts as inline SVG, coloured by the page's style sheet.

#include <string>
#include <utility>
#include <vector>

namespace sensorium {

/// Points (x, y) with a name; drawn in the page's colour number `colour` (1, 2, ...).
struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;
  int colour = 1;
  bool markers = false;  // a dot a point: for few points
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool from_zero = false;  // the y axis starts at 0
};

/// "&", "<", ">" and quotes as entities.
std::string html_escape(const std::string& text);

/// An <svg> of 640 x 280 with axes, round ticks and a legend. Series of more than 400 points are thinned by averaging
/// neighbours. Empty when no series has a point.
std::string draw_chart(const Chart& chart);

}  // namespace sensorium
