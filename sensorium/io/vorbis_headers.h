#pragma once
// Inside the io room: a look at an Ogg Vorbis file before libsndfile gets it.

#include "sensorium/base/file.h"

namespace sensorium::sound_detail {

/// Throws InputError naming the file when it is Ogg Vorbis (behind any ID3 tags) whose three headers do not come whole
/// and sound within its first 16 MiB; does nothing for files of other kinds. Thread-safe.
/// Note [Leaking headers]: libsndfile (1.2.0 and later, its issue 922) frees nothing of a Vorbis stream that it gives
/// up while it reads the headers: 5,784 bytes at least, and all comments and code books besides. So it never gets to
/// see such a file. Source: RFC 3533 (Ogg); Xiph.org, "Vorbis I specification", sections 4.2 and A.2.
void check_vorbis_headers(const fs::path& path);

}  // namespace sensorium::sound_detail
