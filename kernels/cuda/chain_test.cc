// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/chain.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "kernels/testing.h"

namespace memqual::kernels::cuda {
namespace {

using kernels::testing::require_ok;

const Kernels& some_kernels() {
  static const Kernels kernels(supported_targets().front());
  return kernels;
}

BOOST_AUTO_TEST_SUITE(cuda_chain)

BOOST_AUTO_TEST_CASE(steps_follow_the_element_through_conversions) {
  const auto chain =
      make_chain(some_kernels(), Element::float32,
                 {SqrtStep{}, ConvertStep{Element::float16}, ScaleOffsetStep{2, 3}, SqrtStep{}});
  require_ok(chain);
  BOOST_TEST(chain->count == 4U);
  BOOST_TEST((chain->steps[0].to == Element::float32));
  BOOST_TEST((chain->steps[1].kind == StepKind::convert));
  BOOST_TEST((chain->steps[2].to == Element::float16));
  BOOST_TEST(chain->steps[2].a == 2);
  BOOST_TEST(chain->steps[2].b == 3);
  BOOST_TEST((chain->result == Element::float16));
}

BOOST_AUTO_TEST_CASE(no_steps_leave_the_elements_as_they_are) {
  const auto chain = make_chain(some_kernels(), Element::uint8, {});
  require_ok(chain);
  BOOST_TEST(chain->count == 0U);
  BOOST_TEST((chain->result == Element::uint8));
}

BOOST_AUTO_TEST_CASE(what_has_no_meaning_is_refused_in_the_words_of_the_processor) {
  struct Case {
    Element from;
    std::vector<Step> steps;
    const char* message;
  };
  const Case cases[] = {
      {Element::int32, {SqrtStep{}}, "sqrt is not defined for int32"},
      {Element::uint8, {ScaleOffsetStep{}}, "a*x + b is not defined for uint8"},
      {Element::int32,
       {ScaleOffsetStep{0.5, 0}},
       "cannot compute a*x + b in int32: a or b is no int32"},
      {Element::float64, {ConvertStep{Element::float16}}, "cannot convert float64 to float16"},
      {Element::float32,
       {NeighbourhoodStep{Neighbourhood{}, Edge{}}},
       "a step that looks at neighbours does not run on the device"},
      {Element::float32, std::vector<Step>(kMostSteps + 1, SqrtStep{}),
       "a chain of 17 steps does not run on the device"},
  };
  for (const Case& c : cases) {
    const auto chain = make_chain(some_kernels(), c.from, c.steps);
    BOOST_REQUIRE_MESSAGE(!chain.ok(), c.message);
    BOOST_TEST(chain.error().message == c.message);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::kernels::cuda
