// SPDX-License-Identifier: Apache-2.0
// Whether guests run with KVM here. That /dev/kvm is there says little: on some hosts that are
// guests themselves it opens, and a kernel in it never prints a line. So one is booted, within a
// limit.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/lab/lab_executor.h"
#include "scenarios/model/result.h"

namespace memqual {

struct KvmQuestion {
  std::filesystem::path device = "/dev/kvm";
  std::filesystem::path cache;  ///< a file that keeps the answer until the host boots again
  std::string boot_id;          ///< of this host
  /// Boots a guest with KVM and ends it: why it did not come up, empty where it did. Errors: what a
  /// trial needs is not here.
  std::function<Result<std::string>()> trial;
};

/// Nothing: guests run with KVM. Else why not, and what can be done. Asks the device first, then
/// the cache, then the trial, whose answer (no error) the cache keeps.
std::optional<Error> reason_against_kvm(const KvmQuestion& question);

/// This host's question: the trial boots a machine of 512 MiB with the first kernel that is here
/// and kills it after 10 s.
KvmQuestion kvm_question(const LabOptions& options);

/// `word` is auto (KVM where nothing speaks against it), tcg or kvm. Errors: another word; KVM was
/// wanted and is not to be had, with the reason.
Result<Accelerator> choose_accelerator(const std::string& word, const KvmQuestion& question);

}  // namespace memqual
