// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/verdict.h"

namespace memqual {

std::string_view to_word(CaseStatus status) {
  switch (status) {
    case CaseStatus::pass:
      return "PASS";
    case CaseStatus::fail:
      return "FAIL";
    case CaseStatus::xfail:
      return "XFAIL";
    case CaseStatus::xpass:
      return "XPASS";
    case CaseStatus::skip:
      return "SKIP";
    case CaseStatus::unsupported:
      return "UNSUPPORTED";
    case CaseStatus::error:
      return "ERROR";
    case CaseStatus::timeout:
      return "TIMEOUT";
    case CaseStatus::flaky:
      return "FLAKY";
    case CaseStatus::waived:
      return "WAIVED";
    case CaseStatus::not_run:
      return "NOT_RUN";
  }
  return "ERROR";
}

bool is_acceptable(CaseStatus status) {
  return status == CaseStatus::pass || status == CaseStatus::xfail ||
         status == CaseStatus::waived || status == CaseStatus::skip ||
         status == CaseStatus::unsupported;
}

}  // namespace memqual
