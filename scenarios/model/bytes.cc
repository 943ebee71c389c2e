// SPDX-License-Identifier: Apache-2.0
// Sizes and durations. The arithmetic is exact: a decimal is a fraction of two integers, never a
// double, so "1.1 GB" is 1100000000 bytes everywhere and what is not a whole byte is an error.
#include "scenarios/model/bytes.h"

#include <array>
#include <cctype>
#include <limits>
#include <numeric>
#include <optional>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::uint64_t kMaxLiteral = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMaxTerms = 16;

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::uint64_t kPiB = 1024 * kTiB;
constexpr std::array<Unit, 16> kUnits{{{"B", 1},
                                       {"KiB", kKiB},
                                       {"MiB", kMiB},
                                       {"GiB", kGiB},
                                       {"TiB", kTiB},
                                       {"PiB", kPiB},
                                       {"Ki", kKiB},
                                       {"Mi", kMiB},
                                       {"Gi", kGiB},
                                       {"Ti", kTiB},
                                       {"Pi", kPiB},
                                       {"kB", 1000},
                                       {"MB", 1000000},
                                       {"GB", 1000000000},
                                       {"TB", 1000000000000},
                                       {"PB", 1000000000000000}}};

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return std::nullopt;
  return a * b;
}

/// A decimal as written: digits / 10^decimals.
struct Decimal {
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  bool whole() const { return denominator == 1; }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  void skip_spaces() {
    while (!done() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  template <class Predicate>
  std::string_view take_while(Predicate predicate) {
    const std::size_t begin = at_;
    while (!done() && predicate(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::size_t at() const { return at_; }
  std::string_view slice(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Reads DIGITS ('.' DIGITS)?; the caller has seen a digit.
Result<Decimal> read_decimal(Cursor& cursor) {
  Decimal value;
  const auto append = [&](std::string_view digits, bool fraction) {
    for (const char c : digits) {
      const auto ten = product(value.numerator, 10);
      if (!ten || *ten > kMaxLiteral - 9) return false;
      value.numerator = *ten + static_cast<std::uint64_t>(c - '0');
      if (fraction) value.denominator *= 10;
    }
    return true;
  };
  const std::size_t begin = cursor.at();
  bool fits = append(cursor.take_while(is_digit), false);
  if (cursor.take('.')) {
    const std::string_view digits = cursor.take_while(is_digit);
    if (digits.empty()) {
      return Error{in_quotes(cursor.slice(begin)) + " ends in a point", "write digits after it"};
    }
    fits = fits && digits.size() <= 15 && append(digits, true);
  }
  if (!fits) return Error{"number " + in_quotes(cursor.slice(begin)) + " has too many digits", ""};
  const std::uint64_t common = std::gcd(value.numerator, value.denominator);
  value.numerator /= common;
  value.denominator /= common;
  return value;
}

/// number * unit in whole units of one; an Error where it is not whole or too large.
Result<std::uint64_t> scale(const Decimal& number, std::uint64_t unit, std::string_view written,
                            std::string_view what) {
  const std::uint64_t common = std::gcd(unit, number.denominator);
  if (number.numerator % (number.denominator / common) != 0) {
    return Error{in_quotes(written) + " is not a whole number of " + std::string(what),
                 "write a smaller unit"};
  }
  const auto scaled = product(number.numerator / (number.denominator / common), unit / common);
  if (!scaled || *scaled > kMaxLiteral) {
    return Error{in_quotes(written) + " is more than 9223372036854775807 " + std::string(what), ""};
  }
  return *scaled;
}

std::vector<std::string> unit_names() {
  std::vector<std::string> names;
  for (const Unit& unit : kUnits) names.emplace_back(unit.name);
  names.emplace_back("pages");
  return names;
}

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// The error for a unit nobody can be sure about: "4G", "4 k".
Error ambiguous_unit(std::string_view number, std::string_view unit) {
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
  const std::string count(number);
  const std::string binary = count + " " + letter + "iB";
  const std::string decimal = count + " " + (letter == 'K' ? 'k' : letter) + "B";
  const auto bytes_of = [](const std::string& text) {
    const auto size = parse_size(text);
    return size.ok() ? " (" + std::to_string(literal_bytes(*size)) + " bytes)" : std::string();
  };
  return Error{in_quotes(count + std::string(unit)) + " has two readings",
               "write " + binary + bytes_of(binary) + " or " + decimal + bytes_of(decimal)};
}

Error unknown_unit(std::string_view number, std::string_view unit) {
  if (unit.size() == 1 && std::string_view("kKmMgGtTpP").find(unit[0]) != unit.npos) {
    return ambiguous_unit(number, unit);
  }
  std::string best = nearest_word(unit, unit_names());
  return Error{"unknown unit " + in_quotes(unit) +
                   (best.empty() ? std::string() : "; did you mean \"" + best + "\"?"),
               "write B, KiB, MiB, GiB, TiB, PiB, kB, MB, GB, TB, PB, pages or % of a host fact"};
}

Result<std::string> read_fact(Cursor& cursor) {
  cursor.skip_spaces();
  const std::string name(cursor.take_while(is_name_char));
  for (const std::string& known : size_fact_names()) {
    if (known == name) return name;
  }
  return Error{"unknown host fact " + in_quotes(name) + did_you_mean(name, size_fact_names()),
               "a size may name " + join_or(size_fact_names())};
}

Result<SizeTerm> read_number_term(Cursor& cursor) {
  SizeTerm term;
  const std::size_t begin = cursor.at();
  auto number = read_decimal(cursor);
  if (!number.ok()) return number.error();
  const std::string digits(cursor.slice(begin));
  cursor.skip_spaces();
  if (cursor.take('%')) {
    cursor.skip_spaces();
    if (cursor.take_while(is_letter) != "of") {
      return Error{in_quotes(digits + "%") + " does not say of what",
                   "write for instance " + digits + "% of mem_total"};
    }
    auto fact = read_fact(cursor);
    if (!fact.ok()) return fact.error();
    const std::uint64_t common = std::gcd(number->numerator, std::uint64_t{100});
    if (number->denominator > 1000000)
      return Error{in_quotes(digits) + " has too many decimals", ""};
    term.base = SizeTerm::Base::fact;
    term.fact = *fact;
    term.numerator = static_cast<std::int64_t>(number->numerator / common);
    term.denominator = static_cast<std::int64_t>(number->denominator * (100 / common));
    return term;
  }
  const std::string_view unit = cursor.take_while(is_letter);
  if (unit.empty()) {
    return Error{in_quotes(digits) + " has no unit",
                 "write for instance " + digits + " B, " + digits + " MiB or " + digits + " pages"};
  }
  if (unit == "pages" || unit == "page") {
    if (!number->whole()) return Error{in_quotes(digits + " pages") + " is not a whole number", ""};
    term.base = SizeTerm::Base::pages;
    term.numerator = static_cast<std::int64_t>(number->numerator);
    return term;
  }
  const Unit* known = find_unit(unit);
  if (known == nullptr) return unknown_unit(digits, unit);
  const auto bytes = scale(*number, known->bytes, cursor.slice(begin), "bytes");
  if (!bytes.ok()) return bytes.error();
  term.numerator = static_cast<std::int64_t>(*bytes);
  return term;
}

Result<SizeTerm> read_term(Cursor& cursor) {
  if (is_digit(cursor.peek())) return read_number_term(cursor);
  if (!is_letter(cursor.peek())) {
    if (cursor.done()) return Error{"a size ends where a number or a host fact should follow", ""};
    return Error{"unexpected " + in_quotes(std::string(1, cursor.peek())) + " in a size",
                 "write for instance 64 MiB, 50% of mem_total or mem_total + 1 pages"};
  }
  auto fact = read_fact(cursor);
  if (!fact.ok()) return fact.error();
  SizeTerm term;
  term.base = SizeTerm::Base::fact;
  term.fact = *fact;
  term.numerator = 1;
  return term;
}

/// Adds a term; byte terms become one, so that "1 GiB + 4 KiB" and its sum are the same size.
Status add_term(Size& size, SizeTerm term, bool negative) {
  if (negative) term.numerator = -term.numerator;
  if (term.base != SizeTerm::Base::bytes) {
    size.terms.push_back(std::move(term));
    return done();
  }
  for (SizeTerm& other : size.terms) {
    if (other.base != SizeTerm::Base::bytes) continue;
    const std::int64_t max = std::numeric_limits<std::int64_t>::max();
    if (term.numerator > 0 ? other.numerator > max - term.numerator
                           : other.numerator < -max - term.numerator) {
      return Error{"the sum is more than 9223372036854775807 bytes", ""};
    }
    other.numerator += term.numerator;
    return done();
  }
  size.terms.push_back(std::move(term));
  return done();
}

struct DurationUnit {
  std::string_view name;
  std::uint64_t milliseconds;
};
constexpr std::array<DurationUnit, 5> kDurationUnits{
    {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Size Size::of_bytes(std::uint64_t bytes) {
  Size size;
  const auto term = [](std::uint64_t value) {
    SizeTerm out;
    out.numerator = static_cast<std::int64_t>(value);
    return out;
  };
  if (bytes > kMaxLiteral) {  // a numerator is signed: two terms carry the upper half
    size.terms = {term(kMaxLiteral), term(bytes - kMaxLiteral - (bytes == 2 * kMaxLiteral + 1))};
    if (bytes == 2 * kMaxLiteral + 1) size.terms.push_back(term(1));
  } else {
    size.terms = {term(bytes)};
  }
  size.text = std::to_string(bytes) + " B";
  return size;
}

bool Size::is_literal() const {
  for (const SizeTerm& term : terms) {
    if (term.base != SizeTerm::Base::bytes) return false;
  }
  return true;
}

std::uint64_t literal_bytes(const Size& size) {
  if (!size.is_literal()) return 0;
  std::uint64_t sum = 0;  // wraps and comes back where a term is negative
  for (const SizeTerm& term : size.terms) sum += static_cast<std::uint64_t>(term.numerator);
  return sum;
}

const std::vector<std::string>& size_fact_names() {
  static const std::vector<std::string> names{
      "mem_total",    "mem_available", "mem_free",     "swap_total",     "swap_free",
      "commit_limit", "committed_as",  "cgroup_limit", "cgroup_usage",   "cgroup_swap_limit",
      "user_reserve", "admin_reserve", "page_size",    "huge_page_size", "hugetlb_page_size",
      "hugetlb",      "node_memory"};
  return names;
}

Result<Size> parse_size(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Error{"the size is empty", "write for instance 64 MiB"};
  if (text.size() > kMaxText) return Error{"the size is longer than 256 characters", ""};
  if (text.front() == '-') return Error{"size " + in_quotes(text) + " is negative", ""};
  Size size;
  size.text = std::string(text);
  Cursor cursor(text);
  bool negative = false;
  for (std::size_t count = 1;; ++count) {
    if (count > kMaxTerms) return Error{"the size has more than 16 terms", ""};
    cursor.skip_spaces();
    auto term = read_term(cursor);
    if (!term.ok()) return term.error();
    if (auto added = add_term(size, std::move(*term), negative); !added.ok()) return added.error();
    cursor.skip_spaces();
    if (cursor.done()) break;
    negative = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) {
      return Error{
          "unexpected " + in_quotes(std::string(1, cursor.peek())) + " in size " + in_quotes(text),
          "terms are joined by + or -"};
    }
  }
  if (size.is_literal() && size.terms.front().numerator < 0) {
    return Error{"size " + in_quotes(text) + " is negative", ""};
  }
  return size;
}

std::string format_bytes(std::uint64_t bytes) {
  // Small sizes stay exact.
  if (bytes < 10 * kKiB) return std::to_string(bytes) + " B";
  constexpr std::array<Unit, 6> kBinary{{{"KiB", kKiB},
                                         {"MiB", kMiB},
                                         {"GiB", kGiB},
                                         {"TiB", kTiB},
                                         {"PiB", kPiB},
                                         {"EiB", 1024 * kPiB}}};
  for (std::size_t i = 0;; ++i) {
    const std::uint64_t unit = kBinary[i].bytes;
    std::uint64_t whole = bytes / unit;
    std::uint64_t tenths = ((bytes % unit) * 10 + unit / 2) / unit;
    if (tenths == 10) {
      tenths = 0;
      ++whole;
    }
    if (whole >= 1024 && i + 1 < kBinary.size()) continue;
    return std::to_string(whole) + (tenths != 0 ? "." + std::to_string(tenths) : std::string()) +
           " " + std::string(kBinary[i].name);
  }
}

Result<std::uint64_t> parse_duration_ms(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Error{"the duration is empty", "write for instance 30s"};
  if (text.size() > kMaxText) return Error{"the duration is longer than 256 characters", ""};
  Cursor cursor(text);
  std::uint64_t sum = 0;
  std::uint64_t last_unit = std::numeric_limits<std::uint64_t>::max();
  while (!cursor.done()) {
    const std::size_t begin = cursor.at();
    if (!is_digit(cursor.peek())) {
      return Error{in_quotes(text) + " is not a duration",
                   "write for instance 250ms, 30s or 1h30m"};
    }
    const auto number = read_decimal(cursor);
    if (!number.ok()) return number.error();
    const std::string digits(cursor.slice(begin));
    cursor.skip_spaces();
    const std::string_view name = cursor.take_while(is_letter);
    if (name.empty()) {
      return Error{"duration " + in_quotes(text) + " has no unit",
                   "write " + digits + "s (seconds) or " + digits + "ms (milliseconds)"};
    }
    const DurationUnit* unit = nullptr;
    for (const DurationUnit& known : kDurationUnits) {
      if (known.name == name) unit = &known;
    }
    if (unit == nullptr) {
      return Error{"unknown unit " + in_quotes(name) + " in duration " + in_quotes(text),
                   "write ms, s, m, h or d"};
    }
    if (unit->milliseconds >= last_unit) {
      return Error{"duration " + in_quotes(text) + " repeats or mixes its units",
                   "write the largest first, each once: 1h30m"};
    }
    last_unit = unit->milliseconds;
    const auto part = scale(*number, unit->milliseconds, cursor.slice(begin), "milliseconds");
    if (!part.ok()) return part.error();
    if (*part > kMaxLiteral - sum) return Error{"duration " + in_quotes(text) + " is too long", ""};
    sum += *part;
    cursor.skip_spaces();
  }
  return sum;
}

std::string format_duration_ms(std::uint64_t milliseconds) {
  if (milliseconds < 1000) return std::to_string(milliseconds) + "ms";
  std::string out;
  std::uint64_t rest = milliseconds;
  for (const DurationUnit& unit : kDurationUnits) {
    if (unit.name == "s") break;
    if (rest >= unit.milliseconds) {
      out += std::to_string(rest / unit.milliseconds) + std::string(unit.name);
      rest %= unit.milliseconds;
    }
  }
  if (rest == 0) return out;
  out += std::to_string(rest / 1000);
  if (rest % 1000 != 0) {
    std::string decimals = std::to_string(1000 + rest % 1000).substr(1);
    while (decimals.back() == '0') decimals.pop_back();
    out += "." + decimals;
  }
  return out + "s";
}

}  // namespace memqual
