// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/attribution.h"

namespace memqual {

std::string_view to_word(EvidenceKind value) {
  switch (value) {
    case EvidenceKind::probes:
      return "probes";
    case EvidenceKind::figures:
      return "figures";
    case EvidenceKind::kernel_log:
      return "kernel_log";
  }
  return "?";
}

std::string_view to_word(RuleAgreement value) {
  switch (value) {
    case RuleAgreement::not_compared:
      return "not_compared";
    case RuleAgreement::agrees:
      return "agrees";
    case RuleAgreement::differs:
      return "differs";
  }
  return "?";
}

std::string_view rule_title(LimitingRule rule) {
  switch (rule) {
    case LimitingRule::ptrdiff_max:
      return "the C library (PTRDIFF_MAX)";
    case LimitingRule::map_count:
      return "vm.max_map_count";
    case LimitingRule::address_space:
      return "the address space";
    case LimitingRule::memlock:
      return "RLIMIT_MEMLOCK";
    case LimitingRule::rlimit_as:
      return "RLIMIT_AS";
    case LimitingRule::rlimit_data:
      return "RLIMIT_DATA";
    case LimitingRule::overcommit_guess:
      return "overcommit mode 0";
    case LimitingRule::overcommit_never:
      return "overcommit mode 2";
    case LimitingRule::hugetlb_pool:
      return "the huge page pool";
    case LimitingRule::protection:
      return "the mapping itself";
    default:
      return to_word(rule);
  }
}

std::string_view shown_by(LimitingRule rule) {
  switch (rule) {
    case LimitingRule::map_count:
      return "not even a page can be mapped over one that is there, or no mapping can be split";
    case LimitingRule::address_space:
      return "refused before any limit is looked at, while a page can be mapped";
    case LimitingRule::rlimit_as:
      return "there is a hole for the same length, and it is refused even without access";
    case LimitingRule::rlimit_data:
      return "the same length is granted without access and shared, refused private and writable";
    case LimitingRule::overcommit_guess:
      return "the same length is granted without access and with MAP_NORESERVE, refused shared; "
             "the "
             "kernel log";
    case LimitingRule::overcommit_never:
      return "the same length is granted without access, refused shared and with MAP_NORESERVE; "
             "the "
             "kernel log";
    case LimitingRule::hugetlb_pool:
      return "the same length is granted where no huge pages are reserved for it";
    case LimitingRule::memlock:
      return "refused also where nothing is made resident";
    default:
      return "";
  }
}

}  // namespace memqual
