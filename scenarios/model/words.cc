// SPDX-License-Identifier: Apache-2.0
// The one spelling of every enumerator: YAML, wire, JSON and messages all use these tables.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>

#include "scenarios/model/environment.h"
#include "scenarios/model/expectation.h"
#include "scenarios/model/kernel_fields.h"
#include "scenarios/model/prediction.h"
#include "scenarios/model/workload.h"

namespace memqual {
namespace {

template <class E, std::size_t N>
using Words = std::array<std::pair<E, std::string_view>, N>;

constexpr Words<AllocateUsing, 14> kAllocateUsing{{
    {AllocateUsing::malloc, "malloc"},
    {AllocateUsing::calloc, "calloc"},
    {AllocateUsing::new_, "new"},
    {AllocateUsing::posix_memalign, "posix_memalign"},
    {AllocateUsing::mmap, "mmap"},
    {AllocateUsing::mmap_noreserve, "mmap_noreserve"},
    {AllocateUsing::mmap_none, "mmap_none"},
    {AllocateUsing::mmap_readonly, "mmap_readonly"},
    {AllocateUsing::mmap_shared, "mmap_shared"},
    {AllocateUsing::memfd, "memfd"},
    {AllocateUsing::brk, "brk"},
    {AllocateUsing::hugetlb, "hugetlb"},
    {AllocateUsing::file, "file"},
    {AllocateUsing::hugetlb_noreserve, "hugetlb_noreserve"},
}};
constexpr Words<Access, 2> kAccess{{{Access::write, "write"}, {Access::read, "read"}}};
constexpr Words<Stride, 2> kStride{{{Stride::page, "page"}, {Stride::huge_page, "huge_page"}}};
constexpr Words<Protection, 3> kProtection{{
    {Protection::none, "none"},
    {Protection::read, "read"},
    {Protection::read_write, "read_write"},
}};
constexpr Words<Advice, 14> kAdvice{{
    {Advice::normal, "normal"},
    {Advice::random, "random"},
    {Advice::sequential, "sequential"},
    {Advice::willneed, "willneed"},
    {Advice::dontneed, "dontneed"},
    {Advice::free, "free"},
    {Advice::hugepage, "hugepage"},
    {Advice::nohugepage, "nohugepage"},
    {Advice::populate_read, "populate_read"},
    {Advice::populate_write, "populate_write"},
    {Advice::mergeable, "mergeable"},
    {Advice::dontfork, "dontfork"},
    {Advice::cold, "cold"},
    {Advice::pageout, "pageout"},
}};
constexpr Words<KernelOperation, 11> kKernelOperation{{
    {KernelOperation::fill, "fill"},
    {KernelOperation::random, "random"},
    {KernelOperation::copy, "copy"},
    {KernelOperation::sqrt, "sqrt"},
    {KernelOperation::scale_offset, "scale_offset"},
    {KernelOperation::convert, "convert"},
    {KernelOperation::triad, "triad"},
    {KernelOperation::transpose, "transpose"},
    {KernelOperation::five_point, "five_point"},
    {KernelOperation::nine_point, "nine_point"},
    {KernelOperation::box_blur, "box_blur"},
}};
constexpr Words<KernelBoundary, 4> kKernelBoundary{{
    {KernelBoundary::clamp, "clamp"},
    {KernelBoundary::reflect, "reflect"},
    {KernelBoundary::wrap, "wrap"},
    {KernelBoundary::constant, "constant"},
}};
constexpr Words<ArrayPlace, 4> kArrayPlace{{
    {ArrayPlace::memory, "memory"},
    {ArrayPlace::npy, "npy"},
    {ArrayPlace::raw, "raw"},
    {ArrayPlace::sparse, "sparse"},
}};
constexpr Words<ArrayAccess, 3> kArrayAccess{{
    {ArrayAccess::mapped, "mapped"},
    {ArrayAccess::read, "read"},
    {ArrayAccess::direct, "direct"},
}};
constexpr Words<KernelDevice, 2> kKernelDevice{
    {{KernelDevice::cpu, "cpu"}, {KernelDevice::cuda, "cuda"}}};
constexpr Words<KernelReduce, 3> kKernelReduce{{
    {KernelReduce::sum, "sum"},
    {KernelReduce::sum_of_squares, "sum_of_squares"},
    {KernelReduce::summary, "summary"},
}};
constexpr Words<OvercommitMode, 3> kOvercommitMode{{
    {OvercommitMode::heuristic, "heuristic"},
    {OvercommitMode::always, "always"},
    {OvercommitMode::never, "never"},
}};
constexpr Words<RlimitResource, 7> kRlimitResource{{
    {RlimitResource::address_space, "address_space"},
    {RlimitResource::data, "data"},
    {RlimitResource::stack, "stack"},
    {RlimitResource::memlock, "memlock"},
    {RlimitResource::core, "core"},
    {RlimitResource::nproc, "nproc"},
    {RlimitResource::nofile, "nofile"},
}};
constexpr Words<NumaPolicy, 5> kNumaPolicy{{
    {NumaPolicy::default_, "default"},
    {NumaPolicy::bind, "bind"},
    {NumaPolicy::preferred, "preferred"},
    {NumaPolicy::interleave, "interleave"},
    {NumaPolicy::local, "local"},
}};
constexpr Words<ThpMode, 3> kThpMode{{
    {ThpMode::always, "always"},
    {ThpMode::madvise, "madvise"},
    {ThpMode::never, "never"},
}};
constexpr Words<ThpDefrag, 5> kThpDefrag{{
    {ThpDefrag::always, "always"},
    {ThpDefrag::defer, "defer"},
    {ThpDefrag::defer_madvise, "defer+madvise"},
    {ThpDefrag::madvise, "madvise"},
    {ThpDefrag::never, "never"},
}};
constexpr Words<SwapOn, 2> kSwapOn{{{SwapOn::file, "file"}, {SwapOn::zram, "zram"}}};
constexpr Words<OutcomeKind, 11> kOutcomeKind{{
    {OutcomeKind::completed, "completed"},
    {OutcomeKind::refused, "refused"},
    {OutcomeKind::oom_killed, "oom_killed"},
    {OutcomeKind::bus_error, "bus_error"},
    {OutcomeKind::segfault, "segfault"},
    {OutcomeKind::corrupted, "corrupted"},
    {OutcomeKind::exited, "exited"},
    {OutcomeKind::signalled, "signalled"},
    {OutcomeKind::timed_out, "timed_out"},
    {OutcomeKind::killed_by_harness, "killed_by_harness"},
    {OutcomeKind::misplaced, "misplaced"},
}};
constexpr Words<Metric, 13> kMetric{{
    {Metric::rss_peak, "rss_peak"},
    {Metric::rss_end, "rss_end"},
    {Metric::vsz_peak, "vsz_peak"},
    {Metric::page_tables, "page_tables"},
    {Metric::swap_peak, "swap_peak"},
    {Metric::granted, "granted"},
    {Metric::touched, "touched"},
    {Metric::cgroup_peak, "cgroup_peak"},
    {Metric::minor_faults, "minor_faults"},
    {Metric::major_faults, "major_faults"},
    {Metric::granted_blocks, "granted_blocks"},
    {Metric::largest, "largest"},
    {Metric::oom_kills, "oom_kills"},
}};

constexpr Words<LimitingRule, 17> kLimitingRule{{
    {LimitingRule::none, "none"},
    {LimitingRule::ptrdiff_max, "ptrdiff_max"},
    {LimitingRule::map_count, "map_count"},
    {LimitingRule::address_space, "address_space"},
    {LimitingRule::memlock, "memlock"},
    {LimitingRule::rlimit_as, "rlimit_as"},
    {LimitingRule::rlimit_data, "rlimit_data"},
    {LimitingRule::overcommit_guess, "overcommit_guess"},
    {LimitingRule::overcommit_never, "overcommit_never"},
    {LimitingRule::hugetlb_pool, "hugetlb_pool"},
    {LimitingRule::cgroup_memory, "cgroup_memory"},
    {LimitingRule::host_memory, "host_memory"},
    {LimitingRule::protection, "protection"},
    {LimitingRule::commit_limit, "commit_limit"},
    {LimitingRule::job_memory, "job_memory"},
    {LimitingRule::node_memory, "node_memory"},
    {LimitingRule::cgroup_high, "cgroup_high"},
}};
constexpr Words<BandwidthOperation, 7> kBandwidthOperation{{
    {BandwidthOperation::read, "read"},
    {BandwidthOperation::write, "write"},
    {BandwidthOperation::nt_write, "nt_write"},
    {BandwidthOperation::copy, "copy"},
    {BandwidthOperation::triad, "triad"},
    {BandwidthOperation::page_fault, "page_fault"},
    {BandwidthOperation::huge_page_fault, "huge_page_fault"},
}};
constexpr Words<PageChoice, 2> kPageChoice{
    {{PageChoice::base, "base"}, {PageChoice::huge, "huge"}}};

template <class E, std::size_t N>
std::string_view find_word(const Words<E, N>& words, E value) {
  for (const auto& [enumerator, word] : words)
    if (enumerator == value) return word;
  return "?";
}

template <class E>
constexpr const auto& table_of() {
  if constexpr (std::is_same_v<E, AllocateUsing>)
    return kAllocateUsing;
  else if constexpr (std::is_same_v<E, Access>)
    return kAccess;
  else if constexpr (std::is_same_v<E, Stride>)
    return kStride;
  else if constexpr (std::is_same_v<E, Protection>)
    return kProtection;
  else if constexpr (std::is_same_v<E, Advice>)
    return kAdvice;
  else if constexpr (std::is_same_v<E, OvercommitMode>)
    return kOvercommitMode;
  else if constexpr (std::is_same_v<E, RlimitResource>)
    return kRlimitResource;
  else if constexpr (std::is_same_v<E, NumaPolicy>)
    return kNumaPolicy;
  else if constexpr (std::is_same_v<E, ThpMode>)
    return kThpMode;
  else if constexpr (std::is_same_v<E, ThpDefrag>)
    return kThpDefrag;
  else if constexpr (std::is_same_v<E, SwapOn>)
    return kSwapOn;
  else if constexpr (std::is_same_v<E, OutcomeKind>)
    return kOutcomeKind;
  else if constexpr (std::is_same_v<E, BandwidthOperation>)
    return kBandwidthOperation;
  else if constexpr (std::is_same_v<E, PageChoice>)
    return kPageChoice;
  else if constexpr (std::is_same_v<E, KernelOperation>)
    return kKernelOperation;
  else if constexpr (std::is_same_v<E, KernelBoundary>)
    return kKernelBoundary;
  else if constexpr (std::is_same_v<E, ArrayPlace>)
    return kArrayPlace;
  else if constexpr (std::is_same_v<E, ArrayAccess>)
    return kArrayAccess;
  else if constexpr (std::is_same_v<E, KernelDevice>)
    return kKernelDevice;
  else if constexpr (std::is_same_v<E, KernelReduce>)
    return kKernelReduce;
  else
    return kMetric;
}

constexpr std::array<std::string_view, 14> kStepKinds{
    "allocate", "touch", "verify",  "free",         "protect",   "advise", "lock",
    "fork",     "spawn", "command", "find_largest", "bandwidth", "kernel", "placement"};

}  // namespace

std::string_view to_word(AllocateUsing value) { return find_word(kAllocateUsing, value); }
std::string_view to_word(Access value) { return find_word(kAccess, value); }
std::string_view to_word(Stride value) { return find_word(kStride, value); }
std::string_view to_word(Protection value) { return find_word(kProtection, value); }
std::string_view to_word(Advice value) { return find_word(kAdvice, value); }
std::string_view to_word(KernelOperation value) { return find_word(kKernelOperation, value); }
std::string_view to_word(KernelBoundary value) { return find_word(kKernelBoundary, value); }
std::string_view to_word(ArrayPlace value) { return find_word(kArrayPlace, value); }
std::string_view to_word(ArrayAccess value) { return find_word(kArrayAccess, value); }
std::string_view to_word(KernelDevice value) { return find_word(kKernelDevice, value); }
std::string_view to_word(KernelReduce value) { return find_word(kKernelReduce, value); }
std::string_view to_word(OvercommitMode value) { return find_word(kOvercommitMode, value); }
std::string_view to_word(RlimitResource value) { return find_word(kRlimitResource, value); }
std::string_view to_word(NumaPolicy value) { return find_word(kNumaPolicy, value); }
std::string_view to_word(ThpMode value) { return find_word(kThpMode, value); }
std::string_view to_word(ThpDefrag value) { return find_word(kThpDefrag, value); }
std::string_view to_word(SwapOn value) { return find_word(kSwapOn, value); }
std::string_view to_word(OutcomeKind value) { return find_word(kOutcomeKind, value); }
std::string_view to_word(LimitingRule rule) { return find_word(kLimitingRule, rule); }
std::string_view to_word(BandwidthOperation value) { return find_word(kBandwidthOperation, value); }
std::string_view to_word(PageChoice value) { return find_word(kPageChoice, value); }
std::string_view to_word(Metric value) { return find_word(kMetric, value); }

template <class E>
std::optional<E> from_word(std::string_view word) {
  for (const auto& [enumerator, spelling] : table_of<E>())
    if (spelling == word) return enumerator;
  return std::nullopt;
}

template <class E>
std::vector<std::string> words_of() {
  std::vector<std::string> words;
  for (const auto& entry : table_of<E>()) words.emplace_back(entry.second);
  return words;
}

#define MEMQUAL_WORDS(E)                                    \
  template std::optional<E> from_word<E>(std::string_view); \
  template std::vector<std::string> words_of<E>();
MEMQUAL_WORDS(AllocateUsing)
MEMQUAL_WORDS(Access)
MEMQUAL_WORDS(Stride)
MEMQUAL_WORDS(Protection)
MEMQUAL_WORDS(Advice)
MEMQUAL_WORDS(KernelOperation)
MEMQUAL_WORDS(KernelBoundary)
MEMQUAL_WORDS(ArrayPlace)
MEMQUAL_WORDS(ArrayAccess)
MEMQUAL_WORDS(KernelDevice)
MEMQUAL_WORDS(KernelReduce)
MEMQUAL_WORDS(OvercommitMode)
MEMQUAL_WORDS(RlimitResource)
MEMQUAL_WORDS(NumaPolicy)
MEMQUAL_WORDS(ThpMode)
MEMQUAL_WORDS(ThpDefrag)
MEMQUAL_WORDS(SwapOn)
MEMQUAL_WORDS(OutcomeKind)
MEMQUAL_WORDS(Metric)
MEMQUAL_WORDS(BandwidthOperation)
MEMQUAL_WORDS(PageChoice)
#undef MEMQUAL_WORDS

std::string_view step_kind(const WorkloadStep& step) { return kStepKinds[step.action.index()]; }

std::uint64_t most_asked_bytes(const FindLargest& step) {
  if (step.block) return 0;
  return step.up_to ? std::min(literal_bytes(*step.up_to), kMostRequestBytes) : kMostRequestBytes;
}

std::uint64_t most_asked_blocks(const FindLargest& step) {
  const std::uint64_t block = step.block ? literal_bytes(*step.block) : 0;
  if (block == 0) return 0;
  const std::uint64_t most = step.up_to ? literal_bytes(*step.up_to) : kMostRequestBytes;
  return std::min(most / block, kMostFoundBlocks);
}

bool is_malloc_family(AllocateUsing using_) {
  return using_ == AllocateUsing::malloc || using_ == AllocateUsing::calloc ||
         using_ == AllocateUsing::new_ || using_ == AllocateUsing::posix_memalign;
}

bool is_hugetlb(AllocateUsing using_) {
  return using_ == AllocateUsing::hugetlb || using_ == AllocateUsing::hugetlb_noreserve;
}

std::string step_name(const WorkloadStep& step) {
  return std::visit(
      [](const auto& action) -> std::string {
        if constexpr (requires { action.name; })
          return action.name;
        else if constexpr (requires { action.chain; })
          return kernel_title(action);
        else
          return {};
      },
      step.action);
}

bool is_count(Metric metric) {
  return metric == Metric::minor_faults || metric == Metric::major_faults ||
         metric == Metric::granted_blocks || metric == Metric::oom_kills;
}

std::string to_string(const OutcomePattern& pattern) {
  std::string text(to_word(pattern.kind));
  if (pattern.number) text += "(" + std::to_string(*pattern.number) + ")";
  return text;
}

std::string to_string(const std::vector<OutcomePattern>& any_of) {
  std::string text;
  for (std::size_t i = 0; i < any_of.size(); ++i) {
    if (i > 0) text += i + 1 == any_of.size() ? " or " : ", ";
    text += to_string(any_of[i]);
  }
  return text;
}

}  // namespace memqual
