// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/function_length.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace memqual::tidy {
namespace {

// Each body has 5 lines, so a limit of 4 finds it and a limit of 5 does not.
const std::string kFunctions[] = {
    "int f() {\n a;\n b;\n c;\n}\n",
    "namespace n {\nclass C {\n public:\n  int f() const {\n a;\n b;\n c;\n}\n};\n}\n",
    "template <class T>\nT f(T x) {\n if (x) {\n }\n}\n",
    "BOOST_AUTO_TEST_CASE(x) {\n a;\n b;\n c;\n}\n",
    "C::C(int a) : a_{a}, b_{1} {\n a;\n b;\n c;\n}\n",
    "auto f() -> int {\n a;\n b;\n c;\n}\n",
    "bool operator==(const C& c) {\n a;\n b;\n c;\n}\n",
    "int f(int a,\n  int b) {\n b;\n c;\n}\n",
    "void f() noexcept {\n auto g = [] {\n  b;\n };\n}\n",
};

const std::string kNotFunctions[] = {
    "struct S {\n int a;\n int b;\n int c;\n};\n",
    "enum class E {\n a,\n b,\n c,\n};\n",
    "const int kTable[] = {\n 1,\n 2,\n 3,\n};\n",
    "const auto t = make({\n 1,\n 2,\n 3,\n});\n",
    "namespace n {\nint a;\nint b;\nint f() { return 1; }\nint c;\n}\n",
    "int f();\nint g();\nint a;\nint b;\nint h() { return 2; }\n",
    "auto f() {\n return R\"css(\n\n\n)css\";\n}\n",
    "// int f() {\n//\n//\n//\n// }\n",
};

std::size_t found(const std::string& text, std::size_t limit) {
  return check_function_length(parse_source("a.cc", text), limit).size();
}

BOOST_AUTO_TEST_SUITE(function_length)

BOOST_AUTO_TEST_CASE(counts_from_the_signature_to_the_brace) {
  for (const std::string& text : kFunctions) {
    BOOST_TEST(found(text, 4) == 1U, text);
    BOOST_TEST(found(text, 5) == 0U, text);
  }
}

BOOST_AUTO_TEST_CASE(leaves_types_tables_and_comments_alone) {
  for (const std::string& text : kNotFunctions) BOOST_TEST(found(text, 3) == 0U, text);
}

BOOST_AUTO_TEST_CASE(names_the_line_of_the_signature) {
  const auto findings =
      check_function_length(parse_source("a.cc", "int a;\n\nint f() {\n\n}\n"), 2);
  BOOST_REQUIRE(findings.size() == 1U);
  BOOST_TEST(findings[0].line == 3U);
  BOOST_TEST(findings[0].message ==
             "this function has 3 lines, the limit is 2: take out the steps that have a name");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
