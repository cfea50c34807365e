#include "sensorium/apps/unpack.h"

#include "sensorium/base/error.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace sensorium {
namespace {

constexpr uint64_t kLimit = uint64_t{8} << 30;

struct ArchiveDeleter {
  void operator()(archive* a) const { archive_read_free(a); }
};

/// What libarchive says of its last fault; of some it says nothing.
std::string fault_of(archive* a) {
  const char* said = archive_error_string(a);
  return said ? said : "a damaged entry";
}

/// The place of an entry below `folder`. Throws when it would lie elsewhere.
fs::path place_of(const fs::path& folder, const char* name, const fs::path& source) {
  const fs::path inside = fs::path(name ? name : "").lexically_normal();
  if (inside.empty() || inside.is_absolute() || *inside.begin() == "..")
    throw InputError("unpack", "{}: expected names inside the archive, got \"{}\"", source.string(), name ? name : "");
  return folder / inside;
}

void copy_entry(archive* a, const fs::path& to, uint64_t& total, const fs::path& source) {
  make_directories(to.parent_path());
  AtomicFile file(to);
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  for (int r; (r = archive_read_data_block(a, &block, &size, &offset)) != ARCHIVE_EOF;) {
    if (r != ARCHIVE_OK)
      throw InputError("unpack", "{}: expected a sound archive, got: {}", source.string(), fault_of(a));
    total += size;
    if (total > kLimit)
      throw InputError("unpack", "{}: expected at most {} bytes unpacked, got more", source.string(), kLimit);
    file.write(block, size);
  }
  file.commit();
}

}  // namespace

UnpackedFolder::UnpackedFolder(const fs::path& folder_or_archive) : source_(folder_or_archive) {
  std::error_code ignored;
  if (fs::is_directory(source_, ignored)) {
    path_ = source_;
    return;
  }
  if (!fs::exists(source_, ignored))
    throw InputError("unpack", "{}: expected a folder or an archive, got nothing of that name", source_.string());
  std::string name = (fs::temp_directory_path() / "sensorium-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw EnvironmentError("unpack", "{}: expected a writable temporary folder", fs::temp_directory_path().string());
  path_ = name;
  temporary_ = true;
  try {
    unpack(source_);
  } catch (...) {
    fs::remove_all(path_, ignored);
    throw;
  }
}

UnpackedFolder::~UnpackedFolder() {
  std::error_code ignored;
  if (temporary_) fs::remove_all(path_, ignored);
}

void UnpackedFolder::unpack(const fs::path& source) {
  const std::unique_ptr<archive, ArchiveDeleter> a(archive_read_new());
  archive_read_support_filter_gzip(a.get());
  archive_read_support_format_tar(a.get());
  archive_read_support_format_zip(a.get());
  if (archive_read_open_filename(a.get(), source.c_str(), 1 << 20) != ARCHIVE_OK)
    throw InputError("unpack", "{}: expected a tar or zip archive, got: {}", source.string(), fault_of(a.get()));
  archive_entry* entry = nullptr;
  uint64_t total = 0;
  for (int r; (r = archive_read_next_header(a.get(), &entry)) != ARCHIVE_EOF;) {
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
      throw InputError("unpack", "{}: expected a tar or zip archive, got: {}", source.string(), fault_of(a.get()));
    if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr)
      copy_entry(a.get(), place_of(path_, archive_entry_pathname(entry), source), total, source);
  }
}

fs::path UnpackedFolder::find(const std::string& name) const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(path_))
    if (entry.is_regular_file() && entry.path().filename() == name) found.push_back(entry.path());
  if (found.empty()) throw InputError("convert", "{}: expected a file {} in it, got none", source_.string(), name);
  return *std::min_element(found.begin(), found.end());
}

}  // namespace sensorium
