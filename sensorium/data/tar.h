#pragma once
// Tar archives by their headers alone: where in the file each member's bytes lie, which libarchive does not tell and
// reading pictures in any order needs.

#include "sensorium/base/file.h"

#include <functional>
#include <string>

namespace sensorium {

/// A regular file of an archive.
struct TarMember {
  std::string name;
  uint64_t offset = 0;  // of its bytes in the archive
  uint64_t size = 0;
};

/// Calls `member` for each regular file of an uncompressed archive, in order, until it returns false. Understands
/// ustar, the long names of GNU and pax, and large sizes; folders, links and the like are passed over. Throws
/// InputError naming the archive and the place for a wrong checksum, a number that is none, or a member that reaches
/// beyond the end; a compressed archive is told as such. An archive that ends without its two empty blocks is taken as
/// it is. Source of the format: POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format".
void for_each_tar_member(const fs::path& archive, const std::function<bool(const TarMember&)>& member);

/// The same over bytes in memory; `name` stands in errors.
void for_each_tar_member(std::string_view archive, std::string_view name,
                         const std::function<bool(const TarMember&)>& member);

/// Writes an archive (ustar; pax headers for names that do not fit), which appears complete or not at all. Owner, time
/// and mode are always the same, so that the same members give the same bytes. Not thread-safe.
class TarWriter {
 public:
  explicit TarWriter(const fs::path& archive) : file_(archive) {}
  /// Returns where its bytes lie. Throws UsageError for an empty name, EnvironmentError on a full disk.
  uint64_t add(const std::string& name, std::string_view bytes);
  /// Bytes written so far.
  uint64_t size() const { return file_.size(); }
  void commit();

 private:
  void add_entry(const std::string& name, char type, std::string_view bytes);
  AtomicFile file_;
};

}  // namespace sensorium
