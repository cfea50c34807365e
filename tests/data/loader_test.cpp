#include "sensorium/data/loader.h"
#include "sensorium/io/augment.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

#include <set>

namespace sensorium::test {
namespace {

std::vector<Record> make_records(const fs::path& dir, int n) {
  std::vector<Record> records;
  for (int i = 0; i < n; ++i) {
    write_picture(dir / fmt::format("{}.png", i), blocks(static_cast<uint64_t>(i)));
    Record r;
    r.id = std::to_string(i);
    r.image = fmt::format("{}.png", i);
    for (int c = 0; c <= i % 3; ++c) r.captions.push_back({fmt::format("picture {} text {}", i, c), "en", "caption"});
    records.push_back(std::move(r));
  }
  return records;
}

ImageProcessor processor() {
  ImageProcessorConfig config;
  config.resize_height = config.resize_width = config.crop_height = config.crop_width = 16;
  return ImageProcessor(config);
}

Image random_crop(const Image& image, CounterRng& rng) {
  AugmentOptions options;
  options.scale_min = 0.3;
  options.flip = 0.5;
  return augment(image, 16, 16, Resample::bicubic, options, rng);
}

bool same(const Batch& a, const Batch& b) {
  return a.pixels.bytes == b.pixels.bytes && a.captions == b.captions && a.record == b.record && a.epoch == b.epoch &&
         a.step == b.step;
}

std::vector<Batch> run(Loader& loader, int n) {
  std::vector<Batch> batches;
  for (int i = 0; i < n; ++i) batches.push_back(loader.next());
  return batches;
}

TEST_CASE("loader: the same batches for any number of workers, with or without a cache, and after seek") {
  const ScratchFolder dir;
  const auto records = make_records(dir.path(), 23);
  LoaderOptions options;
  options.batch_size = 5;
  options.seed = 11;
  options.workers = 1;
  Loader plain(records, dir.path(), processor(), options, random_crop);
  CHECK(plain.steps_per_epoch() == 4);
  const auto expected = run(plain, 10);
  CHECK(plain.epoch() == 2);
  CHECK(plain.step() == 2);
  std::set<int64_t> seen;
  for (int step = 0; step < 4; ++step) seen.insert(expected[step].record.begin(), expected[step].record.end());
  CHECK(seen.size() == 20);
  CHECK(expected[0].record != expected[4].record);

  for (const int workers : {2, 4})
    for (const uint64_t cache : {uint64_t{0}, uint64_t{20000}, uint64_t{1} << 20}) {
      options.workers = workers;
      options.prefetch = workers;
      options.store.cache_bytes = cache;
      Loader other(records, dir.path(), processor(), options, random_crop);
      const auto batches = run(other, 10);
      for (int i = 0; i < 10; ++i) CHECK(same(batches[i], expected[i]));
      other.seek(1, 2);
      CHECK(same(other.next(), expected[6]));
      CHECK(same(other.next(), expected[7]));
    }
  CHECK(error_of([&] { plain.seek(0, 4); }) == "[data] expected a step below 4, got 4");
}

TEST_CASE("loader: validation in order, without augmentation, with the last batch") {
  const ScratchFolder dir;
  LoaderOptions options;
  options.batch_size = 4;
  options.shuffle = options.drop_last = false;
  Loader loader(make_records(dir.path(), 6), dir.path(), processor(), options);
  CHECK(loader.next().record == std::vector<int64_t>{0, 1, 2, 3});
  const Batch last = loader.next();
  CHECK(last.record == std::vector<int64_t>{4, 5});
  CHECK(last.captions[1] == "picture 5 text 0");
  const Pixels direct = processor().process(blocks(4));
  CHECK(std::equal(direct.bytes.begin(), direct.bytes.end(), last.pixels.picture(0)));
}

TEST_CASE("loader: pictures with transparency are what the processor makes of them, read straight or kept") {
  const ScratchFolder dir;
  auto records = make_records(dir.path(), 2);
  Image clear(48, 40, 4);
  CounterRng rng(5);
  for (uint8_t& value : clear.pixels) value = static_cast<uint8_t>(rng.below(256));
  write_picture(dir / "1.png", clear);
  for (const auto convention :
       {ImageProcessorConfig::Convention::transformers, ImageProcessorConfig::Convention::torchvision}) {
    ImageProcessorConfig config = processor().config();
    config.convention = convention;
    const ImageProcessor p(config);
    const Pixels expected = p.process(clear);
    LoaderOptions options;
    options.batch_size = 2;
    options.shuffle = false;
    Loader straight(records, dir.path(), p, options);
    const Batch batch = straight.next();
    CHECK(std::equal(expected.bytes.begin(), expected.bytes.end(), batch.pixels.picture(1)));

    const bool on_white = convention == ImageProcessorConfig::Convention::transformers;
    Image seen;
    options.workers = 1;
    Loader augmented(records, dir.path(), p, options, [&](const Image& image, CounterRng&) {
      seen = image;
      return Image(16, 16);
    });
    augmented.load(std::vector<PairRequest>{{1, 1, 0}});
    CHECK(seen == (on_white ? composite_on(clear) : read_image(dir / "1.png")));
  }
}

TEST_CASE("loader: broken pictures are counted and replaced by the next") {
  const ScratchFolder dir;
  const auto records = make_records(dir.path(), 5);
  write_text(dir / "1.png", "");
  fs::remove(dir / "4.png");
  LoaderOptions options;
  options.batch_size = 5;
  options.shuffle = false;
  Loader loader(records, dir.path(), processor(), options);
  const Batch batch = loader.next();
  CHECK(batch.record == std::vector<int64_t>{0, 2, 2, 3, 0});
  CHECK(batch.captions[1] == "picture 2 text 0");
  CHECK(loader.broken().count("broken picture") == 2);
  for (int i = 0; i < 5; ++i) fs::remove(dir / fmt::format("{}.png", i));
  Loader none(records, dir.path(), processor(), options);
  for (int tries = 0; tries < 2; ++tries)
    CHECK(error_of([&] { none.next(); }, dir.path())
              .starts_with("[data] expected at least one readable picture among 5 records, got none: "));
}

TEST_CASE("loader: explicit pairs and a sampler of one's own") {
  const ScratchFolder dir;
  LoaderOptions options;
  options.batch_size = 2;
  Loader loader(make_records(dir.path(), 6), dir.path(), processor(), options, random_crop);
  const std::vector<PairRequest> pairs{{0, 5, 2}, {3, 3, 0}};
  const Batch batch = loader.load(pairs, 7);
  CHECK(batch.captions == Strings{"picture 5 text 2", "picture 3 text 0"});
  CHECK(batch.record == std::vector<int64_t>{0, 3});
  CHECK(batch.caption_record == std::vector<int64_t>{5, 3});
  CHECK(same(batch, loader.load(pairs, 7)));
  CHECK(batch.pixels.bytes != loader.load(pairs, 8).pixels.bytes);
  const std::vector<PairRequest> wrong{{0, 0, 1}};
  CHECK(error_of([&] { loader.load(wrong); }) == "[data] 0: expected a caption below 1, got 1");
  loader.next();
  loader.set_sampler([](uint64_t epoch, uint64_t step) {
    return std::vector<PairRequest>{{static_cast<int64_t>(epoch), static_cast<int64_t>(step), 0}};
  });
  loader.seek(2, 1);
  const Batch sampled = loader.next();
  CHECK(sampled.record == std::vector<int64_t>{2});
  CHECK(sampled.caption_record == std::vector<int64_t>{1});
}

TEST_CASE("loader: options and records that cannot work") {
  const ScratchFolder dir;
  LoaderOptions options;
  options.batch_size = 8;
  const auto message = [&](std::vector<Record> records) {
    return error_of([&] { Loader(std::move(records), dir.path(), processor(), options); }, dir.path());
  };
  CHECK(message({}) == "[data] DIR: expected at least one picture with a caption, got none");
  CHECK(message(make_records(dir.path(), 3)) == "[data] DIR: expected at least 8 pictures for one batch, got 3");
  auto silent = make_records(dir.path(), 9);
  silent[2].captions.clear();
  CHECK(message(silent) == "[data] DIR: expected a caption of 2, got none");
  options.workers = 0;
  CHECK(message(silent) == "[data] expected batch_size, workers and prefetch of at least 1, got 8, 0 and 4");
}

}  // namespace
}  // namespace sensorium::test
