// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/page_memory.h"

namespace memqual::kernels {

namespace {

// 0 or errno. The system call, because the child is static and has no libnuma.
int bind_to_node(void* mapping, std::size_t bytes, unsigned node) {
  constexpr long kBind = 2;  // MPOL_BIND of linux/mempolicy.h
  constexpr std::size_t kBits = 8 * sizeof(unsigned long);
  constexpr std::size_t kMostNodes = 1024;
  unsigned long mask[kMostNodes / kBits] = {};
  if (node >= kMostNodes) return EINVAL;
  mask[node / kBits] = 1ul << (node % kBits);
  return ::syscall(SYS_mbind, mapping, bytes, kBind, mask, kMostNodes, 0) == 0 ? 0 : errno;
}

}  // namespace

Result<PageMemory> PageMemory::map(std::size_t bytes, PageKind pages,
                                   std::optional<unsigned> node) {
  const std::size_t mapped = bytes + kSpareBytes;
  // Nothing, and more than there is, are refused by the kernel itself.
  void* mapping = ::mmap(nullptr, bytes == 0 || mapped < bytes ? 0 : mapped, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED)
    return Error{"cannot map " + std::to_string(bytes) + " bytes: " + std::strerror(errno),
                 "ask for smaller arrays", errno};
  if (const int error = node ? bind_to_node(mapping, mapped, *node) : 0; error != 0) {
    ::munmap(mapping, mapped);
    return Error{
        "cannot take memory from node " + std::to_string(*node) + ": " + std::strerror(error),
        "choose a node that has memory and that this process may use", error};
  }
  // Refused where the kernel was built without huge pages: then there are only base pages.
  ::madvise(mapping, mapped, pages == PageKind::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  PageMemory memory;
  memory.mapping_ = static_cast<std::byte*>(mapping);
  const std::size_t off = reinterpret_cast<std::uintptr_t>(mapping) % kSpareBytes;
  memory.data_ = memory.mapping_ + (off == 0 ? 0 : kSpareBytes - off);
  memory.bytes_ = bytes;
  return memory;
}

PageMemory::PageMemory(PageMemory&& other) noexcept { *this = std::move(other); }

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

PageMemory::~PageMemory() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_ + kSpareBytes);
}

std::size_t page_bytes() {
  const long bytes = ::sysconf(_SC_PAGESIZE);
  return bytes >= 4096 ? static_cast<std::size_t>(bytes) : 4096;
}

std::uint64_t fault_count() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt);
}

std::vector<unsigned> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

}  // namespace memqual::kernels
