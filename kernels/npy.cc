// SPDX-License-Identifier: Apache-2.0
#include "kernels/npy.h"

#include <optional>
#include <string_view>
#include <vector>

namespace memqual::kernels {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;
constexpr std::size_t kMostDimensions = 64;  // NumPy's own limit
constexpr std::string_view kHowToSave = "save it again with NumPy: np.save(path, ";

Error refused(const std::string& why, const std::string& hint) {
  return {"this is no .npy file that can be used: " + why, hint};
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

std::optional<Element> element_of(std::string_view type) {
  if (type == "<u1" || type == ">u1" || type == "u1")
    return Element::uint8;  // one byte has no order
  for (const Element element : kElements)
    if (!type.empty() && type == type_word(element)) return element;
  return std::nullopt;
}

// What a header says is shown in messages; it may be anything.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 40)) result += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > 40 ? result + "..." : result;
}

/// The header's dictionary, a small part of Python's syntax.
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : text_(text) {}

  /// Empty, or what is wrong.
  std::string parse() {
    if (!take('{')) return "it does not begin with '{'";
    while (!take('}')) {
      const std::optional<std::string_view> key = quoted();
      if (!key) return "a name in quotes is missing" + here();
      if (!take(':')) return "':' is missing" + here();
      if (std::string trouble = value(*key); !trouble.empty()) return trouble;
      if (!take(',') && !next_is('}')) return "',' or '}' is missing" + here();
    }
    skip_space();
    if (at_ != text_.size()) return "something follows the '}'" + here();
    if (!descr || !fortran_order || !shape) return "it needs 'descr', 'fortran_order' and 'shape'";
    return "";
  }

  std::optional<std::string_view> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::uint64_t>> shape;

 private:
  std::string here() const { return " at character " + std::to_string(at_); }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }
  bool next_is(char c) {
    skip_space();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::optional<std::string_view> quoted() {
    const char quote = next_is('"') ? '"' : '\'';
    if (!take(quote)) return std::nullopt;
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inside;
  }

  std::string value(std::string_view key) {
    if (key == "descr" && !descr) {
      if (next_is('[')) return "'descr' is a list of fields: memqual reads arrays of one type only";
      descr = quoted();
      return descr ? "" : "'descr' is not a text" + here();
    }
    if (key == "fortran_order" && !fortran_order) {
      if (take_word("True"))
        fortran_order = true;
      else if (take_word("False"))
        fortran_order = false;
      return fortran_order ? "" : "'fortran_order' is neither True nor False";
    }
    if (key == "shape" && !shape) return tuple();
    return "'" + shown(key) + "' is not a name of the format, or comes twice";
  }

  std::string tuple() {
    if (!take('(')) return "'shape' is not a tuple" + here();
    std::vector<std::uint64_t> sizes;
    bool comma = true;
    while (!take(')')) {
      if (!comma) return "',' or ')' is missing in 'shape'" + here();
      if (sizes.size() == kMostDimensions) return "'shape' has more than 64 dimensions";
      if (next_is('-')) return "'shape' has a negative size";
      std::uint64_t size = 0;
      if (std::string trouble = number(size); !trouble.empty()) return trouble;
      sizes.push_back(size);
      comma = take(',');
    }
    if (sizes.size() == 1 && !comma) return "'shape' is a number, not a tuple";
    shape = std::move(sizes);
    return "";
  }

  std::string number(std::uint64_t& result) {
    skip_space();
    const std::size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
      if (result > (kMostBytes - digit) / 10) return "'shape' has a size beyond 2^60";
      result = result * 10 + digit;
    }
    if (at_ == begin) return "'shape' has something that is no number" + here();
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return "";
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// False if the product is more than kMostBytes.
bool multiply(std::uint64_t& product, std::uint64_t factor) {
  if (factor != 0 && product > kMostBytes / factor) return false;
  product *= factor;
  return true;
}

// As Python writes it: one number has a comma too.
std::string tuple_text(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t length : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

Error unknown_type(std::string_view type) {
  const std::string little = type.empty() ? "" : "<" + std::string(type.substr(1));
  if (type.starts_with('>') && element_of(little))
    return refused("its elements are '" + std::string(type) + "', big-endian",
                   std::string(kHowToSave) + "a.astype('" + little + "'))");
  return refused("its elements are '" + shown(type) + "'; <f8, <f4, <f2, <i4 and |u1 can be used",
                 type.ends_with("V2") ? "if these are bfloat16, read it as raw data with its shape"
                                      : std::string(kHowToSave) + "a.astype('<f4'))");
}

Result<NpyHeader> from_shape(Element element, const std::vector<std::uint64_t>& shape,
                             std::uint64_t data_offset) {
  NpyHeader header;
  header.element = element;
  header.shape = shape;
  header.data_offset = data_offset;
  header.cols = shape.empty() ? 1 : shape.back();
  header.rows = 1;
  // Without the zeros: an empty array may still have rows of any length.
  std::uint64_t bytes = element_size(element);
  bool fits = true;
  for (const std::uint64_t length : shape)
    if (length != 0) fits = fits && multiply(bytes, length);
  if (!fits)
    return refused("its shape is larger than any file", "the file is damaged: write it again");
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) header.rows *= shape[i];
  return header;
}

Result<NpyHeader> from_dictionary(std::string_view text, std::uint64_t data_offset) {
  Dictionary dictionary(text);
  const std::string trouble = dictionary.parse();
  if (!trouble.empty())
    return refused("its header cannot be read: " + trouble,
                   std::string(kHowToSave) + "a), or read it as raw data with its shape");
  const std::optional<Element> element = element_of(*dictionary.descr);
  if (!element) return unknown_type(*dictionary.descr);
  // One dimension has no order.
  if (*dictionary.fortran_order && dictionary.shape->size() > 1)
    return refused("it is column-major", std::string(kHowToSave) + "np.ascontiguousarray(a))");
  return from_shape(*element, *dictionary.shape, data_offset);
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty() || !text.starts_with(kMagic.substr(0, text.size())))
    return refused(text.empty() ? "it is empty" : "it does not begin as one",
                   "raw data needs its shape and element given");
  const Error cut_off = refused("its header is cut off", "the file is incomplete: write it again");
  if (text.size() < 10) return cut_off;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(bytes[i]); };
  const std::uint64_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    return refused("its format has version " + std::to_string(version) + "." +
                       std::to_string(byte(7)) + ", known are 1.0, 2.0 and 3.0",
                   std::string(kHowToSave) + "a)");
  const std::size_t start = version == 1 ? 10 : 12;
  if (text.size() < start) return cut_off;
  std::uint64_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > kNpyHeaderLimit - start)
    return refused("its header claims " + std::to_string(length) + " bytes",
                   "no array of one type needs more than 64 KiB: the file is damaged");
  if (length > text.size() - start) return cut_off;
  return from_dictionary(text.substr(start, static_cast<std::size_t>(length)), start + length);
}

Result<std::string> make_npy_header(Element element, const std::vector<std::uint64_t>& shape) {
  const std::string_view type = type_word(element);
  if (type.empty())
    return Error{"cannot write bfloat16 as .npy: NumPy has no such type",
                 "convert to float32, or write raw binary"};
  std::string dictionary = "{'descr': '" + std::string(type) +
                           "', 'fortran_order': False, 'shape': " + tuple_text(shape) + ", }";
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
