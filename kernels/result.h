// SPDX-License-Identifier: Apache-2.0
// The errors of this library: a value or an Error, never an exception across a file boundary. The
// library is a leaf, so it has its own pair; the words mean the same as elsewhere in memqual.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace memqual::kernels {

struct Error {
  std::string message;   ///< what we were doing, on what, and why it failed
  std::string hint;      ///< what the caller can do about it; may be empty
  int system_error = 0;  ///< errno, where the system refused; else 0
  bool operator==(const Error&) const = default;
};

/// A T or an Error. Access the side that ok() names; the other side is a bug in the caller.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

struct Nothing {};

/// The result of an action that yields no value: `return done();` or `return Error{...}`.
using Status = Result<Nothing>;
inline Status done() { return Nothing{}; }

}  // namespace memqual::kernels
