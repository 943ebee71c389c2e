// SPDX-License-Identifier: Apache-2.0
#include "harness/child/report_probes.h"

#include <cstdio>

#include "harness/child/report_pipe.h"

namespace memqual::child {
namespace {

void add_known(wire::LineBuilder& line, const char* key, std::uint64_t value) {
  if (value != ProbeAnswers::kUnknown) line.add(key, value);
}

}  // namespace

void send_probes(int report, std::size_t step, const ProbeAnswers& answers) {
  char asked[ProbeAnswers::kMost * 32] = "";
  std::size_t size = 0;
  for (std::size_t i = 0; i < answers.count; ++i) {
    const std::string_view word = to_word(answers.answers[i].kind);
    const int written =
        std::snprintf(asked + size, sizeof asked - size, "%s%.*s:%d", i == 0 ? "" : ",",
                      static_cast<int>(word.size()), word.data(), answers.answers[i].error);
    if (written < 0 || size + static_cast<std::size_t>(written) >= sizeof asked) break;
    size += static_cast<std::size_t>(written);
  }
  wire::LineBuilder line("refusal");
  line.add("step", std::uint64_t{step}).add("call", to_word(answers.call));
  line.add("length", answers.length_bytes);
  if (size > 0) line.add("asked", std::string_view(asked, size));
  add_known(line, "vsz", answers.vsz_bytes);
  add_known(line, "data", answers.data_bytes);
  add_known(line, "locked", answers.locked_bytes);
  add_known(line, "maps", answers.map_count);
  add_known(line, "rlimit_as", answers.rlimit_as_bytes);
  add_known(line, "rlimit_data", answers.rlimit_data_bytes);
  add_known(line, "rlimit_memlock", answers.rlimit_memlock_bytes);
  if (answers.may_lock) line.add("may_lock", 1);
  send(report, line);
}

}  // namespace memqual::child
