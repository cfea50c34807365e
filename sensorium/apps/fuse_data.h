#pragma once
// Items to fuse out of a prepared data set: pictures, what is said of them, and what is heard.

#include "sensorium/apps/fuse_features.h"
#include "sensorium/base/options.h"

namespace sensorium {

/// Where items come from, and what they become.
struct FusePlan {
  std::string data, split = "train", test_split = "test", label = "label", picture_encoder, text_encoder, sound;
  std::vector<std::string> languages;
  int min_items = 1, batch_size = 32, threads = 0;
  bool allow_seen = false;
  /// All but the threads.
  void describe(OptionSet& o);
};

/// An item a record that has a class. A view each for the picture, the first caption in a wanted language, and the
/// first recording of the wanted kind (summarise_sound); a record may lack any of them. Classes with fewer than
/// `min_items` training items, and files that cannot be read, are left out with a warning. Throws UsageError where no
/// view is asked for or an encoder knows the wrong thing, InputError for a split without such items and for pictures
/// that an encoder was trained on.
FuseInput embed_fuse_input(const FusePlan& plan);

}  // namespace sensorium
