// SPDX-License-Identifier: Apache-2.0
// The one error idiom of memqual: a value or an Error, never an exception across a file boundary.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace memqual {

/// What went wrong, in words for the person who has to act on it.
struct Error {
  /// What we were doing, on what, and why it failed: "cannot write /proc/sys/...: Permission
  /// denied".
  std::string message;
  /// What the user can do about it; a command where there is one. May be empty.
  std::string hint;

  bool operator==(const Error&) const = default;
};

/// "message (hint)" on one line.
inline std::string to_string(const Error& error) {
  return error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
}

/// A T or an Error. Access the side that ok() names; the other side throws std::bad_variant_access,
/// which is a bug in the caller.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {
  bool operator==(const Nothing&) const = default;
};

/// The result of an action that yields no value: `return done();` or `return Error{...}`.
using Status = Result<Nothing>;
inline Status done() { return Nothing{}; }

}  // namespace memqual
