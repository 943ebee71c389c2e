// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "kernels/bench/arrays.h"

namespace memqual::kernels::bench {
namespace {

constexpr std::size_t kHuge = std::size_t{2} << 20;

std::size_t cache_size(int name) {
  const long bytes = ::sysconf(name);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

Memory::Memory(std::size_t bytes, bool huge_pages, bool touched)
    : mapped_(bytes + kHuge), bytes_(bytes) {
  void* mapping =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    std::fprintf(stderr, "not enough memory for an array of %zu bytes\n", bytes);
    std::exit(3);
  }
  mapping_ = static_cast<std::byte*>(mapping);
  const std::size_t off = reinterpret_cast<std::uintptr_t>(mapping) % kHuge;
  data_ = mapping_ + (off == 0 ? 0 : kHuge - off);
  ::madvise(mapping_, mapped_, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  if (touched) std::memset(data_, 0, bytes);
}

Memory::~Memory() { ::munmap(mapping_, mapped_); }

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
