// SPDX-License-Identifier: Apache-2.0
#include "kernels/npy.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace memqual::kernels {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;

Error refused(const std::string& why) {
  return {"this is no .npy file that can be used: " + why, ""};
}

std::string_view type_word(Element element) {
  switch (element) {
    case Element::float64:
      return "<f8";
    case Element::float32:
      return "<f4";
    case Element::float16:
      return "<f2";
    case Element::int32:
      return "<i4";
    case Element::uint8:
      return "|u1";
    case Element::bfloat16:
      return "";
  }
  return "";
}

// The value behind 'key': in a Python dictionary of known keys. Nothing if it is not there.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = quote + std::string(key) + quote;
    const std::size_t at = text.find(quoted);
    if (at == std::string_view::npos) continue;
    std::string_view rest = text.substr(at + quoted.size());
    const std::size_t colon = rest.find_first_not_of(' ');
    if (colon == std::string_view::npos || rest[colon] != ':') return std::nullopt;
    rest.remove_prefix(colon + 1);
    const std::size_t start = rest.find_first_not_of(' ');
    if (start == std::string_view::npos) return std::nullopt;
    return rest.substr(start);
  }
  return std::nullopt;
}

std::optional<Element> element_of(std::string_view value) {
  if (value.empty() || (value[0] != '\'' && value[0] != '"')) return std::nullopt;
  const std::size_t end = value.find(value[0], 1);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view word = value.substr(1, end - 1);
  for (const Element element : kElements)
    if (element != Element::bfloat16 && word == type_word(element)) return element;
  if (word == "<u1" || word == "u1") return Element::uint8;
  return std::nullopt;
}

// "(3, 4)", "(5,)", "()"; Python 2 wrote "3L".
std::optional<std::vector<std::uint64_t>> shape_of(std::string_view value) {
  if (value.empty() || value[0] != '(') return std::nullopt;
  const std::size_t end = value.find(')');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view list = value.substr(1, end - 1);
  std::vector<std::uint64_t> shape;
  while (true) {
    const std::size_t start = list.find_first_not_of(' ');
    if (start == std::string_view::npos) return shape;
    list.remove_prefix(start);
    std::uint64_t length = 0;
    const auto [after, error] = std::from_chars(list.data(), list.data() + list.size(), length);
    if (error != std::errc() || shape.size() == 32) return std::nullopt;
    shape.push_back(length);
    list.remove_prefix(static_cast<std::size_t>(after - list.data()));
    if (!list.empty() && list[0] == 'L') list.remove_prefix(1);
    const std::size_t comma = list.find_first_not_of(' ');
    if (comma == std::string_view::npos) return shape;
    if (list[comma] != ',') return std::nullopt;
    list.remove_prefix(comma + 1);
  }
}

// False if the product is more than kMostBytes.
bool multiply(std::uint64_t& product, std::uint64_t factor) {
  if (factor != 0 && product > kMostBytes / factor) return false;
  product *= factor;
  return true;
}

Result<NpyHeader> from_dictionary(std::string_view text, std::uint64_t data_offset) {
  const auto type = value_of(text, "descr");
  const auto order = value_of(text, "fortran_order");
  const auto shape_text = value_of(text, "shape");
  if (!type || !order || !shape_text)
    return refused("its header lacks descr, fortran_order or shape");
  const std::optional<Element> element = element_of(*type);
  if (!element)
    return refused("its type is " + std::string(type->substr(0, 16)) +
                   "...; <f8, <f4, <f2, <i4 and |u1 can be used");
  const std::optional<std::vector<std::uint64_t>> shape = shape_of(*shape_text);
  if (!shape) return refused("its shape cannot be read");
  if (!order->starts_with("False") && shape->size() > 1)
    return refused("it is column-major: save it with numpy.ascontiguousarray");
  NpyHeader header;
  header.element = *element;
  header.data_offset = data_offset;
  header.cols = shape->empty() ? 1 : shape->back();
  header.rows = 1;
  std::uint64_t bytes = element_size(*element);
  bool fits = true;
  for (std::size_t i = 0; i + 1 < shape->size(); ++i)
    fits = fits && multiply(header.rows, (*shape)[i]);
  // Each alone too: an empty array may still have rows of any length.
  fits = fits && header.rows <= kMostBytes / 8 && header.cols <= kMostBytes / 8;
  fits = fits && multiply(bytes, header.rows) && multiply(bytes, header.cols);
  if (!fits) return refused("its shape is larger than any file");
  return header;
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < 10) return refused("it does not begin as one");
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(bytes[i]); };
  const std::uint64_t version = byte(6);
  if (version < 1 || version > 3)
    return refused("its format has version " + std::to_string(version));
  const std::size_t start = version == 1 ? 10 : 12;
  if (text.size() < start) return refused("its header is cut off");
  std::uint64_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > text.size() - start)
    return refused("its header of " + std::to_string(length) +
                   " bytes is cut off, or longer than " + std::to_string(kNpyHeaderLimit));
  return from_dictionary(text.substr(start, static_cast<std::size_t>(length)), start + length);
}

Result<std::string> make_npy_header(Element element, std::uint64_t rows, std::uint64_t cols,
                                    int dimensions) {
  const std::string_view type = type_word(element);
  if (type.empty())
    return Error{"cannot write bfloat16 as .npy: NumPy has no such type",
                 "convert to float32, or write raw binary"};
  const std::string shape = dimensions == 1
                                ? "(" + std::to_string(cols) + ",)"
                                : "(" + std::to_string(rows) + ", " + std::to_string(cols) + ")";
  std::string dictionary =
      "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': " + shape + ", }";
  constexpr std::size_t kStart = 10;
  dictionary.resize((kStart + dictionary.size() + 1 + 63) / 64 * 64 - kStart - 1, ' ');
  dictionary += '\n';
  std::string header(kMagic);
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(dictionary.size() & 0xFF);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

}  // namespace memqual::kernels
