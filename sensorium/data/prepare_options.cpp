#include "sensorium/data/prepare.h"

namespace sensorium {

void PrepareOptions::describe(OptionSet& o) {
  SourceOptions::describe(o);
  o.field("out", out, "folder to write the manifest to").required();
  o.field("val", val, "fraction of the pictures for validation").range(0, 1);
  o.field("test", test, "fraction of the pictures for the test").range(0, 1);
  o.field("seed", seed, "chooses which pictures go where");
  o.field("own_splits", own_splits, "what happens to splits that a corpus brings").one_of({"keep", "ignore"});
  o.field("near_bits", near_bits, "bits in which perceptual hashes of near-identical pictures may differ").range(0, 14);
  o.field("near_colour", near_colour, "mean colour difference up to which pictures count as near-identical")
      .range(0, 255);
  o.field("min_side", min_side, "leave out pictures with a shorter side below this").range(1, 1e6);
  o.field("max_pixels", max_pixels, "leave out pictures with more pixels than this").range(1, 178956970);
  o.field("threads", threads, "threads; 0: one a processor").range(0, 1024);
}

}  // namespace sensorium
