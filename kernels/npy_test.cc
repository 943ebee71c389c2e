// SPDX-License-Identifier: Apache-2.0
#include "kernels/npy.h"

#include <boost/test/unit_test.hpp>
#include <span>
#include <string>
#include <vector>

using namespace memqual::kernels;

namespace {

Result<NpyHeader> parse(const std::string& text) {
  return parse_npy_header({reinterpret_cast<const std::byte*>(text.data()), text.size()});
}

std::string file_of(const std::string& dictionary, char version = 1) {
  std::string text = "\x93NUMPY";
  text += version;
  text += '\0';
  text += static_cast<char>(dictionary.size() & 0xFF);
  text += static_cast<char>(dictionary.size() >> 8);
  if (version > 1) text += std::string(2, '\0');
  return text + dictionary;
}

std::string dictionary(const std::string& type, const std::string& shape,
                       const std::string& order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(npy)

BOOST_AUTO_TEST_CASE(reads_what_numpy_writes) {
  struct Row {
    std::string type, shape;
    Element element;
    std::uint64_t rows, cols;
  };
  const Row rows[] = {
      {"<f8", "(3, 4)", Element::float64, 3, 4},   {"<f4", "(5,)", Element::float32, 1, 5},
      {"<f2", "()", Element::float16, 1, 1},       {"<i4", "(2, 3, 4)", Element::int32, 6, 4},
      {"|u1", "(0, 7)", Element::uint8, 0, 7},     {"<f8", "(3L, 4L)", Element::float64, 3, 4},
      {"<f8", "(9,  1 )", Element::float64, 9, 1},
  };
  for (const Row& row : rows) {
    for (const char version : {'\1', '\2', '\3'}) {
      const std::string text = file_of(dictionary(row.type, row.shape), version);
      const Result<NpyHeader> header = parse(text + "data");
      BOOST_REQUIRE_MESSAGE(header.ok(), row.shape);
      BOOST_TEST((header->element == row.element));
      BOOST_TEST(header->rows == row.rows);
      BOOST_TEST(header->cols == row.cols);
      BOOST_TEST(header->data_offset == text.size());
    }
  }
  BOOST_TEST(parse(file_of(dictionary("<f8", "(5,)", "True"))).ok());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_refused_with_the_reason) {
  struct Row {
    std::string text, reason;
  };
  const Row rows[] = {
      {"", "it is empty"},
      {"\x93NUMPY", "cut off"},
      {"PK\x03\x04 and more bytes", "does not begin as one"},
      {file_of("", 4), "version 4.0"},
      {file_of("", 2).substr(0, 11), "cut off"},
      {file_of(dictionary("<f8", "(3, 4)")).substr(0, 40), "cut off"},
      {std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12), "claims 4294967295 bytes"},
      {file_of(dictionary(">f8", "(3,)")), "'>f8', big-endian"},
      {file_of(dictionary("<c16", "(3,)")), "its elements are '<c16'"},
      {file_of(dictionary("|V2", "(3,)")), "its elements are '|V2'"},
      {file_of(dictionary("", "(3,)")), "its elements are ''"},
      {file_of("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}"), "fields"},
      {file_of(dictionary("<f8", "(3, 4)", "True")), "column-major"},
  };
  for (const Row& row : rows) {
    const Result<NpyHeader> header = parse(row.text);
    BOOST_REQUIRE_MESSAGE(!header.ok(), row.reason);
    BOOST_TEST(header.error().message.find(row.reason) != std::string::npos,
               header.error().message << " instead of " << row.reason);
    BOOST_TEST(!header.error().hint.empty());
  }
}

BOOST_AUTO_TEST_CASE(hostile_headers_are_refused) {
  std::string many = "(";
  for (int i = 0; i < 100; ++i) many += "1,";
  struct Row {
    std::string dictionary, reason;
  };
  const Row rows[] = {
      {"", "does not begin with '{'"},
      {std::string(60000, '('), "does not begin with '{'"},
      {"{", "a name in quotes is missing"},
      {"{}", "it needs 'descr'"},
      {"{'descr': '<f8', 'fortran_order': False}", "it needs 'descr'"},
      {"{'descr': '<f8", "'descr' is not a text"},
      {"{'descr' '<f8'}", "':' is missing"},
      {"{'descr': '<f8' 'shape': ()}", "',' or '}' is missing"},
      {"{'descr': '<f8', 'descr': '<f4'}", "comes twice"},
      {"{'code': __import__('os')}", "'code' is not a name of the format"},
      {"{'fortran_order': 0}", "neither True nor False"},
      {dictionary("<f8", "(3,)") + "junk", "something follows the '}'"},
      {dictionary("<f8", "3"), "not a tuple"},
      {dictionary("<f8", "(3)"), "a number, not a tuple"},
      {dictionary("<f8", "[3]"), "not a tuple"},
      {dictionary("<f8", "((((3,),),),)"), "no number"},
      {dictionary("<f8", "(,)"), "no number"},
      {dictionary("<f8", "(3 4)"), "',' or ')' is missing in 'shape'"},
      {dictionary("<f8", "(-1, 4)"), "negative"},
      {dictionary("<f8", "(1152921504606846977,)"), "beyond 2^60"},
      {dictionary("<f8", "(99999999999999999999999,)"), "beyond 2^60"},
      {dictionary("<f8", "(4294967296, 4294967296)"), "larger than any file"},
      {dictionary("<f8", "(4294967296, 4294967296, 0)"), "larger than any file"},
      {dictionary("<f8", "(0, 1152921504606846976)"), "larger than any file"},
      {dictionary("<f8", many + ")"), "more than 64 dimensions"},
  };
  for (const Row& row : rows) {
    const Result<NpyHeader> header = parse(file_of(row.dictionary));
    BOOST_REQUIRE_MESSAGE(!header.ok(), row.reason);
    BOOST_TEST(header.error().message.find(row.reason) != std::string::npos,
               header.error().message << " instead of " << row.reason);
  }
}

BOOST_AUTO_TEST_CASE(a_header_cut_at_any_byte_is_refused_and_never_read_beyond) {
  const std::string whole = file_of(dictionary("<f8", "(3, 4)"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<long>(size));
    BOOST_TEST(!parse_npy_header(std::as_bytes(std::span(exact))).ok());
  }
}

BOOST_AUTO_TEST_CASE(headers_written_are_read_back_and_aligned) {
  for (const Element element : kElements) {
    for (const std::uint64_t cols : {0ull, 1ull, 12345ull, 1ull << 40}) {
      const Result<std::string> text = make_npy_header(element, {7, cols});
      if (element == Element::bfloat16) {
        BOOST_TEST(!text.ok());
        continue;
      }
      BOOST_REQUIRE(text.ok());
      BOOST_TEST(text->size() % 64 == 0u);
      const Result<NpyHeader> header = parse(*text);
      BOOST_REQUIRE(header.ok());
      BOOST_TEST((header->element == element));
      BOOST_TEST(header->rows == 7u);
      BOOST_TEST(header->cols == cols);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_shape_of_any_dimensions_is_written_as_python_writes_it) {
  struct Row {
    std::vector<std::uint64_t> shape;
    std::string text;
    std::uint64_t rows, cols;
  };
  const Row rows[] = {{{}, "()", 1, 1}, {{5}, "(5,)", 1, 5}, {{2, 3, 4}, "(2, 3, 4)", 6, 4}};
  for (const Row& row : rows) {
    const Result<std::string> text = make_npy_header(Element::float32, row.shape);
    BOOST_REQUIRE(text.ok());
    BOOST_TEST(text->find("'shape': " + row.text + ",") != std::string::npos, *text);
    const Result<NpyHeader> header = parse(*text);
    BOOST_REQUIRE(header.ok());
    BOOST_TEST(header->shape == row.shape);
    BOOST_TEST(header->rows == row.rows);
    BOOST_TEST(header->cols == row.cols);
  }
}

BOOST_AUTO_TEST_SUITE_END()
