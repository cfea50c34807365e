#include "sensorium/data/clean_data.h"

namespace sensorium {

void CleanDataOptions::describe(OptionSet& o) {
  SourceOptions::describe(o);
  o.field("out", out, "folder to write the manifest to").required();
  captions.describe(o);
  o.field("max_repeats", max_repeats, "leave out a caption beyond its so manieth occurrence in all; 0: keep all")
      .range(0, 254);
  o.field("repeated_urls", repeated_urls, "what happens to records of an address that occurred before")
      .one_of({"drop", "keep"});
  o.field("exact_pictures", exact_pictures, "what happens to a picture of the same bytes as an earlier one")
      .one_of({"merge", "drop", "keep"});
  o.field("near_pictures", near_pictures, "what happens to a picture nearly identical to another")
      .one_of({"drop", "keep"});
  o.field("near_bits", near_bits, "bits in which perceptual hashes of near-identical pictures may differ").range(0, 14);
  o.field("near_colour", near_colour, "mean colour difference up to which pictures count as near-identical")
      .range(0, 255);
  o.field("cropped_pictures", cropped_pictures, "what happens to a picture that is a part of another")
      .one_of({"drop", "keep"});
  o.field("near_captions", near_captions, "what happens to a caption that nearly equals an earlier one")
      .one_of({"drop", "keep"});
  o.field("caption_similarity", caption_similarity, "Jaccard index from which captions count as nearly equal")
      .range(0.3, 1);
  o.field("against", against, "leave out pictures that are, or nearly are, in these prepared folders");
  o.field("min_side", min_side, "leave out pictures with a shorter side below this").range(1, 1e6);
  o.field("max_pixels", max_pixels, "leave out pictures with more pixels than this").range(1, 178956970);
  o.field("max_aspect", max_aspect, "leave out pictures longer than this many times their width or height; 0: none")
      .range(0, 1e6);
  o.field("threads", threads, "threads; 0: one a processor").range(0, 1024);
}

}  // namespace sensorium
