// SPDX-License-Identifier: Apache-2.0
// What an array is made of.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace memqual::kernels {

/// float16 is IEEE binary16, bfloat16 the upper half of a float32; both are kept as 16 bits.
enum class Element { float64, float32, float16, bfloat16, int32, uint8 };

inline constexpr std::array<Element, 6> kElements = {Element::float64, Element::float32,
                                                     Element::float16, Element::bfloat16,
                                                     Element::int32,   Element::uint8};

/// Bytes of one element.
constexpr std::size_t element_size(Element element) {
  switch (element) {
    case Element::float64:
      return 8;
    case Element::float32:
    case Element::int32:
      return 4;
    case Element::float16:
    case Element::bfloat16:
      return 2;
    case Element::uint8:
      return 1;
  }
  return 0;
}

constexpr bool is_floating(Element element) {
  return element != Element::int32 && element != Element::uint8;
}

/// NumPy's word: "float64". NumPy itself has no bfloat16.
constexpr std::string_view to_string(Element element) {
  switch (element) {
    case Element::float64:
      return "float64";
    case Element::float32:
      return "float32";
    case Element::float16:
      return "float16";
    case Element::bfloat16:
      return "bfloat16";
    case Element::int32:
      return "int32";
    case Element::uint8:
      return "uint8";
  }
  return "?";
}

constexpr std::optional<Element> element_from(std::string_view word) {
  for (const Element element : kElements)
    if (to_string(element) == word) return element;
  return std::nullopt;
}

}  // namespace memqual::kernels
