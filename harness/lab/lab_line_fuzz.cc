// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: what a guest sends, as bytes of the channel and as the text of its lines.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/lab/lab_line.h"
#include "scenarios/model/record_codec.h"

namespace {

using namespace memqual;

/// "attempt JSON" or "facts JSON", as Guest reads them. What was read once must read back equal.
void read_message(std::string_view text) {
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string word(text.substr(0, space));
  const std::string rest(text.substr(std::min(space + 1, text.size())));
  if (word == "attempt") {
    const Result<Attempt> attempt = decode_attempt(rest);
    if (!attempt) return;
    const Result<Attempt> again = decode_attempt(encode_attempt(*attempt));
    if (!again || !(*again == *attempt)) std::abort();
  } else if (word == "facts") {
    const Result<HostFacts> facts = decode_host_facts(rest);
    if (facts && !decode_host_facts(encode_host_facts(*facts, -1))) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  LabLineReader reader;
  reader.take(bytes);
  std::string text;
  for (Result<bool> got = reader.next(text); got && *got; got = reader.next(text))
    read_message(text);
  // The checksum keeps what a fuzzer makes away from the readers behind it.
  read_message(bytes);
  std::string whole = encode_lab_line({1, std::string(bytes)});
  whole.pop_back();  // its newline
  const Result<LabLine> line = decode_lab_line(whole);
  if (bytes.find('\n') == std::string_view::npos && (!line || line->text != bytes)) std::abort();
  return 0;
}
