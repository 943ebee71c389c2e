// SPDX-License-Identifier: Apache-2.0
// What the case asked the kernel right after it had been refused memory. Every refusal is ENOMEM;
// which rule it was shows in what is granted instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memqual {

/// The call that was refused, told apart by what the kernel checks for it.
enum class RefusedCall {
  malloc,           ///< malloc, calloc, new, posix_memalign
  mmap,             ///< private anonymous, writable
  mmap_noreserve,   ///< the same with MAP_NORESERVE
  mmap_unwritable,  ///< private anonymous without write access: neither data nor charged
  mmap_shared,      ///< shared anonymous: charged, but not data
  mmap_file,        ///< shared, of a file or a memory file: neither data nor charged
  mmap_hugetlb,
  brk,
  protect,
  advise,
  lock,
  fork,
};

/// One question. `length` is that of the refused request. None leaves a trace.
enum class ProbeKind {
  own_page,     ///< a page mapped over one of its own: checked for the number of mappings alone
  split,        ///< one mapping made two, by mprotect
  split_twice,  ///< one mapping made three
  hole,  ///< a file without write permission, writable: EACCES comes behind the search for a place
         ///< and before every limit, so anything but ENOMEM says that there is a place
  above_break,        ///< the same at the break: EEXIST says that something is in the way
  no_access,          ///< `length`, PROT_NONE: counted by RLIMIT_AS alone
  noreserve,          ///< `length`, private, writable, MAP_NORESERVE: data; charged in mode 2 only
  shared,             ///< `length`, shared anonymous: charged, not data
  again,              ///< `length`, private and writable
  page,               ///< one page, private and writable
  hugetlb_noreserve,  ///< `length` of huge pages, MAP_NORESERVE: reserves nothing in the pool
  vfork,              ///< a process that shares the memory: nothing is copied or charged
  shared_all,         ///< fork: as much as all private data together, shared anonymous
  mapped,             ///< msync of the range: ENOMEM where part of it is not mapped
  lock_page,          ///< mlock of one own page
  lock_on_fault,      ///< mlock of the range that makes nothing resident
};

struct Probe {
  ProbeKind kind = ProbeKind::own_page;
  int error = 0;           ///< 0: granted
  std::string error_name;  ///< "" where granted
  bool operator==(const Probe&) const = default;
};

/// A refused call with the questions asked about it, in the order they were asked, and what the
/// process was like at that moment. A figure that was not read is absent.
struct Refusal {
  RefusedCall call = RefusedCall::mmap;
  /// Of one request, in whole pages, as the kernel counts it. fork: the largest private writable
  /// mapping. malloc beyond PTRDIFF_MAX: as the C library was asked, and no questions.
  std::uint64_t length_bytes = 0;
  std::vector<Probe> probes;
  std::optional<std::uint64_t> vsz_bytes;        ///< VmSize: counted by RLIMIT_AS
  std::optional<std::uint64_t> data_bytes;       ///< VmData: counted by RLIMIT_DATA
  std::optional<std::uint64_t> locked_bytes;     ///< VmLck
  std::optional<std::uint64_t> map_count;        ///< counted only where the number may matter
  std::optional<std::uint64_t> rlimit_as_bytes;  ///< soft limits; absent: unlimited
  std::optional<std::uint64_t> rlimit_data_bytes;
  std::optional<std::uint64_t> rlimit_memlock_bytes;
  bool may_lock = false;  ///< CAP_IPC_LOCK: RLIMIT_MEMLOCK does not apply
  bool operator==(const Refusal&) const = default;

  /// The errno of a question; nothing where it was not asked.
  std::optional<int> answer(ProbeKind kind) const;
};

std::string_view to_word(RefusedCall value);
std::string_view to_word(ProbeKind value);
std::optional<RefusedCall> refused_call(std::string_view word);
std::optional<ProbeKind> probe_kind(std::string_view word);

/// The name of the case's thread while it asks: the kernel logs it with what it refuses then, which
/// says nothing about the call that was refused before.
inline constexpr char kProbeThreadName[] = "memqual-probe";

}  // namespace memqual
