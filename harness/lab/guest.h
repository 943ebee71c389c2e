// SPDX-License-Identifier: Apache-2.0
// The host's side of one guest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/lab/qemu_arguments.h"
#include "harness/spawn/child_launcher.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"
#include "scenarios/model/run_record.h"

namespace memqual {

struct GuestSpec {
  std::filesystem::path qemu;
  Machine machine;
  std::filesystem::path kernel;
  std::string initramfs;         ///< content
  std::filesystem::path folder;  ///< for the guest's files; must be there
  Accelerator accelerator = Accelerator::tcg;
  std::string tool_version;  ///< the guest must be the same program
  std::string kernel_name;   ///< what `kernel` was named as: its version must be so; may be a path
  std::uint64_t boot_ms = 120000;
  std::uint64_t silence_ms = 60000;  ///< a guest that says nothing for so long hangs
  StopToken stop;
};

/// How long a machine may take to boot: emulated, with page structures to write.
std::uint64_t boot_limit_ms(const Machine& machine);

/// One guest. It is killed when this object goes, and when the thread that booted it ends: keep to
/// that thread.
class Guest {
 public:
  /// Starts QEMU and waits until the guest says what it is. Errors: QEMU does not start, the guest
  /// panics, hangs, speaks another version, or is otherwise than its machine (differs_from());
  /// each with the last lines of its console.
  static Result<Guest> boot(const GuestSpec& spec);

  const HostFacts& facts() const;
  std::uint64_t boot_ms() const;

  /// One attempt at a case that the guest knows. `within_ms` is for the whole attempt. Errors: the
  /// guest is lost; it is dead then.
  Result<Attempt> run(const std::string& case_id, std::uint32_t attempt, std::uint64_t within_ms);

  bool alive() const;
  /// Host memory that QEMU holds now: pages that the guest gave back are among them.
  std::uint64_t resident_bytes() const;
  /// Asks it to power off, waits a little, kills it.
  void end();

  Guest(Guest&&) noexcept;
  Guest& operator=(Guest&&) noexcept;
  ~Guest();

 private:
  struct State;
  explicit Guest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What of a guest is otherwise than its machine promised, in words ("126 GiB of memory where
/// ..."); empty where all is so: memory, swap, CPUs, each node with its distances, control groups,
/// the width of addresses and, where `kernel_name` is of debian_kernels(), the kernel's version.
/// What the guest does not say is not so.
std::string differs_from(const HostFacts& facts, const Machine& machine,
                         const std::string& kernel_name);

}  // namespace memqual
