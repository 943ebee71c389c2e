// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "kernels/bench/arrays.h"

namespace memqual::kernels::bench {
namespace {

std::size_t cache_size(int name) {
  const long bytes = ::sysconf(name);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

Memory::Memory(std::size_t bytes, PageKind pages, bool touched) {
  Result<PageMemory> memory = PageMemory::map(bytes, pages);
  if (!memory) {
    std::fprintf(stderr, "benchmark: %s\n", memory.error().message.c_str());
    std::exit(3);
  }
  memory_ = *std::move(memory);
  if (touched) std::memset(data(), 0, bytes);
}

std::size_t peak_resident() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

void reset_peak_resident() { std::ofstream("/proc/self/clear_refs") << "5"; }

void forget_cached(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

Caches read_caches() {
  return {cache_size(_SC_LEVEL1_DCACHE_SIZE), cache_size(_SC_LEVEL2_CACHE_SIZE),
          cache_size(_SC_LEVEL3_CACHE_SIZE)};
}

}  // namespace memqual::kernels::bench
