// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "harness/child/probe.h"

namespace memqual::child {
namespace {

constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kShared = MAP_SHARED | MAP_ANONYMOUS;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr std::uint64_t kPtrdiffMax = PTRDIFF_MAX;
// Far from the split pages in the file, so that the two mappings never become one.
constexpr off_t kOwnPageOffset = 1024 * 1024;

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t round_up(std::uint64_t bytes, std::uint64_t unit) {
  return bytes > UINT64_MAX - unit ? UINT64_MAX - unit + 1 : (bytes + unit - 1) / unit * unit;
}

// Maps and unmaps again. 0 or the errno.
int try_map(std::uint64_t bytes, int protection, int flags) {
  void* block = mmap(nullptr, bytes, protection, flags, -1, 0);
  if (block == MAP_FAILED) return errno;
  munmap(block, bytes);
  return 0;
}

// glibc 2.36 malloc/malloc.c: a chunk has 8 bytes more than the request, a mapped one 16, in units
// of 16. Before it gives up, sysmalloc has asked the heap and then for a mapping of at least 1 MiB
// (MMAP_AS_MORECORE_SIZE), so that is what was refused last.
std::uint64_t malloc_length(std::uint64_t bytes, std::uint64_t page) {
  constexpr std::uint64_t kHeapGrowth = 1024 * 1024;
  const std::uint64_t chunk = round_up(bytes > UINT64_MAX - 8 ? bytes : bytes + 8, 16);
  return std::max(kHeapGrowth, round_up(chunk > UINT64_MAX - 8 ? chunk : chunk + 8, page));
}

// The lines of a maps file that stays open, without the heap and without a line that was cut.
class MapsReader {
 public:
  explicit MapsReader(int fd) : fd_(fd) { lseek(fd_, 0, SEEK_SET); }
  /// The next line, terminated; nullptr at the end.
  const char* next() {
    for (;;) {
      char* newline = static_cast<char*>(std::memchr(buffer_ + begin_, '\n', end_ - begin_));
      if (newline != nullptr) {
        *newline = '\0';
        const char* line = buffer_ + begin_;
        begin_ = static_cast<std::size_t>(newline - buffer_) + 1;
        return line;
      }
      std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (end_ == sizeof buffer_) end_ = 0;  // a line longer than a path may be: not one we need
      const ssize_t size = read(fd_, buffer_ + end_, sizeof buffer_ - end_);
      if (size <= 0) return nullptr;
      end_ += static_cast<std::size_t>(size);
    }
  }

 private:
  int fd_;
  char buffer_[8192];
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// As the kernel counts: the vsyscall page is listed, but is no mapping of the process.
std::uint64_t count_mappings(int maps) {
  constexpr std::uint64_t kMost = 1u << 20;
  if (maps < 0) return ProbeAnswers::kUnknown;
  MapsReader reader(maps);
  std::uint64_t count = 0;
  while (const char* line = reader.next()) {
    if (std::strstr(line, "[vsyscall]") == nullptr) ++count;
    if (count > kMost) return ProbeAnswers::kUnknown;
  }
  return count > 0 ? count : ProbeAnswers::kUnknown;
}

// Of the mappings that fork charges again.
std::uint64_t largest_private_writable(int maps) {
  if (maps < 0) return 0;
  MapsReader reader(maps);
  std::uint64_t largest = 0;
  for (int lines = 0; lines < (1 << 20); ++lines) {
    const char* line = reader.next();
    if (line == nullptr) break;
    char* rest = nullptr;
    const std::uint64_t begin = std::strtoull(line, &rest, 16);
    if (*rest != '-') continue;
    const std::uint64_t end = std::strtoull(rest + 1, &rest, 16);
    if (std::strlen(rest) > 4 && rest[2] == 'w' && rest[4] == 'p')
      largest = std::max(largest, end - begin);
  }
  return largest;
}

// The number behind `key`; kUnknown where there is none.
std::uint64_t field(const char* text, const char* key, int base, std::uint64_t unit) {
  const char* at = std::strstr(text, key);
  return at != nullptr ? std::strtoull(at + std::strlen(key), nullptr, base) * unit
                       : ProbeAnswers::kUnknown;
}

// A capability of another namespace lifts no limit (security/commoncap.c asks init_user_ns). The
// initial one maps all ids to themselves. Where the file cannot be read it is taken for that.
bool in_initial_user_namespace() {
  const int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  char text[64] = "";
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  unsigned long inside = 1;
  unsigned long outside = 1;
  unsigned long count = 0;
  return size <= 0 || (std::sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
                       inside == 0 && outside == 0 && count == 4294967295UL);
}

void read_status(int fd, ProbeAnswers& answers) {
  char text[8192];
  const ssize_t size = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : -1;
  if (size <= 0) return;
  text[size] = '\0';
  answers.vsz_bytes = field(text, "VmSize:", 10, 1024);
  answers.vsz_peak_bytes = field(text, "VmPeak:", 10, 1024);
  answers.data_bytes = field(text, "VmData:", 10, 1024);
  answers.locked_bytes = field(text, "VmLck:", 10, 1024);
  constexpr unsigned kCapIpcLock = 14;
  const std::uint64_t effective = field(text, "CapEff:", 16, 1);
  answers.may_lock = effective != ProbeAnswers::kUnknown && (effective >> kCapIpcLock & 1u) != 0 &&
                     in_initial_user_namespace();
}

std::uint64_t soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return ProbeAnswers::kUnknown;
  // mm/mmap.c may_expand_vm: with a soft limit of 0 the hard one of RLIMIT_DATA counts.
  return resource == RLIMIT_DATA && limit.rlim_cur == 0 ? limit.rlim_max : limit.rlim_cur;
}

int try_vfork() {
  const pid_t pid = vfork();
  if (pid == 0) _exit(0);
  if (pid < 0) return errno;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return 0;
}

int try_lock(void* address, std::uint64_t bytes) {
  if (mlock2(address, bytes, MLOCK_ONFAULT) != 0) return errno;
  munlock(address, bytes);
  return 0;
}

// The kernel names the thread in what it logs.
class ProbeName {
 public:
  ProbeName() {
    prctl(PR_GET_NAME, before_);
    prctl(PR_SET_NAME, kProbeThreadName);
  }
  ~ProbeName() { prctl(PR_SET_NAME, before_); }
  ProbeName(const ProbeName&) = delete;
  ProbeName& operator=(const ProbeName&) = delete;

 private:
  char before_[16] = "";
};

// The questions about one refusal, with what Prober keeps.
class Questions {
 public:
  Questions(ProbeAnswers& answers, int read_only, std::byte* own_page, std::byte* splittable,
            std::uint64_t page)
      : answers_(answers),
        read_only_(read_only),
        own_page_(own_page),
        splittable_(splittable),
        page_(page) {}

  void about_mapping() {
    ask_own_page();
    ask_place(ProbeKind::hole, nullptr, 0);
    ask_lengths(answers_.length_bytes);
    answers_.add(ProbeKind::page, try_map(page_, kReadWrite, kPrivate));
    if (answers_.call != RefusedCall::mmap_hugetlb) return;
    answers_.add(ProbeKind::hugetlb_noreserve, try_map(answers_.length_bytes, kReadWrite,
                                                       kPrivate | MAP_HUGETLB | MAP_NORESERVE));
  }

  void about_break() {
    const auto now = reinterpret_cast<std::uintptr_t>(sbrk(0));
    ask_place(ProbeKind::above_break, reinterpret_cast<void*>(round_up(now, page_)),
              MAP_FIXED_NOREPLACE);
    about_mapping();
  }

  void about_range(void* address, std::uint64_t bytes) {
    answers_.add(ProbeKind::mapped, msync(address, bytes, MS_ASYNC) == 0 ? 0 : errno);
    ask_split(ProbeKind::split, splittable_);
    ask_split(ProbeKind::split_twice, splittable_ + page_);
  }

  void about_protection() { ask_lengths(answers_.length_bytes); }

  void about_lock(void* address, std::uint64_t bytes) {
    answers_.add(ProbeKind::lock_page, try_lock(own_page_, page_));
    answers_.add(ProbeKind::lock_on_fault, try_lock(address, bytes));
  }

  void about_fork() {
    answers_.add(ProbeKind::vfork, try_vfork());
    if (answers_.length_bytes > 0) ask_lengths(answers_.length_bytes);
    if (answers_.data_bytes != ProbeAnswers::kUnknown)
      answers_.add(ProbeKind::shared_all, try_map(answers_.data_bytes, kReadWrite, kShared));
  }

  /// The repeated request was granted, so less was asked for than had been refused.
  bool again_is_granted() const { return !answers_.refused(ProbeKind::again); }

 private:
  void ask_own_page() {
    const void* page =
        mmap(own_page_, page_, PROT_NONE, MAP_SHARED | MAP_FIXED, read_only_, kOwnPageOffset);
    answers_.add(ProbeKind::own_page, page == MAP_FAILED ? errno : 0);
  }

  // Never maps: the file may not be written.
  void ask_place(ProbeKind kind, void* address, int flags) {
    void* block =
        mmap(address, answers_.length_bytes, PROT_WRITE, MAP_SHARED | flags, read_only_, 0);
    answers_.add(kind, block == MAP_FAILED ? errno : 0);
    if (block != MAP_FAILED) munmap(block, answers_.length_bytes);
  }

  void ask_lengths(std::uint64_t bytes) {
    answers_.add(ProbeKind::no_access, try_map(bytes, PROT_NONE, kPrivate));
    answers_.add(ProbeKind::noreserve, try_map(bytes, kReadWrite, kPrivate | MAP_NORESERVE));
    answers_.add(ProbeKind::shared, try_map(bytes, kReadWrite, kShared));
    answers_.add(ProbeKind::again, try_map(bytes, kReadWrite, kPrivate));
  }

  void ask_split(ProbeKind kind, std::byte* at) {
    const int error = mprotect(at, page_, PROT_READ) == 0 ? 0 : errno;
    // Also what was refused half-way has split once: the same rights everywhere join again.
    mprotect(splittable_, 3 * page_, PROT_NONE);
    answers_.add(kind, error);
  }

  ProbeAnswers& answers_;
  int read_only_;
  std::byte* own_page_;
  std::byte* splittable_;
  std::uint64_t page_;
};

}  // namespace

bool is_refusal(int error) { return error == ENOMEM || error == EAGAIN || error == EPERM; }

Prober::Prober(std::size_t page_bytes, std::size_t huge_page_bytes)
    : opened_by_(getpid()), page_bytes_(page_bytes), huge_page_bytes_(huge_page_bytes) {
  status_ = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  maps_ = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  const int file = memfd_create("memqual-spare", MFD_CLOEXEC);
  if (file < 0) return;
  char path[] = "/proc/self/fd/0123456789";
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  read_only_ = open(path, O_RDONLY | O_CLOEXEC);
  close(file);
  if (read_only_ < 0) return;
  void* own = mmap(nullptr, page_bytes_, PROT_NONE, MAP_SHARED, read_only_, kOwnPageOffset);
  void* split = mmap(nullptr, 3 * page_bytes_, PROT_NONE, MAP_SHARED, read_only_, 0);
  if (own != MAP_FAILED) own_page_ = static_cast<std::byte*>(own);
  if (split != MAP_FAILED) splittable_ = static_cast<std::byte*>(split);
}

Prober::~Prober() {
  for (const int fd : {status_, maps_, read_only_})
    if (fd >= 0) close(fd);
  if (own_page_ != nullptr) munmap(own_page_, page_bytes_);
  if (splittable_ != nullptr) munmap(splittable_, 3 * page_bytes_);
}

void Prober::ask(const RefusedRequest& request, ProbeAnswers& answers) const {
  const std::uint64_t begun = now_ns();
  ask_everything(request, answers);
  answers.took_ns = now_ns() - begun;
}

void Prober::ask_everything(const RefusedRequest& request, ProbeAnswers& answers) const {
  answers.call = request.call;
  answers.asked = true;
  // The C library decides that without the kernel, so the kernel is not asked either.
  if (request.call == RefusedCall::malloc && request.bytes > kPtrdiffMax) {
    answers.length_bytes = request.bytes;
    return;
  }
  // The files of a forked copy's parent tell about the parent.
  const bool is_copy = getpid() != opened_by_;
  const int status = is_copy ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : status_;
  const int maps = is_copy ? open("/proc/self/maps", O_RDONLY | O_CLOEXEC) : maps_;
  read_status(status, answers);
  answers.rlimit_as_bytes = soft_limit(RLIMIT_AS);
  answers.rlimit_data_bytes = soft_limit(RLIMIT_DATA);
  answers.rlimit_memlock_bytes = soft_limit(RLIMIT_MEMLOCK);
  if (own_page_ != nullptr && splittable_ != nullptr) put_questions(request, maps, answers);
  if (answers.refused(ProbeKind::own_page) || answers.refused(ProbeKind::split) ||
      answers.refused(ProbeKind::split_twice))
    answers.map_count = count_mappings(maps);
  if (!is_copy) return;
  if (status >= 0) close(status);
  if (maps >= 0) close(maps);
}

void Prober::put_questions(const RefusedRequest& request, int maps, ProbeAnswers& answers) const {
  const ProbeName name;
  Questions questions(answers, read_only_, own_page_, splittable_, page_bytes_);
  answers.length_bytes = round_up(
      request.bytes, request.call == RefusedCall::mmap_hugetlb ? huge_page_bytes_ : page_bytes_);
  switch (request.call) {
    case RefusedCall::malloc:
      return ask_about_malloc(request, answers);
    case RefusedCall::brk:
      return questions.about_break();
    case RefusedCall::protect:
      questions.about_range(request.address, answers.length_bytes);
      return questions.about_protection();
    case RefusedCall::advise:
      return questions.about_range(request.address, answers.length_bytes);
    case RefusedCall::lock:
      questions.about_range(request.address, answers.length_bytes);
      return questions.about_lock(request.address, answers.length_bytes);
    case RefusedCall::fork:
      answers.length_bytes = largest_private_writable(maps);
      return questions.about_fork();
    default:
      return questions.about_mapping();
  }
}

// A heap that could not grow had asked for some padding more (M_TOP_PAD, 128 KiB, and what was free
// at its top): where the plain length is granted, that was the reason.
void Prober::ask_about_malloc(const RefusedRequest& request, ProbeAnswers& answers) const {
  constexpr std::uint64_t kPadding = 1024 * 1024;
  for (const std::uint64_t padding : {std::uint64_t{0}, kPadding}) {
    answers.count = 0;
    answers.length_bytes = malloc_length(request.bytes, page_bytes_) + padding;
    Questions questions(answers, read_only_, own_page_, splittable_, page_bytes_);
    questions.about_mapping();
    if (!questions.again_is_granted()) return;
  }
}

}  // namespace memqual::child
