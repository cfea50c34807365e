#include "sensorium/data/picture_batches.h"

#include "sensorium/data/picture_file.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace sensorium::test {
namespace {

Strings ids_of(const PictureStream& stream) {
  Strings ids;
  while (const auto item = stream()) ids.push_back(item->id);
  return ids;
}

ImageProcessor processor(ImageProcessorConfig::Convention convention = ImageProcessorConfig::Convention::transformers) {
  ImageProcessorConfig config;
  config.convention = convention;
  config.resize_height = config.resize_width = config.crop_height = config.crop_width = 16;
  return ImageProcessor(config);
}

Image transparent(uint64_t seed) {
  Image image(48, 40, 4);
  CounterRng rng(seed);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(rng.below(256));
  return image;
}

/// Every batch of a stream, its memory kept by none.
std::vector<PixelBatch> run(PictureStream stream, const ImageProcessor& p, int batch_size, int threads) {
  std::vector<PixelBatch> all;
  PictureBatches batches(std::move(stream), p, batch_size, threads);
  for (PixelBatch batch; batches.next(batch);) all.push_back(batch);
  return all;
}

TEST_CASE("pictures below a folder come in the order of their whole paths, from folders where their names stand") {
  const ScratchFolder dir;
  const Strings names{"B.JPEG", "a/x.png", "a/y/1.gif", "a/y/2.webp", "a/z.tiff", "a-b/c.bmp", "b.png", "c.jpg"};
  for (const std::string& name : names) write_text(dir / name, "");
  for (const char* other : {"notes.txt", "a/caption.txt", "none/readme"}) write_text(dir / other, "");
  fs::create_directory_symlink(dir / "a", dir / "link");
  fs::create_symlink(dir / "c.jpg", dir / "d.jpg");
  std::vector<fs::path> sorted;
  for (const std::string& name : names) sorted.push_back(dir / name);
  sorted.push_back(dir / "d.jpg");
  std::sort(sorted.begin(), sorted.end());
  Strings expected;
  for (const fs::path& path : sorted) expected.push_back(path.string());
  CHECK(ids_of(walk_pictures({dir.path().string()})) == expected);
  CHECK(count_pictures({dir.path().string(), "a file", (dir / "none").string()}) == expected.size() + 1);
  CHECK(expected[1] == (dir / "a/x.png").string());

  CHECK(ids_of(walk_pictures({"no such file.txt", (dir / "none").string(), (dir / "a/y").string(), "x.png"})) ==
        Strings{"no such file.txt", (dir / "a/y/1.gif").string(), (dir / "a/y/2.webp").string(), "x.png"});
  std::istringstream lines("one.jpg\r\n\n" + (dir / "a/y").string() + "\nlast");
  CHECK(ids_of(chain({walk_picture_lines(lines), walk_pictures({}), walk_pictures({"end"})})) ==
        Strings{"one.jpg", (dir / "a/y/1.gif").string(), (dir / "a/y/2.webp").string(), "last", "end"});
}

TEST_CASE("a folder of more names than are held at once") {
  const ScratchFolder dir;
  Strings expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = fmt::format("{}.jpg", mix_seed(1, {static_cast<uint64_t>(i)}) % 1000003 * 20000 + i);
    std::ofstream(dir / name).flush();
    expected.push_back((dir / name).string());
  }
  std::sort(expected.begin(), expected.end());
  CHECK(ids_of(walk_pictures({dir.path().string()})) == expected);
}

TEST_CASE("the pictures of a manifest, by the ids of their records") {
  const ScratchFolder dir;
  ManifestWriter writer(dir.path());
  for (int i = 0; i < 4; ++i) {
    Record r;
    r.id = fmt::format("set/{}", i);
    r.image = fmt::format("pictures/{}.png", i);
    r.split = i % 2 ? "test" : "train";
    writer.add(r);
  }
  writer.commit({{"records", 4}});
  RecordFilter filter;
  filter.need_caption = false;
  CHECK(ids_of(walk_manifest(dir.path(), filter)) == Strings{"set/0", "set/1", "set/2", "set/3"});
  filter.splits = {"test"};
  const PictureStream stream = walk_manifest(dir.path(), filter);
  CHECK(stream()->file == dir / "pictures/1.png");
  filter.need_caption = true;
  CHECK(ids_of(walk_manifest(dir.path(), filter)).empty());
  write_text(dir / "records.jsonl", "{}\n");
  CHECK(error_of([&] { ids_of(walk_manifest(dir.path(), filter)); }, dir.path()).find("DIR/records.jsonl:1: ") !=
        std::string::npos);
}

TEST_CASE("batches of pictures: the same for any number of threads, in order, broken ones apart") {
  const ScratchFolder dir;
  std::vector<fs::path> files;
  for (uint64_t i = 0; i < 23; ++i) {
    files.push_back(dir / fmt::format("{}.png", i));
    if (i == 3 || i == 4 || i == 22)
      write_text(files.back(), i == 4 ? "" : "no picture");
    else if (i % 5 == 1)
      write_picture(files.back(), transparent(i));
    else if (i % 5 == 2)
      write_text(files.back(), encode_jpeg(blocks(i, 60, 31), 80));
    else
      write_picture(files.back(), blocks(i));
  }
  for (const auto convention :
       {ImageProcessorConfig::Convention::transformers, ImageProcessorConfig::Convention::torchvision}) {
    const ImageProcessor p = processor(convention);
    for (const int threads : {1, 2, 5})
      for (const int batch_size : {1, 4, 23, 64}) {
        std::vector<size_t> good, bad;
        for (const PixelBatch& batch : run(walk_list(files), p, batch_size, threads)) {
          CHECK(batch.items.size() + batch.failures.size() <= static_cast<size_t>(batch_size));
          REQUIRE(batch.pixels.count == static_cast<int64_t>(batch.items.size()));
          REQUIRE(batch.pixels.bytes.size() == batch.items.size() * p.output_size());
          for (size_t i = 0; i < batch.items.size(); ++i) {
            const size_t place = batch.indices[i];
            CHECK(batch.items[i].file == files[place]);
            const Pixels expected = p.process(read_picture_alpha(files[place]));
            CHECK(std::equal(expected.bytes.begin(), expected.bytes.end(), batch.pixels.picture(i)));
            good.push_back(place);
          }
          for (const auto& [item, message] : batch.failures) {
            CHECK(message.find(item.file.string()) != std::string::npos);
            bad.push_back(std::stoul(item.file.stem().string()));
          }
        }
        CHECK(bad == std::vector<size_t>{3, 4, 22});
        CHECK(good.size() == 20);
        CHECK(std::is_sorted(good.begin(), good.end()));
      }
  }
}

TEST_CASE("batches of pictures: what a stream throws, an end in the middle, nothing at all") {
  const ScratchFolder dir;
  write_picture(dir / "a.png", blocks(1));
  const ImageProcessor p = processor();
  int left = 5;
  const PictureStream failing = [&]() -> std::optional<PictureItem> {
    if (left-- == 0) throw InputError("read", "expected more, got a broken list");
    return PictureItem{dir / "a.png", "a"};
  };
  PictureBatches batches(failing, p, 2, 3);
  PixelBatch batch;
  CHECK(batches.next(batch));
  CHECK(batches.next(batch));
  CHECK(batch.indices == std::vector<size_t>{2, 3});
  CHECK(error_of([&] { batches.next(batch); }) == "[read] expected more, got a broken list");
  CHECK(!batches.next(batch));

  CHECK(run(walk_pictures({}), p, 4, 2).empty());
  const std::vector<fs::path> many(100, dir / "a.png");
  PictureBatches stopped(walk_list(many), p, 3, 2);  // its threads end with it
  CHECK(stopped.next(batch));
}

}  // namespace
}  // namespace sensorium::test
