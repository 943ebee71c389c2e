// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/refusal.h"

#include <array>

namespace memqual {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 12> kCalls{
    "malloc",       "mmap", "mmap_noreserve", "mmap_unwritable", "mmap_shared", "mmap_file",
    "mmap_hugetlb", "brk",  "protect",        "advise",          "lock",        "fork"};
constexpr std::array<std::string_view, 16> kProbes{
    "own_page",   "split",  "split_twice", "hole",         "above_break",       "no_access",
    "noreserve",  "shared", "again",       "page",         "hugetlb_noreserve", "vfork",
    "shared_all", "mapped", "lock_page",   "lock_on_fault"};

template <class E, std::size_t N>
std::optional<E> find(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return static_cast<E>(i);
  return std::nullopt;
}

template <class E, std::size_t N>
std::string_view word_of(const std::array<std::string_view, N>& words, E value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? words[index] : "?";
}

}  // namespace

std::string_view to_word(RefusedCall value) { return word_of(kCalls, value); }
std::string_view to_word(ProbeKind value) { return word_of(kProbes, value); }
std::optional<RefusedCall> refused_call(std::string_view word) {
  return find<RefusedCall>(kCalls, word);
}
std::optional<ProbeKind> probe_kind(std::string_view word) {
  return find<ProbeKind>(kProbes, word);
}

std::optional<int> Refusal::answer(ProbeKind kind) const {
  for (const Probe& probe : probes)
    if (probe.kind == kind) return probe.error;
  return std::nullopt;
}

}  // namespace memqual
