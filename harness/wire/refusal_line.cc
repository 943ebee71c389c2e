// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/refusal_line.h"

#include <charconv>

namespace memqual::wire {
namespace {

constexpr std::size_t kMostProbes = 64;

// "hole:13". False: not of that form.
bool read_probe(std::string_view text, std::vector<Probe>& probes) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  Probe probe;
  const std::string_view number = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), probe.error);
  if (error != std::errc() || end != number.data() + number.size() || probe.error < 0) return false;
  const std::optional<ProbeKind> kind = probe_kind(text.substr(0, colon));
  if (!kind) return true;
  probe.kind = *kind;
  probes.push_back(std::move(probe));
  return true;
}

}  // namespace

std::optional<Refusal> read_refusal(const Line& line) {
  const std::optional<RefusedCall> call = refused_call(line.text("call"));
  if (!call) return std::nullopt;
  Refusal refusal;
  refusal.call = *call;
  refusal.length_bytes = line.number("length");
  const std::string asked = line.text("asked");
  std::string_view rest = asked;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (!read_probe(rest.substr(0, comma), refusal.probes)) return std::nullopt;
    if (refusal.probes.size() > kMostProbes) return std::nullopt;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  refusal.vsz_bytes = line.maybe_number("vsz");
  refusal.data_bytes = line.maybe_number("data");
  refusal.locked_bytes = line.maybe_number("locked");
  refusal.map_count = line.maybe_number("maps");
  refusal.rlimit_as_bytes = line.maybe_number("rlimit_as");
  refusal.rlimit_data_bytes = line.maybe_number("rlimit_data");
  refusal.rlimit_memlock_bytes = line.maybe_number("rlimit_memlock");
  refusal.may_lock = line.number("may_lock") == 1;
  return refusal;
}

}  // namespace memqual::wire
