// SPDX-License-Identifier: Apache-2.0
// Asks the kernel, right after it refused a call, what it grants instead.
//
// Why each question separates what (mm/mmap.c do_mmap and mmap_region, mm/mprotect.c, mm/mlock.c;
// the same order from 5.10 to 6.18). A mapping is checked for the number of mappings, for a place,
// for the permissions of its file, for RLIMIT_AS, for RLIMIT_DATA, for its charge, and for its
// backing object, and every refusal but that of the file is ENOMEM. So
// - own_page replaces a page that is mapped already: its place is given, what it replaces is taken
//   off before RLIMIT_AS and RLIMIT_DATA look, and it is not charged. Refused: vm.max_map_count.
// - hole asks for a writable shared mapping of a file that is open for reading. EACCES is decided
//   behind the search for a place and before every limit. ENOMEM, with own_page granted: no place.
// - no_access is not data and not charged. Refused although there is a place: RLIMIT_AS.
// - shared is charged and not data; noreserve is data and, but for mode 2, not charged. With
//   no_access granted, refused and granted tell RLIMIT_DATA from the two overcommit modes.
// - hugetlb_noreserve takes no pages from the pool, and is checked for everything before it.
// brk looks at RLIMIT_DATA, at what lies above the break, at RLIMIT_AS, and only then at the number
// of mappings and the charge. mprotect looks at RLIMIT_DATA and the charge and then splits, which
// needs room for one or two mappings: split, split_twice. mlock looks at its limit before it looks
// at the range (lock_page, lock_on_fault, mapped). fork copies mappings, each charged again, and
// vfork copies none.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scenarios/model/refusal.h"

namespace memqual::child {

struct RefusedRequest {
  RefusedCall call = RefusedCall::mmap;
  std::uint64_t bytes = 0;  ///< as it was asked for, alignment included
  void* address = nullptr;  ///< protect, advise, lock: the range
};

/// Refusal without the heap, and small enough to pass through a pipe whole.
struct ProbeAnswers {
  static constexpr std::size_t kMost = 16;
  struct Answer {
    ProbeKind kind;
    int error;
  };
  bool asked = false;
  RefusedCall call = RefusedCall::mmap;
  std::uint64_t length_bytes = 0;
  Answer answers[kMost] = {};
  std::size_t count = 0;
  static constexpr std::uint64_t kUnknown = UINT64_MAX;  ///< of a figure; of a limit: unlimited
  std::uint64_t vsz_bytes = kUnknown;
  std::uint64_t data_bytes = kUnknown;
  std::uint64_t locked_bytes = kUnknown;
  std::uint64_t map_count = kUnknown;
  std::uint64_t rlimit_as_bytes = kUnknown;
  std::uint64_t rlimit_data_bytes = kUnknown;
  std::uint64_t rlimit_memlock_bytes = kUnknown;
  bool may_lock = false;
  /// VmPeak as the workload had left it, and the time that the questions took: neither is the
  /// workload's. kUnknown where the questions were put by a forked copy.
  std::uint64_t vsz_peak_bytes = kUnknown;
  std::uint64_t took_ns = 0;

  void add(ProbeKind kind, int error) {
    if (count < kMost) answers[count++] = {kind, error};
  }
  bool refused(ProbeKind kind) const {
    for (std::size_t i = 0; i < count; ++i)
      if (answers[i].kind == kind) return answers[i].error != 0;
    return false;
  }
};

/// True for the errors that a limit on memory gives: ENOMEM, EAGAIN, EPERM.
bool is_refusal(int error);

/// Keeps spare pages and open files from before the case's limits apply.
class Prober {
 public:
  Prober(std::size_t page_bytes, std::size_t huge_page_bytes);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// At most a dozen system calls, nothing from the heap; what they map is unmapped again. Counting
  /// mappings, where their number may be the reason, stops after a million. Works in forked copies.
  void ask(const RefusedRequest& request, ProbeAnswers& answers) const;

 private:
  void ask_everything(const RefusedRequest& request, ProbeAnswers& answers) const;
  void put_questions(const RefusedRequest& request, int maps, ProbeAnswers& answers) const;
  void ask_about_malloc(const RefusedRequest& request, ProbeAnswers& answers) const;

  int opened_by_ = -1;  ///< process id
  int read_only_ = -1;  ///< memory file, open for reading
  int status_ = -1;
  int maps_ = -1;
  std::byte* own_page_ = nullptr;    ///< one page, a mapping of its own
  std::byte* splittable_ = nullptr;  ///< three pages, a mapping of its own
  std::size_t page_bytes_;
  std::size_t huge_page_bytes_;
};

}  // namespace memqual::child
