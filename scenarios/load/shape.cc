// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/shape.h"

#include <algorithm>

#include "scenarios/model/bytes.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/rlimit.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

std::shared_ptr<Shape> make(Shape::Kind kind, std::string what) {
  auto shape = std::make_shared<Shape>();
  shape->kind = kind;
  shape->what = std::move(what);
  return shape;
}

/// The units and facts of parse_size as a regular expression.
std::string size_sum_pattern() {
  std::string facts;
  for (const std::string& fact : size_fact_names()) facts += (facts.empty() ? "" : "|") + fact;
  const std::string term =
      "([0-9]+(\\.[0-9]+)?[ \\t]*(B|[KMGTP]iB?|[kMGTP]B|pages?|%[ \\t]*of[ \\t]+(" + facts + "))|" +
      facts + ")";
  return term + "([ \\t]*[+-][ \\t]*" + term + ")*";
}

std::string size_pattern() { return "^[ \\t]*" + size_sum_pattern() + "[ \\t]*$"; }

std::string limit_pattern() {
  const std::string sum = size_sum_pattern();
  return "^[ \\t]*(" + sum + "|own_use([ \\t]*[+][ \\t]*" + sum + ")?)[ \\t]*$";
}

std::string duration_pattern() {
  std::string pattern = "^(?=.*[0-9])[ \\t]*";
  for (const char* unit : {"d", "h", "m", "s", "ms"}) {
    pattern += std::string("([0-9]+(\\.[0-9]+)?[ \\t]*") + unit + "[ \\t]*)?";
  }
  return pattern + "$";
}

std::optional<Error> check_name(const std::string& text) {
  const Error rule{"",
                   "write letters, digits, '_', '.' and '-', starting with a letter, digit or '_'"};
  const auto bad = [](char c) {
    return !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '.' || c == '-');
  };
  if (text.empty()) return Error{"is empty", rule.hint};
  const auto at = std::find_if(text.begin(), text.end(), bad);
  if (at != text.end()) {
    // A whole character, not a byte of it.
    const auto end = std::find_if(at + 1, text.end(), [](char c) { return (c & 0xc0) != 0x80; });
    return Error{"contains " + in_quotes(std::string(at, end)), rule.hint};
  }
  if (text.front() == '.' || text.front() == '-') {
    return Error{"starts with " + in_quotes(text.substr(0, 1)), rule.hint};
  }
  if (text.find("..") != text.npos) return Error{"contains \"..\"", rule.hint};
  return std::nullopt;
}

template <class Parse>
std::function<std::optional<Error>(const std::string&)> parsed_by(Parse parse) {
  return [parse](const std::string& text) -> std::optional<Error> {
    auto result = parse(text);
    if (result.ok()) return std::nullopt;
    return result.error();
  };
}

}  // namespace

ShapePtr any_shape() { return make(Shape::Kind::any, "anything"); }

ShapePtr text_shape(std::size_t max_length) {
  auto shape = make(Shape::Kind::text, "a text");
  shape->max_length = max_length;
  return shape;
}

ShapePtr name_shape(std::size_t max_length) {
  auto shape = make(Shape::Kind::text, "a name");
  shape->max_length = max_length;
  shape->pattern = "^(?!.*\\.\\.)[A-Za-z0-9_][A-Za-z0-9_.-]*$";
  shape->check_text = check_name;
  return shape;
}

ShapePtr rule_shape(std::string what, std::string pattern,
                    std::function<std::optional<Error>(const std::string&)> check_rule) {
  auto shape = make(Shape::Kind::text, std::move(what));
  shape->pattern = std::move(pattern);
  shape->check_text = std::move(check_rule);
  return shape;
}

ShapePtr size_shape() {
  static const ShapePtr size = [] {
    auto shape = make(Shape::Kind::string, "a size such as 64 MiB or 50% of mem_total");
    shape->pattern = size_pattern();
    shape->check_text = parsed_by([](const std::string& text) { return parse_size(text); });
    shape->name = "size";
    return shape;
  }();
  return size;
}

ShapePtr limit_shape(RlimitResource resource) {
  auto shape = make(Shape::Kind::string, "a size such as 64 MiB, or own_use + 64 MiB");
  shape->pattern = limit_pattern();
  shape->check_text =
      parsed_by([resource](const std::string& text) { return parse_rlimit(resource, text); });
  shape->name = "limit";
  return shape;
}

ShapePtr duration_shape() {
  static const ShapePtr duration = [] {
    auto shape = make(Shape::Kind::string, "a duration such as 250ms, 30s or 1h30m");
    shape->pattern = duration_pattern();
    shape->check_text = parsed_by([](const std::string& text) { return parse_duration_ms(text); });
    return shape;
  }();
  return duration;
}

ShapePtr expression_shape() {
  static const ShapePtr expression = [] {
    auto shape = make(Shape::Kind::text, "an expression such as mem_total >= 64 GiB");
    shape->check_text = parsed_by([](const std::string& text) { return parse_expression(text); });
    return shape;
  }();
  return expression;
}

ShapePtr word_shape(std::vector<std::string> words) {
  auto shape = make(Shape::Kind::word, join_or(words));
  shape->words = std::move(words);
  return shape;
}

ShapePtr boolean_shape() { return make(Shape::Kind::boolean, "true or false"); }

ShapePtr integer_shape(std::int64_t min, std::int64_t max) {
  const bool open = max == INT64_MAX;
  auto shape =
      make(Shape::Kind::integer,
           open ? "a whole number of " + std::to_string(min) + " or more"
                : "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  shape->min = min;
  shape->max = max;
  return shape;
}

ShapePtr fraction_shape() { return make(Shape::Kind::fraction, "a number above 0 and at most 1"); }

ShapePtr number_shape() { return make(Shape::Kind::number, "a number"); }

ShapePtr list_shape(ShapePtr item, std::size_t min_items) {
  auto shape = make(Shape::Kind::list, "a list");
  shape->item = std::move(item);
  shape->min_items = min_items;
  return shape;
}

ShapePtr free_map_shape(ShapePtr item, std::string key_what) {
  auto shape = make(Shape::Kind::free_map, "a map");
  shape->item = std::move(item);
  shape->name = std::move(key_what);
  return shape;
}

ShapePtr any_of_shape(std::vector<ShapePtr> alternatives) {
  std::vector<std::string> whats;
  for (const ShapePtr& alternative : alternatives) {
    if (std::find(whats.begin(), whats.end(), alternative->what) == whats.end()) {
      whats.push_back(alternative->what);
    }
  }
  auto shape = make(Shape::Kind::any_of, join_or(whats));
  shape->alternatives = std::move(alternatives);
  return shape;
}

ShapePtr named_shape(std::string name, std::function<ShapePtr()> target) {
  auto shape = make(Shape::Kind::named, "a map");
  shape->name = std::move(name);
  shape->target = std::move(target);
  return shape;
}

ShapePtr or_default(const ShapePtr& shape) {
  auto copy = std::make_shared<Shape>(*shape);
  copy->or_default = true;
  copy->what += " (or default)";
  return copy;
}

ShapePtr literal(const ShapePtr& shape) {
  auto copy = std::make_shared<Shape>(*shape);
  copy->references = false;
  return copy;
}

bool is_identifier(const std::string& text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_default(const Node& node) {
  return node.is_null() || (node.is_scalar() && node.text == "default");
}

}  // namespace memqual
