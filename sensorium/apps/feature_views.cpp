#include "sensorium/apps/feature_views.h"

#include "sensorium/base/json.h"
#include "sensorium/data/csv.h"
#include "sensorium/serve/model/embedder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

bool to_number(const std::string& cell, double& value) {
  size_t first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
  if (first == std::string::npos) return false;
  if (cell[first] == '+') ++first;
  const auto [end, error] = std::from_chars(cell.data() + first, cell.data() + last + 1, value);
  return error == std::errc() && end == cell.data() + last + 1;
}

/// Rows of equal length as they come.
class RowCollector {
 public:
  explicit RowCollector(std::string name) : name_(std::move(name)) {}
  void add(const std::vector<double>& row) {
    if (width_ == 0) width_ = row.size();
    if (row.size() != width_ || width_ == 0)
      throw InputError("features", "{}: expected {} values in row {}, got {}", name_, width_, rows_, row.size());
    values_.insert(values_.end(), row.begin(), row.end());
    ++rows_;
  }
  size_t rows() const { return rows_; }
  Matrix finish() {
    if (rows_ == 0) throw InputError("features", "{}: expected rows of numbers, got none", name_);
    return classic::matrix_of(values_, static_cast<Index>(rows_), static_cast<Index>(width_));
  }

 private:
  std::string name_;
  std::vector<double> values_;
  size_t width_ = 0, rows_ = 0;
};

Matrix read_table(const fs::path& file, char delimiter) {
  RowCollector rows(file.string());
  const bool whole = read_csv(file, delimiter, [&](std::vector<std::string>& cells, uint64_t number) {
    std::vector<double> row(cells.size());
    for (size_t i = 0; i < cells.size(); ++i)
      if (!to_number(cells[i], row[i])) {
        if (number == 1) return true;  // names
        throw InputError("features", "{}: expected a number in row {}, column {}, got \"{}\"", file.string(),
                         rows.rows(), i, cells[i].substr(0, 40));
      }
    rows.add(row);
    return true;
  });
  if (!whole) throw InputError("features", "{}: expected a closing quotation mark, got the end", file.string());
  return rows.finish();
}

Matrix read_json_lines(const fs::path& file) {
  RowCollector rows(file.string());
  for (const std::string& line : read_lines(file)) {
    const Json object = parse_json(line, file.string());
    const auto found = object.is_object() ? object.find("embedding") : object.end();
    if (found == object.end() || !found->is_array() ||
        !std::all_of(found->begin(), found->end(), [](const Json& v) { return v.is_number(); }))
      throw InputError("features", "{}: expected an \"embedding\" of numbers in line {}, got none", file.string(),
                       rows.rows() + 1);
    rows.add(found->get<std::vector<double>>());
  }
  return rows.finish();
}

}  // namespace

FeatureView open_view(const fs::path& file) {
  const std::string extension = file.extension().string();
  FeatureView view;
  view.name = file.string();
  if (extension == ".npy") {
    view.rows = classic::rows_of_npy(file);
    if (view.rows->rows() == 0 || view.rows->columns() == 0)
      throw InputError("features", "{}: expected rows of numbers, got {} x {}", view.name, view.rows->rows(),
                       view.rows->columns());
    return view;
  }
  if (extension == ".csv" || extension == ".tsv")
    view.kept = std::make_unique<Matrix>(read_table(file, extension == ".csv" ? ',' : '\t'));
  else if (extension == ".jsonl")
    view.kept = std::make_unique<Matrix>(read_json_lines(file));
  else
    throw UsageError("features", "expected a .npy, .csv, .tsv or .jsonl file, got \"{}\"", file.string());
  view.rows = classic::rows_of(*view.kept, view.name);
  return view;
}

std::vector<FeatureView> open_views(const std::vector<std::string>& files) {
  std::vector<FeatureView> views;
  for (const std::string& file : files) views.push_back(open_view(file));
  return views;
}

std::vector<const classic::RowSource*> sources_of(const std::vector<FeatureView>& views) {
  std::vector<const classic::RowSource*> sources;
  for (const FeatureView& view : views) sources.push_back(view.rows.get());
  return sources;
}

std::vector<Matrix> matrices_of(const std::vector<FeatureView>& views) {
  std::vector<Matrix> matrices;
  for (const FeatureView& view : views) matrices.push_back(classic::read_all(*view.rows));
  return matrices;
}

PartialViews partial_views(const std::vector<FeatureView>& views) {
  PartialViews out;
  for (const FeatureView& view : views) {
    Matrix values(view.rows->rows(), view.rows->columns());
    view.rows->read(0, values.rows(), values.data());
    std::vector<uint8_t> present(static_cast<size_t>(values.rows()), 1);
    for (Index i = 0; i < values.rows(); ++i) {
      if (values.row(i).array().isNaN().all()) {
        values.row(i).setZero();
        present[static_cast<size_t>(i)] = 0;
        out.complete = false;
      }
      for (Index j = 0; j < values.cols(); ++j)
        if (!std::isfinite(values(i, j)))
          throw InputError("features",
                           "{}: expected finite numbers, or a row of NaN alone for an item that lacks them, "
                           "got {} in row {}, column {}",
                           view.name, values(i, j), i, j);
    }
    out.values.push_back(std::move(values));
    out.present.push_back(std::move(present));
  }
  return out;
}

Labels read_label_file(const fs::path& file, const std::vector<std::string>& classes) {
  std::vector<std::string> words;
  bool numbers = true;
  if (file.extension() == ".npy") {
    const auto rows = classic::rows_of_npy(file);
    if (rows->columns() != 1)
      throw InputError("labels", "{}: expected one column, got {}", file.string(), rows->columns());
    const Matrix values = classic::read_all(*rows);
    for (Index i = 0; i < values.rows(); ++i) words.push_back(fmt::format("{}", values(i, 0)));
  } else {
    words = read_lines(file);
  }
  if (words.empty()) throw InputError("labels", "{}: expected a label a line, got none", file.string());
  std::vector<std::string> distinct(words.begin(), words.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  double ignored = 0;
  for (const std::string& word : distinct) numbers = numbers && to_number(word, ignored);
  if (numbers)
    std::sort(distinct.begin(), distinct.end(), [](const std::string& a, const std::string& b) {
      double x = 0, y = 0;
      to_number(a, x);
      to_number(b, y);
      return x != y ? x < y : a < b;
    });
  Labels labels;
  labels.classes = classes.empty() ? distinct : classes;
  std::map<std::string, int64_t> places;
  for (size_t i = 0; i < labels.classes.size(); ++i) places[labels.classes[i]] = static_cast<int64_t>(i);
  for (const std::string& word : words) {
    const auto found = places.find(word);
    if (found == places.end())
      throw InputError("labels", "{}: expected one of the model's {} classes, got \"{}\"", file.string(),
                       labels.classes.size(), word.substr(0, 40));
    labels.ids.push_back(found->second);
  }
  return labels;
}

void write_npy(const fs::path& file, const Matrix& matrix) {
  NpyWriter writer(file, static_cast<size_t>(matrix.cols()));
  std::vector<float> row(static_cast<size_t>(matrix.cols()));
  for (Index i = 0; i < matrix.rows(); ++i) {
    for (Index j = 0; j < matrix.cols(); ++j) row[static_cast<size_t>(j)] = static_cast<float>(matrix(i, j));
    writer.write_rows(row);
  }
  writer.commit();
}

}  // namespace sensorium
