#pragma once
// Charts as SVG files of their own.

#include "sensorium/apps/report_chart.h"

namespace sensorium {

/// A whole .svg file, light or dark by the viewer's setting; empty for a chart without points.
std::string chart_file(const Chart& chart);

/// An <svg> element as a whole .svg file, likewise.
std::string figure_file(const std::string& svg);

/// Values of components 1, 2, ... as a line.
Chart component_chart(const std::string& title, const std::string& y_label, const std::vector<double>& values);

}  // namespace sensorium
