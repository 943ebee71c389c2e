// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: both directions of the protocol read text that another process wrote.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/wire/line.h"
#include "harness/wire/program_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)memqual::wire::parse_line(text);
  const memqual::Result<memqual::ChildProgram> program = memqual::wire::decode_program(text);
  if (!program) return 0;
  // What was read once must read back equal.
  const memqual::Result<std::string> again = memqual::wire::encode_program(*program);
  if (again && !(*memqual::wire::decode_program(*again) == *program)) std::abort();
  return 0;
}
