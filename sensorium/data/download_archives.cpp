#include "sensorium/data/download_archives.h"

#include "sensorium/base/error.h"

namespace sensorium {
namespace {

/// COCO publishes no checksums; these MD5 sums are the ones that several data loaders of the field check against.
std::vector<OfficialFile> coco() {
  const std::string base = "http://images.cocodataset.org";
  std::vector<OfficialFile> files;
  const auto add = [&](const char* name, const char* folder, const char* checksum) {
    files.push_back({"coco", name, base, std::string(folder) + "/" + name + ".zip", checksum});
  };
  add("train2017", "zips", "md5:cced6f7f71b7629ddf16f17bbcfab6b2");
  add("val2017", "zips", "md5:442b8da7639aecaf257c1dceb8ba8c80");
  add("test2017", "zips", "md5:77ad2c53ac5d0aea611d422c0938fb35");
  add("unlabeled2017", "zips", "");
  add("train2014", "zips", "md5:0da8cfa0e090c266b78f30e2d2874f1a");
  add("val2014", "zips", "md5:a3d79f5ed8d289b7a7554ce06a5782b3");
  add("test2014", "zips", "");
  add("test2015", "zips", "md5:04127eef689ceac55e3a572c2c92f264");
  add("annotations_trainval2017", "annotations", "md5:f4bbac642086de4f52a3fdda2de5fa2c");
  add("annotations_trainval2014", "annotations", "md5:0a379cfc70b0e71301e0f377548639bd");
  add("image_info_test2017", "annotations", "");
  add("image_info_test2014", "annotations", "");
  add("stuff_annotations_trainval2017", "annotations", "");
  return files;
}

std::vector<OfficialFile> visual_genome() {
  std::vector<OfficialFile> files;
  for (const char* name : {"images", "images2"})
    files.push_back({"visual-genome", name, "https://cs.stanford.edu/people/rak248",
                     std::string("VG_100K_2/") + name + ".zip", ""});
  for (const char* name : {"image_data", "region_descriptions", "objects", "attributes", "relationships",
                           "question_answers", "scene_graphs", "region_graphs"})
    files.push_back({"visual-genome", name, "https://homes.cs.washington.edu/~ranjay/visualgenome",
                     std::string("data/dataset/") + name + ".json.zip", ""});
  return files;
}

std::vector<OfficialFile> vqa() {
  std::vector<OfficialFile> files;
  for (const char* name :
       {"Questions_Train", "Questions_Val", "Questions_Test", "Annotations_Train", "Annotations_Val"})
    files.push_back(
        {"vqa", name, "https://s3.amazonaws.com/cvmlp/vqa/mscoco/vqa", std::string("v2_") + name + "_mscoco.zip", ""});
  return files;
}

}  // namespace

const std::vector<OfficialFile>& official_files() {
  static const std::vector<OfficialFile> all = [] {
    std::vector<OfficialFile> files = coco();
    for (auto& more : {visual_genome(), vqa()}) files.insert(files.end(), more.begin(), more.end());
    files.push_back({"karpathy", "caption_datasets", "https://cs.stanford.edu/people/karpathy/deepimagesent",
                     "caption_datasets.zip", ""});
    return files;
  }();
  return all;
}

std::vector<OfficialFile> find_official_files(const std::string& word) {
  const size_t colon = word.find(':');
  const std::string corpus = word.substr(0, colon);
  std::vector<OfficialFile> found;
  std::string names;
  for (const OfficialFile& file : official_files()) {
    if (file.corpus != corpus) continue;
    names += (names.empty() ? "" : ", ") + file.name;
    if (colon == std::string::npos || file.name == word.substr(colon + 1)) found.push_back(file);
  }
  if (found.empty() && !names.empty())
    throw UsageError("data download", "expected a file of {} ({}), got \"{}\"", corpus, names, word.substr(colon + 1));
  return found;
}

}  // namespace sensorium
