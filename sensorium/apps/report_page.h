#pragma once
// The report as one HTML file that needs nothing else: style, charts and pictures are inside.

#include "sensorium/apps/report_chart.h"
#include "sensorium/base/json.h"
#include "sensorium/eval/retrieval.h"

#include <optional>

namespace sensorium {

struct ReportHit {
  fs::path picture;
  std::string caption;
  double score = 0;
  bool is_own = false;  // the picture the query was written for
};

struct ReportSearch {
  std::string query;
  std::vector<ReportHit> hits;
  double own_rank = 0;  // expected rank of the query's own picture; 0: it has none
};

struct ReportClassification {
  fs::path picture;
  std::string caption;
  std::vector<std::pair<std::string, double>> labels;  // with probabilities, best first
  std::string truth;                                   // one of the labels, or empty
};

struct ReportPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  // model, data, machine, date, ...
  RetrievalMetrics retrieval;
  std::vector<Chart> charts;
  std::vector<ReportSearch> searches;
  std::vector<ReportClassification> classifications;
  std::optional<OrderedJson> training_options;
};

/// The page. Pictures are read and shown as JPEG of at most 200 pixels a side; one that cannot be read shows as its
/// name.
std::string render_report(const ReportPage& page);

}  // namespace sensorium
