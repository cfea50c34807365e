#include "sensorium/models/reference_pictures.h"

#include "sensorium/base/json.h"
#include "sensorium/base/sha256.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/image_hash.h"
#include "sensorium/io/image_processor.h"
#include "sensorium/models/reference_picture_set.h"

#include <cstring>

namespace sensorium {

using namespace reference_pictures;

namespace {

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::string hash_of(std::span<const uint8_t> pixels) {
  return sha256_hex(std::as_bytes(pixels));
}

/// Compares with the tensor, or where the list has only its hash, with that.
void check_image(const PictureSet& set, const Json& expected, const std::string& name, const Image& got,
                 EqualityReport& report) {
  if (expected.contains("key") && !expected.at("key").is_null()) {
    report.check(got == set.image(expected.at("key")), [&] { return set.describe(expected.at("key"), got, name); });
  } else {
    const std::string hash = expected.at("sha256");
    report.check(hash_of(got.pixels) == hash, [&] { return fmt::format("{}: expected SHA-256 {}", name, hash); });
  }
}

/// The second frame, as RGB.
Image second_frame(const MappedFile& file, const std::string& name) {
  std::vector<Image> frames;
  decode_frames(file.bytes(), name, [&](const Frame& frame) {
    frames.push_back(frame.image);
    return frames.size() < 2;
  });
  if (frames.size() < 2) throw InputError("verify", "{}: expected two frames, got {}", name, frames.size());
  return frames[1];
}

CaseResult check_decoded(const PictureSet& set) {
  EqualityReport report(set.name());
  for (const Json& entry : set.entries())
    report.run(entry.at("file"), [&] {
      const std::string name = entry.at("file");
      const fs::path path = set.folder() / name;
      check_image(set, entry.at("rgb"), name, read_image(path), report);
      if (entry.contains("rgba")) check_image(set, entry.at("rgba"), name + " RGBA", read_image_alpha(path), report);
      if (entry.contains("rgb_on_white"))
        check_image(set, entry.at("rgb_on_white"), name + " on white", composite_on(read_image_alpha(path)), report);
      if (entry.contains("rgb_exif_transposed"))
        check_image(set, entry.at("rgb_exif_transposed"), name + " turned",
                    read_image(path, {.limits = {}, .apply_exif_orientation = true}), report);
      if (entry.contains("frame1"))
        check_image(set, entry.at("frame1"), name + " frame 1", second_frame(MappedFile(path), name), report);
      if (entry.contains("native")) report.skip("samples before the conversion to RGB");
    });
  return report.finish();
}

CaseResult check_broken(const PictureSet& set) {
  EqualityReport report(set.name());
  for (const Json& entry : set.entries()) {
    const std::string name = entry.at("file");
    const fs::path path = set.folder() / name;
    if (entry.at("ok") == true) {
      report.run(name, [&] { check_image(set, entry, name, read_image(path), report); });
      continue;
    }
    report.run(name, [&] {
      try {
        read_image(path);
      } catch (const InputError&) {
        return report.check(true, {});
      }
      report.check(false, [&] { return name + ": expected to be refused, got a picture"; });
    });
  }
  return report.finish();
}

ResizePlan plan_of(const Json& entry) {
  ResizePlan plan{entry.at("out_wh").at(0), entry.at("out_wh").at(1), filter_named(entry.at("filter"))};
  if (entry.contains("box")) {
    const auto box = entry.at("box").get<std::array<float, 4>>();
    plan.box = SourceBox{box[0], box[1], box[2], box[3]};
  }
  return plan;
}

std::vector<float> float_input(const PictureSet& set, const std::string& input) {
  if (const size_t colon = input.find(".safetensors:"); colon != std::string::npos) {
    const SafetensorsFile file(set.folder() / input.substr(0, colon + 12));
    return to_float32(file.at(input.substr(colon + 13)));
  }
  const Image grey = to_grey(read_image(set.folder() / input.substr(0, input.find(' '))));
  return {grey.pixels.begin(), grey.pixels.end()};
}

CaseResult check_resized(const PictureSet& set) {
  EqualityReport report(set.name());
  for (const Json& entry : set.entries())
    report.run(entry.at("key"), [&] {
      const std::string key = entry.at("key"), input = entry.at("input");
      const bool resized = entry.contains("filter");
      const std::string mode = resized ? entry.value("mode", "RGB") : "L";
      if (mode == "F") {
        const auto size = entry.at("in_wh").get<std::array<int, 2>>();
        const auto got = resize_float(float_input(set, input), size[0], size[1], plan_of(entry));
        return report.check(same(got, to_float32(set.tensor(key))), [&] { return key + ": expected equal floats"; });
      }
      Image image = read_image_alpha(set.folder() / input);
      if (mode == "L") image = to_grey(image);
      if (resized) image = resize(image, plan_of(entry));
      report.check(image == set.image(key), [&] { return set.describe(key, image, key); });
    });
  return report.finish();
}

/// A processor that refuses what the reference refuses is as it should be; the ones that take more are not compared.
CaseResult check_processors(const PictureSet& set) {
  EqualityReport report(set.name());
  for (const Json& entry : set.entries()) {
    if (!entry.contains("key")) {
      report.skip("the reference refuses the picture: " + entry.at("error").at("class").get<std::string>());
      continue;
    }
    report.run(entry.at("key"), [&] {
      const std::string key = entry.at("key"), kind = entry.at("processor");
      const bool stage = key.ends_with("#uint8");
      const auto processed = [&](const ImageProcessor& processor) {
        return processor.process(read_image_alpha(set.folder() / entry.at("input").get<std::string>())).to_float();
      };
      if (!entry.contains("config")) {
        const auto got = processed(ImageProcessor::from_open_clip(Json::object(), entry.at("size"), kind));
        return report.check(same(got, to_float32(set.tensor(key))), [&] { return key + ": expected equal floats"; });
      }
      Json config = read_json(set.folder() / entry.at("config").get<std::string>());
      const auto got = processed(ImageProcessor::from_json(config, kind));
      report.check(sha256_hex(std::as_bytes(std::span(got))) == entry.at("sha256").get<std::string>(),
                   [&] { return key + ": expected floats of the SHA-256 in the list"; });
      if (stage) config["do_rescale"] = config["do_normalize"] = false;
      const auto values = stage ? processed(ImageProcessor::from_json(config, kind)) : got;
      report.check(same(values, to_float32(set.tensor(key))), [&] { return key + ": expected equal values"; });
    });
  }
  return report.finish();
}

CaseResult check_hashes(const PictureSet& set) {
  using Hash = uint64_t (*)(const Image&);
  static const std::map<std::string, Hash> kinds = {
      {"average_hash", average_hash}, {"phash", perceptual_hash}, {"phash_simple", simple_perceptual_hash},
      {"dhash", difference_hash},     {"whash", wavelet_hash},    {"dhash_vertical", vertical_difference_hash}};
  EqualityReport report(set.name());
  for (const Json& entry : set.entries())
    report.run(entry.at("file"), [&] {
      const std::string name = entry.at("file");
      const Image image = read_image(set.folder() / name);
      for (const auto& [kind, hash] : kinds) {
        if (!entry.contains(kind)) continue;
        const std::string got = fmt::format("{:016x}", hash(image)), expected = entry.at(kind);
        report.check(got == expected, [&, &kind = kind] {
          return fmt::format("{}: {}: expected {}, got {}", name, kind, expected, got);
        });
      }
    });
  return report.finish();
}

std::vector<CaseResult> run_area(const fs::path& folder) {
  struct List {
    const char* stem;
    CaseResult (*check)(const PictureSet&);
  };
  static constexpr List kLists[] = {{"decoded", check_decoded},   {"bad", check_broken},
                                    {"resize", check_resized},    {"processors", check_processors},
                                    {"augment", check_augmented}, {"hashes", check_hashes}};
  std::vector<CaseResult> results;
  for (const List& list : kLists)
    if (fs::exists(folder / (std::string(list.stem) + ".json")))
      results.push_back(list.check(PictureSet(folder, list.stem)));
  return results;
}

}  // namespace

ReferenceArea picture_area() {
  return {
      "pictures",
      [](const fs::path& folder) { return fs::exists(folder / "decoded.json") || fs::exists(folder / "resize.json"); },
      run_area};
}

}  // namespace sensorium
