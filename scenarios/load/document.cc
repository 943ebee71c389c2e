// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/document.h"

#include "scenarios/load/matrix.h"
#include "scenarios/load/select.h"
#include "scenarios/model/host_facts.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxTextLength = 4000;

ShapePtr variables_shape() { return free_map_shape(literal(any_shape()), "variable"); }

void decode_requires(const Node& node, Case& out, DecodeContext& context) {
  // A requirement is about the host alone; a case's own axes are for `when`.
  DecodeContext host_only{context.findings, dummy_lookup({}), nullptr};
  for (const NodePtr& item : node.items) {
    out.requires_.push_back(decode_expression(*item, host_only));
  }
}

void decode_timeout(const Node& node, Case& out, DecodeContext& context) {
  const auto milliseconds = parse_duration_ms(node.text);
  if (!milliseconds.ok()) return;
  if (*milliseconds == 0) context.findings.error(node.mark, "timeout must be more than 0");
  out.timeout_ms = *milliseconds;
  if (context.origins != nullptr) context.origins->emplace_back("timeout", to_origin(node.mark));
}

Table<Case> make_scenario_table() {
  using T = Case;
  return {{
      {"name", literal(name_shape()), Required::always,
       "letters, digits, '_', '.', '-'; unique over all files", nullptr},
      {"summary", text_shape(kMaxTextLength), Required::no, "one line about the claim",
       [](const Node& n, T& out, DecodeContext&) { out.summary = n.text; }},
      {"source", text_shape(kMaxTextLength), Required::no, "the text the claim was taken from",
       [](const Node& n, T& out, DecodeContext&) { out.source = n.text; }},
      {"tags", list_shape(name_shape()), Required::no, "for selection on the command line",
       [](const Node& n, T& out, DecodeContext&) {
         for (const NodePtr& item : n.items) out.tags.push_back(item->text);
       }},
      {"requires", list_shape(expression_shape()), Required::no,
       "what the host must offer, such as sysctl_write or program(python3)", decode_requires},
      {"when", expression_shape(), Required::no, "runs only where this is true, else SKIP",
       [](const Node& n, T& out, DecodeContext& c) { out.when = decode_expression(n, c); }},
      {"extends", literal(name_shape()), Required::no,
       "a template, or a scenario of this file or an included one, to start from", nullptr},
      {"vars", literal(variables_shape()), Required::no, "values for ${name}", nullptr},
      {"matrix", matrix_shape(), Required::no, "one case for each cell", nullptr},
      {"environment", environment_shape(), Required::no, "settings the case runs under",
       [](const Node& n, T& out, DecodeContext& c) { decode_environment(n, out.environment, c); }},
      {"workload", workload_shape(), Required::whole, "the steps, one after the other",
       [](const Node& n, T& out, DecodeContext& c) {
         decode_workload(n, out.workload, c);
         bind_kernels(n, out.workload, c.findings);
         check_workload_names(n, c.findings);
       }},
      {"expect", expect_shape(), Required::whole, "what must be seen; none to assert nothing",
       [](const Node& n, T& out, DecodeContext& c) {
         decode_expect(n, out.expect, c);
         check_expectation(n, out, c.findings);
       }},
      {"timeout", duration_shape(), Required::no, "ends the case; 60s", decode_timeout},
      {"repeat", integer_shape(1, 10000), Required::no, "times to run each case; 1",
       [](const Node& n, T& out, DecodeContext&) {
         out.repeat = static_cast<std::uint32_t>(decode_count(n));
       }},
      {"xfail", xfail_shape(), Required::no, "the case is known to fail",
       [](const Node& n, T& out, DecodeContext& c) { decode_xfail(n, out.xfail.emplace(), c); }},
  }};
}

std::shared_ptr<Shape> scenario_shape_without(const std::vector<std::string>& keys) {
  auto shape = scenario_table().shape();
  shape->later = {"needs", "profile", "retries", "skip"};
  for (const std::string& key : keys) {
    std::erase_if(shape->keys, [&](const KeyShape& k) { return k.key == key; });
  }
  return shape;
}

KeyShape schema_version_key() {
  auto one = std::make_shared<Shape>(*literal(integer_shape(1, 1)));
  one->what = "1, the only version there is";
  return {"schema_version", "version of the scenario format: 1", Required::always, one};
}

KeyShape include_key() {
  return {"include", "files whose templates, vars and defaults are used here; * and ? match names",
          Required::no, list_shape(literal(text_shape(1000)), 1)};
}

ShapePtr single_shape() {
  auto shape = scenario_shape_without({});
  shape->keys.insert(shape->keys.begin(), schema_version_key());
  shape->keys.push_back(include_key());
  shape->part_if = {"extends", "include"};
  return shape;
}

ShapePtr file_shape() {
  auto shape = std::make_shared<Shape>();
  shape->kind = Shape::Kind::map;
  shape->what = "a map";
  const auto part = [](std::string name, const std::vector<std::string>& without) {
    return named_shape(std::move(name), [without] {
      auto map = scenario_shape_without(without);
      map->part = true;
      return ShapePtr(std::move(map));
    });
  };
  const auto scenario = named_shape("scenario", [] {
    auto map = scenario_shape_without({});
    map->part_if = {"extends"};
    return ShapePtr(std::move(map));
  });
  auto scenarios = std::make_shared<Shape>(*list_shape(scenario, 1));
  scenarios->items_inherit = true;
  shape->keys = {
      schema_version_key(),
      include_key(),
      {"vars", "values for ${name} in every scenario of this file", Required::no,
       literal(variables_shape())},
      {"defaults", "what every scenario of this file starts from", Required::no,
       part("defaults", {"name", "extends", "vars"})},
      {"templates", "parts of scenarios, by name, for extends", Required::no,
       free_map_shape(part("template", {"name"}), "template name")},
      {"scenarios", "the scenarios of this file", Required::no, scenarios},
  };
  shape->part_if = {"defaults", "include"};
  shape->at_least_one = {{"scenarios", "templates", "defaults", "vars", "include"}};
  return shape;
}

/// A parameter as an expression sees it: true, false, a number, a size, or a text.
ExprValue dummy_of(const FactField& field) {
  switch (field.unit) {
    case FactUnit::text:
      return std::string();
    case FactUnit::boolean:
      return true;
    default:
      return 1.0;
  }
}

}  // namespace

const Table<Case>& scenario_table() {
  static const Table<Case> table = make_scenario_table();
  return table;
}

const DocumentShapes& document_shapes() {
  static const DocumentShapes shapes{single_shape(),
                                     file_shape(),
                                     {"name", "workload", "expect", "extends"},
                                     {"scenarios", "templates", "defaults"}};
  return shapes;
}

bool is_single(const Node& root) {
  const auto has = [&](const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      if (root.find_entry(key) != nullptr) return true;
    }
    return false;
  };
  return has(document_shapes().single_keys) && !has(document_shapes().list_keys);
}

const Shape& whole_scenario_shape() {
  static const ShapePtr shape = scenario_shape_without({});
  return *shape;
}

ExprLookup dummy_lookup(const std::vector<Parameter>& parameters) {
  ExprLookup lookup;
  lookup.name = [parameters](const std::string& name, ExprValue& out) {
    for (const Parameter& parameter : parameters) {
      if (parameter.name != name) continue;
      out = parameter_value(parameter.value);
      return true;
    }
    const FactField* field = find_fact(name);
    if (field == nullptr) return false;
    out = dummy_of(*field);
    return true;
  };
  lookup.call = [](const std::string& function, const std::string&, ExprValue& out) {
    out = true;
    return function == "program" || function == "python_module";
  };
  return lookup;
}

std::string scenario_schema() {
  return write_schema(document_shapes(), "urn:memqual:schema:scenario-1",
                      "memqual scenario file, version 1");
}

}  // namespace memqual
