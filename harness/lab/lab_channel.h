// SPDX-License-Identifier: Apache-2.0
// The channel between host and guest: lines over a pair of descriptors, with time limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/lab/lab_line.h"
#include "harness/spawn/child_launcher.h"
#include "scenarios/model/result.h"

namespace memqual {

/// A message is a word and what belongs to it.
///   guest: hello PROTOCOL VERSION; facts JSON; attempt JSON; trouble TEXT; alive; bye
///   host:  run ATTEMPT CASE-ID; off
struct LabMessage {
  std::string word;
  std::string rest;
};

class LabChannel {
 public:
  /// The descriptors stay the caller's.
  LabChannel(int in, int out) : in_(in), out_(out) {}

  /// Errors: nobody reads (for `within`), or the other side is gone. Any thread.
  Status send(std::string_view word, std::string_view rest = "",
              std::chrono::milliseconds within = std::chrono::seconds(60));

  enum class Event { message, silence, end, stop };
  /// Waits for the next message, for `within` or until `stop` asks for it. Errors: a damaged line,
  /// or a stream that ended within one. One thread.
  Result<Event> receive(LabMessage& out, std::chrono::milliseconds within,
                        const StopToken& stop = {});

 private:
  int in_;
  int out_;
  LabLineReader reader_;
  std::mutex sending_;
  std::uint64_t sent_ = 0;
};

}  // namespace memqual
