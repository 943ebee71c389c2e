// SPDX-License-Identifier: Apache-2.0
// A Size on a host. Apart from bytes.cc because the child program links that file, but no host
// facts.
#include <limits>
#include <optional>

#include "scenarios/model/bytes.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

Result<std::uint64_t> fact_bytes(const HostFacts& facts, const std::string& name) {
  const FactField* field = find_fact(name);
  if (field == nullptr) return Error{"unknown host fact " + in_quotes(name), ""};
  const FactValue value = fact_value(facts, *field);
  const auto* bytes = std::get_if<std::uint64_t>(&value);
  if (bytes == nullptr) {
    return Error{"this host does not say its " + name,
                 "write the size in bytes, or by another fact"};
  }
  return *bytes;
}

/// base * numerator / denominator, rounded down, without 128-bit integers.
std::optional<std::uint64_t> fraction(std::uint64_t base, std::uint64_t numerator,
                                      std::uint64_t denominator) {
  const std::uint64_t whole = base / denominator;
  const std::uint64_t rest = base % denominator;
  if (numerator != 0 && (whole > kMax / numerator || rest > kMax / numerator)) return std::nullopt;
  const std::uint64_t tail = rest * numerator / denominator;
  if (whole * numerator > kMax - tail) return std::nullopt;
  return whole * numerator + tail;
}

}  // namespace

Result<std::uint64_t> resolve(const Size& size, const HostFacts& facts) {
  std::uint64_t plus = 0;
  std::uint64_t minus = 0;
  for (const SizeTerm& term : size.terms) {
    std::uint64_t base = 1;
    if (term.base != SizeTerm::Base::bytes) {
      const auto known =
          fact_bytes(facts, term.base == SizeTerm::Base::pages ? "page_size" : term.fact);
      if (!known.ok())
        return Error{in_quotes(size.text) + ": " + known.error().message, known.error().hint};
      base = *known;
    }
    const bool negative = term.numerator < 0;
    const auto magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(term.numerator)
                                    : static_cast<std::uint64_t>(term.numerator);
    const auto value = fraction(base, magnitude, static_cast<std::uint64_t>(term.denominator));
    std::uint64_t& side = negative ? minus : plus;
    if (!value || *value > kMax - side) {
      return Error{"size " + in_quotes(size.text) + " is more than 2^64-1 bytes on this host", ""};
    }
    side += *value;
  }
  if (minus > plus) {
    return Error{"size " + in_quotes(size.text) + " is negative on this host: " +
                     std::to_string(plus) + " - " + std::to_string(minus) + " bytes",
                 ""};
  }
  return plus - minus;
}

}  // namespace memqual
