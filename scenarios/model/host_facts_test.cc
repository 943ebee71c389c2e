// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/host_facts.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

using namespace memqual;

BOOST_AUTO_TEST_SUITE(host_facts)

BOOST_AUTO_TEST_CASE(every_name_is_unique_lower_case_and_has_a_meaning) {
  std::set<std::string> names;
  for (const FactField& field : fact_table()) {
    BOOST_TEST(names.insert(field.name).second, field.name << " is there twice");
    BOOST_TEST(
        field.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos,
        field.name << " is no name for an expression");
    BOOST_TEST(!field.meaning.empty(), field.name << " has no meaning");
    // JSON adds the suffix; a name that has it already would say it twice.
    BOOST_TEST(!field.name.ends_with("_bytes"), field.name);
  }
}

BOOST_AUTO_TEST_CASE(no_two_rows_share_a_member) {
  // Set one row's member in a fresh value: two rows with the same member show as two known facts.
  for (const FactField& field : fact_table()) {
    HostFacts facts;
    std::visit(
        [&](auto member) {
          auto& fact = facts.*member;
          fact.set(typename std::decay_t<decltype(fact.value)>::value_type{}, "here");
        },
        field.member);
    const auto known =
        std::count_if(fact_table().begin(), fact_table().end(), [&](const FactField& other) {
          return !std::holds_alternative<std::monostate>(fact_value(facts, other));
        });
    BOOST_TEST(known == 1, field.name << " shares its member with another row");
  }
}

BOOST_AUTO_TEST_CASE(the_unit_fits_the_type_of_the_member) {
  for (const FactField& field : fact_table()) {
    const bool number = field.unit == FactUnit::bytes || field.unit == FactUnit::count;
    const std::size_t expected = number ? 0 : field.unit == FactUnit::text ? 1 : 2;
    BOOST_TEST(field.member.index() == expected, field.name);
  }
}

BOOST_AUTO_TEST_CASE(finds_a_fact_by_its_public_name_only) {
  BOOST_REQUIRE(find_fact("mem_total") != nullptr);
  BOOST_TEST((find_fact("mem_total")->unit == FactUnit::bytes));
  BOOST_TEST(find_fact("mem_total_bytes") == nullptr);
  BOOST_TEST(find_fact("") == nullptr);
  BOOST_TEST(find_fact("programs") == nullptr);
}

BOOST_AUTO_TEST_CASE(reads_value_and_source_of_every_type_and_monostate_where_unknown) {
  HostFacts facts;
  facts.mem_total_bytes.set(12345, "/proc/meminfo MemTotal");
  facts.thp.set("madvise", "a file");
  facts.root.set(false, "geteuid");
  BOOST_TEST(std::get<std::uint64_t>(fact_value(facts, *find_fact("mem_total"))) == 12345U);
  BOOST_TEST(fact_source(facts, *find_fact("mem_total")) == "/proc/meminfo MemTotal");
  BOOST_TEST(std::get<std::string>(fact_value(facts, *find_fact("thp"))) == "madvise");
  BOOST_TEST(std::get<bool>(fact_value(facts, *find_fact("root"))) == false);
  BOOST_TEST(std::holds_alternative<std::monostate>(fact_value(facts, *find_fact("swap_total"))));
  BOOST_TEST(fact_source(facts, *find_fact("swap_total")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
