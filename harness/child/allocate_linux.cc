// SPDX-License-Identifier: Apache-2.0
// Compilers know malloc: a block that is never used may be asked for and given back without any
// call (GCC -fmalloc-dce, Clang at -O1). Every block therefore passes through keep(), which the
// optimiser has to believe reads it, and its address is stored where another step finds it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "harness/child/allocate.h"

namespace memqual::child {
namespace {

std::byte* keep(void* block) {
  asm volatile("" : "+r"(block) : : "memory");
  return static_cast<std::byte*>(block);
}

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  // Beyond the last multiple the kernel is asked for what cannot exist and says ENOMEM itself.
  return bytes > SIZE_MAX - unit ? SIZE_MAX - unit + 1 : (bytes + unit - 1) / unit * unit;
}

std::byte* map(std::size_t bytes, int protection, int flags, int fd = -1) {
  void* block = mmap(nullptr, bytes, protection, flags, fd, 0);
  return block == MAP_FAILED ? nullptr : keep(block);
}

// Maps `fd` shared after making it `bytes` long; the mapping keeps the file alive.
std::byte* map_file(int fd, std::size_t bytes) {
  if (fd < 0) return nullptr;
  std::byte* block = nullptr;
  if (ftruncate(fd, static_cast<off_t>(bytes)) == 0)
    block = map(bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  const int error = errno;
  close(fd);
  errno = error;
  return block;
}

// Without a name in the folder, so that nothing is left however the case ends.
int open_scratch_file(int folder) {
  const int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  char name[] = "memqual-000000";
  for (int attempt = 0; attempt < 100; ++attempt) {
    for (std::size_t i = 8; i < 14; ++i) name[i] = static_cast<char>('a' + rand() % 26);
    const int named = openat(folder, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (named >= 0) {
      unlinkat(folder, name, 0);
      return named;
    }
    if (errno != EEXIST) return -1;
  }
  return -1;
}

std::byte* aligned_block(std::size_t alignment, std::size_t bytes) {
  void* block = nullptr;
  const int error = posix_memalign(&block, alignment, bytes);
  errno = error;  // posix_memalign returns it instead
  return error == 0 ? keep(block) : nullptr;
}

std::byte* break_block(std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(INTPTR_MAX)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* block = sbrk(static_cast<intptr_t>(bytes));
  return block == reinterpret_cast<void*>(-1) ? nullptr : keep(block);
}

}  // namespace

std::byte* allocate_block(const Allocate& step, std::size_t bytes, const StepContext& context) {
  constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  switch (step.using_) {
    case AllocateUsing::malloc:
      return keep(std::malloc(bytes));
    case AllocateUsing::calloc:
      return keep(std::calloc(1, bytes));
    case AllocateUsing::new_:
      return keep(::operator new(bytes, std::nothrow));
    case AllocateUsing::posix_memalign:
      return aligned_block(step.alignment_bytes, bytes);
    case AllocateUsing::mmap:
      return map(bytes, kReadWrite, kPrivate);
    case AllocateUsing::mmap_noreserve:
      return map(bytes, kReadWrite, kPrivate | MAP_NORESERVE);
    case AllocateUsing::mmap_none:
      return map(bytes, PROT_NONE, kPrivate);
    case AllocateUsing::mmap_readonly:
      return map(bytes, PROT_READ, kPrivate);
    case AllocateUsing::mmap_shared:
      return map(bytes, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
    case AllocateUsing::memfd:
      return map_file(memfd_create("memqual", MFD_CLOEXEC), bytes);
    case AllocateUsing::brk:
      return break_block(round_up(bytes, 16));
    case AllocateUsing::hugetlb:
      return map(round_up(bytes, context.hugetlb_page_bytes), kReadWrite, kPrivate | MAP_HUGETLB);
    case AllocateUsing::hugetlb_noreserve:
      return map(round_up(bytes, context.hugetlb_page_bytes), kReadWrite,
                 kPrivate | MAP_HUGETLB | MAP_NORESERVE);
    case AllocateUsing::file:
      return map_file(open_scratch_file(context.scratch_dir), bytes);
  }
  errno = ENOSYS;
  return nullptr;
}

int release_block(AllocateUsing using_, std::byte* block, std::size_t bytes,
                  const StepContext& context) {
  switch (using_) {
    case AllocateUsing::malloc:
    case AllocateUsing::calloc:
    case AllocateUsing::posix_memalign:
      std::free(block);
      return 0;
    case AllocateUsing::new_:
      ::operator delete(block);
      return 0;
    case AllocateUsing::brk:
      // Only the top of the heap can be given back; anything else stays.
      if (static_cast<std::byte*>(sbrk(0)) == block + round_up(bytes, 16))
        return sbrk(-static_cast<intptr_t>(round_up(bytes, 16))) == reinterpret_cast<void*>(-1)
                   ? errno
                   : 0;
      return 0;
    case AllocateUsing::hugetlb:
    case AllocateUsing::hugetlb_noreserve:
      bytes = round_up(bytes, context.hugetlb_page_bytes);
      break;
    default:
      break;
  }
  return munmap(block, bytes) == 0 ? 0 : errno;
}

}  // namespace memqual::child
