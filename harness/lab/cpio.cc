// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/cpio.h"

#include <set>

namespace memqual {
namespace {

void add_hex(std::string& out, std::uint64_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15];
}

void pad_to_4(std::string& out) { out.append((4 - out.size() % 4) % 4, '\0'); }

class Writer {
 public:
  void add(const CpioEntry& entry) {
    add_folders_of(entry.path);
    if (!seen_.insert(entry.path).second) return;
    header(entry.path, entry.mode, entry.content.size());
    out_ += entry.content;
    pad_to_4(out_);
  }
  std::string take() {
    header("TRAILER!!!", 0, 0);
    return std::move(out_);
  }

 private:
  void add_folders_of(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      if (seen_.insert(path.substr(0, slash)).second) header(path.substr(0, slash), kCpioFolder, 0);
  }

  void header(const std::string& path, std::uint32_t mode, std::size_t size) {
    out_ += "070701";
    const std::uint64_t links = (mode & 0170000) == 0040000 ? 2 : 1;
    // inode, mode, uid, gid, nlink, mtime, filesize, device major and minor, rdev major and minor,
    // namesize, check
    const std::uint64_t fields[] = {++inode_, mode, 0, 0, links,           0, size,
                                    0,        0,    0, 0, path.size() + 1, 0};
    for (const std::uint64_t field : fields) add_hex(out_, field);
    out_ += path;
    out_ += '\0';
    pad_to_4(out_);
  }

  std::string out_;
  std::set<std::string> seen_;
  std::uint64_t inode_ = 0;
};

}  // namespace

std::string make_cpio(const std::vector<CpioEntry>& entries) {
  Writer writer;
  for (const CpioEntry& entry : entries) writer.add(entry);
  return writer.take();
}

}  // namespace memqual
