// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/rule_answers.h"

#include <cerrno>

#include "scenarios/model/bytes.h"

namespace memqual::attribution {
namespace {

constexpr std::uint64_t kPtrdiffMax = 0x7fffffffffffffffULL;

Answer grants(LimitingRule rule) { return {rule, Says::grants, EvidenceKind::probes, "", ""}; }
Answer open(LimitingRule rule) { return {rule, Says::open, EvidenceKind::probes, "", ""}; }
Answer refuses(LimitingRule rule, EvidenceKind by, std::string limit, std::string shown) {
  return {rule, Says::refuses, by, std::move(limit), std::move(shown)};
}

std::string of_limit(std::uint64_t limit, const std::optional<std::uint64_t>& used) {
  std::string text = format_bytes(limit);
  if (used) text += ", of which " + format_bytes(*used) + " are in use";
  return text;
}

std::string the_same(const Evidence& evidence) {
  return "the same " + format_bytes(evidence.refusal.length_bytes);
}

// mm/mmap.c may_expand_vm, in pages: what is there and the request against the limit.
bool is_above(const Evidence& evidence, std::uint64_t used, std::uint64_t limit) {
  const std::uint64_t page = evidence.facts.page_size_bytes.value_or(4096);
  return used / page + evidence.refusal.length_bytes / page > limit / page;
}

// Without the figure, or without a limit, nothing is said.
std::optional<bool> is_above(const Evidence& evidence, const std::optional<std::uint64_t>& used,
                             const std::optional<std::uint64_t>& limit) {
  if (!limit) return false;
  if (!used) return std::nullopt;
  return is_above(evidence, *used, *limit);
}

// Why a rule is not seen by probes: one that is looked at before it refuses them all.
std::string by_figures(const Evidence& evidence, const char* what, std::uint64_t used) {
  return std::string("the process has ") + format_bytes(used) + " of " + what + ", and " +
         format_bytes(evidence.refusal.length_bytes) + " more are above the limit";
}

std::string page_words(const Evidence& evidence) {
  if (!evidence.asked(ProbeKind::page)) return "";
  return evidence.granted(ProbeKind::page) ? "; one page is granted" : "; one page is refused too";
}

std::string most_mappings(const Evidence& evidence) {
  std::string text;
  if (evidence.refusal.map_count) text = std::to_string(*evidence.refusal.map_count) + " mappings";
  if (!evidence.facts.max_map_count.known()) return text;
  const std::string most = std::to_string(*evidence.facts.max_map_count.value);
  return text.empty() ? most : most + ", " + text + " are there";
}

}  // namespace

Answer ptrdiff_answer(const Evidence& evidence) {
  // Where the kernel was asked, the C library let the request pass.
  if (evidence.refusal.length_bytes <= kPtrdiffMax || !evidence.refusal.probes.empty())
    return grants(LimitingRule::ptrdiff_max);
  return refuses(LimitingRule::ptrdiff_max, EvidenceKind::figures, "",
                 "more than PTRDIFF_MAX bytes are refused before the kernel is asked");
}

Answer map_count_answer(const Evidence& evidence) {
  if (!evidence.asked(ProbeKind::own_page)) return open(LimitingRule::map_count);
  if (evidence.granted(ProbeKind::own_page)) return grants(LimitingRule::map_count);
  return refuses(LimitingRule::map_count, EvidenceKind::probes, most_mappings(evidence),
                 "not even a page can be mapped over one that is there");
}

Answer split_answer(const Evidence& evidence) {
  const bool once = evidence.refused(ProbeKind::split);
  if (once || evidence.refused(ProbeKind::split_twice))
    return refuses(LimitingRule::map_count, EvidenceKind::probes, most_mappings(evidence),
                   once ? "no other mapping can be split either"
                        : "no other mapping can be split into three either");
  return evidence.asked(ProbeKind::split) ? grants(LimitingRule::map_count)
                                          : open(LimitingRule::map_count);
}

Answer address_space_answer(const Evidence& evidence) {
  constexpr LimitingRule kRule = LimitingRule::address_space;
  const bool is_break = evidence.refusal.call == RefusedCall::brk;
  const auto place = evidence.refusal.answer(is_break ? ProbeKind::above_break : ProbeKind::hole);
  if (place && *place == EEXIST)
    return refuses(kRule, EvidenceKind::probes, "", "another mapping lies above the break");
  if (place && *place != ENOMEM) return grants(kRule);
  if (place && evidence.granted(ProbeKind::own_page))
    return refuses(kRule, EvidenceKind::probes, "",
                   is_break ? "there is no address space above the break for it"
                            : "there is no hole of " + format_bytes(evidence.refusal.length_bytes) +
                                  ": it is refused before any limit is looked at" +
                                  page_words(evidence));
  // Hidden by the number of mappings: what no address space holds is refused all the same.
  const std::uint64_t bits = evidence.facts.address_space_bits.value_or(48);
  if (bits > 1 && bits < 64 && evidence.refusal.length_bytes >> (bits - 1) != 0)
    return refuses(kRule, EvidenceKind::figures, "", "it is more than all addresses");
  return open(kRule);
}

Answer rlimit_as_answer(const Evidence& evidence) {
  constexpr LimitingRule kRule = LimitingRule::rlimit_as;
  const Refusal& refusal = evidence.refusal;
  const std::optional<bool> above = is_above(evidence, refusal.vsz_bytes, refusal.rlimit_as_bytes);
  if (above == false || evidence.granted(ProbeKind::no_access)) return grants(kRule);
  const std::string limit = of_limit(*refusal.rlimit_as_bytes, refusal.vsz_bytes);
  const auto hole = refusal.answer(ProbeKind::hole);
  if (evidence.refused(ProbeKind::no_access) && evidence.granted(ProbeKind::own_page) && hole &&
      *hole != ENOMEM)
    return refuses(kRule, EvidenceKind::probes, limit,
                   "there is a hole for " + the_same(evidence) +
                       ", and they are refused even without access" + page_words(evidence));
  if (!above) return open(kRule);
  return refuses(kRule, EvidenceKind::figures, limit,
                 by_figures(evidence, "address space", *refusal.vsz_bytes));
}

Answer rlimit_data_answer(const Evidence& evidence) {
  constexpr LimitingRule kRule = LimitingRule::rlimit_data;
  const Refusal& refusal = evidence.refusal;
  const std::optional<bool> above =
      is_above(evidence, refusal.data_bytes, refusal.rlimit_data_bytes);
  if (above == false || evidence.granted(ProbeKind::noreserve)) return grants(kRule);
  // mm/mprotect.c mprotect_fixup looks only where the range as it is could be mapped again.
  const bool beyond_as =
      is_above(evidence, refusal.vsz_bytes, refusal.rlimit_as_bytes).value_or(false);
  if (refusal.call == RefusedCall::protect && beyond_as) return grants(kRule);
  const std::string limit = of_limit(*refusal.rlimit_data_bytes, refusal.data_bytes);
  const bool refused_as_data =
      evidence.granted(ProbeKind::no_access) && evidence.refused(ProbeKind::noreserve);
  if (refused_as_data && evidence.granted(ProbeKind::shared))
    return refuses(kRule, EvidenceKind::probes, limit,
                   the_same(evidence) +
                       " are granted without access and shared, and refused private and writable" +
                       page_words(evidence));
  // MAP_NORESERVE is charged in mode 2 alone.
  if (refused_as_data && evidence.mode() != 2)
    return refuses(kRule, EvidenceKind::probes, limit,
                   the_same(evidence) +
                       " are granted without access, and refused writable, also with "
                       "MAP_NORESERVE" +
                       page_words(evidence));
  if (!above) return open(kRule);
  return refuses(kRule, EvidenceKind::figures, limit,
                 by_figures(evidence, "data", *refusal.data_bytes));
}

namespace {

std::string commit_limit_words(const Evidence& evidence, LimitingRule rule) {
  const HostFacts& facts = evidence.facts;
  if (rule == LimitingRule::overcommit_never)
    return facts.commit_limit_bytes.known()
               ? "commit limit " + format_bytes(*facts.commit_limit_bytes.value)
               : "";
  if (!facts.mem_total_bytes.known()) return "";
  return "RAM + swap = " +
         format_bytes(*facts.mem_total_bytes.value + facts.swap_total_bytes.value_or(0));
}

LimitingRule overcommit_rule(const Evidence& evidence) {
  // In mode 2 MAP_NORESERVE changes nothing.
  const bool spared_by_noreserve =
      evidence.granted(ProbeKind::noreserve) && evidence.refused(ProbeKind::shared);
  return evidence.mode() == 2 && !spared_by_noreserve ? LimitingRule::overcommit_never
                                                      : LimitingRule::overcommit_guess;
}

}  // namespace

Answer overcommit_answer(const Evidence& evidence) {
  const LimitingRule rule = overcommit_rule(evidence);
  const bool strict = rule == LimitingRule::overcommit_never;
  if (evidence.mode() == 1) return grants(rule);
  if (evidence.refusal.call == RefusedCall::mmap_noreserve && !strict) return grants(rule);
  const std::string limit = commit_limit_words(evidence, rule);
  if (evidence.granted(ProbeKind::no_access) && evidence.refused(ProbeKind::shared)) {
    const std::string also = evidence.granted(ProbeKind::noreserve)
                                 ? "granted without access and with MAP_NORESERVE, and refused"
                                 : "granted without access, and refused writable";
    return refuses(rule, EvidenceKind::probes, limit,
                   the_same(evidence) + " are " + also + " shared and private" +
                       (strict ? ", also with MAP_NORESERVE" : "") + page_words(evidence));
  }
  // What other processes have committed changes from one call to the next.
  if (evidence.granted(ProbeKind::shared)) return strict ? open(rule) : grants(rule);
  return open(rule);
}

Answer hugetlb_answer(const Evidence& evidence) {
  constexpr LimitingRule kRule = LimitingRule::hugetlb_pool;
  if (!evidence.asked(ProbeKind::hugetlb_noreserve)) return open(kRule);
  if (evidence.refused(ProbeKind::hugetlb_noreserve)) return grants(kRule);
  const auto& free = evidence.facts.huge_pages_free;
  return refuses(
      kRule, EvidenceKind::probes,
      free.known() ? std::to_string(*free.value) + " huge pages free" : "",
      the_same(evidence) + " of huge pages are granted where none are reserved for them");
}

Answer memlock_answer(const Evidence& evidence) {
  constexpr LimitingRule kRule = LimitingRule::memlock;
  const Refusal& refusal = evidence.refusal;
  if (!refusal.rlimit_memlock_bytes || refusal.may_lock ||
      evidence.granted(ProbeKind::lock_on_fault))
    return grants(kRule);
  const std::string limit =
      of_limit(*refusal.rlimit_memlock_bytes, refusal.locked_bytes) + ", without CAP_IPC_LOCK";
  const bool above =
      is_above(evidence, refusal.locked_bytes, refusal.rlimit_memlock_bytes).value_or(true);
  if (evidence.error == EPERM || (above && evidence.refused(ProbeKind::lock_page)))
    return refuses(kRule, EvidenceKind::probes, limit, "one page of its own is refused too");
  const bool can_only_be = evidence.granted(ProbeKind::mapped) &&
                           evidence.granted(ProbeKind::split_twice) &&
                           evidence.refused(ProbeKind::lock_on_fault);
  if (above && can_only_be)
    return refuses(kRule, EvidenceKind::probes, limit,
                   the_same(evidence) +
                       " are refused also where nothing is made resident; one page is granted");
  if (!above) return grants(kRule);
  if (!refusal.locked_bytes) return open(kRule);
  return refuses(kRule, EvidenceKind::figures, limit,
                 by_figures(evidence, "locked memory", *refusal.locked_bytes));
}

Answer unmapped_answer(const Evidence& evidence) {
  if (!evidence.refused(ProbeKind::mapped)) return grants(LimitingRule::protection);
  return refuses(LimitingRule::protection, EvidenceKind::probes, "",
                 "a part of the range is not mapped");
}

Answer populate_answer(const Evidence& evidence) {
  if (evidence.error != ENOMEM || !evidence.granted(ProbeKind::lock_on_fault))
    return open(LimitingRule::protection);
  return refuses(LimitingRule::protection, EvidenceKind::probes, "",
                 "the range can be locked, but its pages cannot be made resident");
}

Answer fork_answer(const Evidence& evidence) {
  const LimitingRule rule = overcommit_rule(evidence);
  if (evidence.error != ENOMEM || evidence.mode() == 1) return grants(rule);
  if (!evidence.granted(ProbeKind::vfork)) return open(rule);
  std::string shown = "a process that shares the memory (vfork) is granted, a copy is refused";
  if (evidence.refused(ProbeKind::shared))
    shown += "; the largest mapping, " + format_bytes(evidence.refusal.length_bytes) +
             ", would be refused as a new one too";
  else if (evidence.refused(ProbeKind::shared_all))
    shown += "; all private data at once would be refused as a new mapping too";
  return refuses(rule, EvidenceKind::probes, commit_limit_words(evidence, rule), std::move(shown));
}

}  // namespace memqual::attribution
