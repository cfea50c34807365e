#pragma once
// Flickr8k and Flickr30k as published: a token file and lists of splits.

#include "sensorium/data/source.h"

namespace sensorium {

/// Opens Flickr8k.token.txt, Flickr30k's results_20130124.token ("NAME.jpg#0", tab, caption) or results.csv ("NAME.jpg|
/// 0| caption"). Splits come from the lists Flickr_8k.trainImages.txt, .devImages.txt and .testImages.txt (or
/// train.txt, val.txt, test.txt) beside it, where they are. Lines of one picture follow one another. Throws InputError
/// when the file or the folder `images` is missing or no line has this form. Source of the layout: Hodosh, Young,
/// Hockenmaier, JAIR 2013; Young et al., TACL 2014.
Source open_flickr(const fs::path& file, const fs::path& images, const CaptionFilter& filter);

}  // namespace sensorium
