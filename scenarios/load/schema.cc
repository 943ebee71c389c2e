// SPDX-License-Identifier: Apache-2.0
// write_schema(): a Shape as JSON Schema, draft-07 (what editors understand).
#include <map>

#include "scenarios/load/shape.h"

namespace memqual {
namespace {

std::string string_of(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : " ";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// A JSON object under construction; members keep their order.
class Object {
 public:
  Object& raw(const std::string& key, const std::string& json) {
    body_ += (body_.empty() ? "" : ",") + string_of(key) + ":" + json;
    return *this;
  }
  Object& text(const std::string& key, const std::string& value) {
    return raw(key, string_of(value));
  }
  std::string json() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

std::string array_of(const std::vector<std::string>& jsons) {
  std::string out = "[";
  for (const std::string& json : jsons) out += (out.size() > 1 ? "," : "") + json;
  return out + "]";
}

std::string strings_of(const std::vector<std::string>& texts) {
  std::vector<std::string> jsons;
  for (const std::string& text : texts) jsons.push_back(string_of(text));
  return array_of(jsons);
}

std::string required(const std::string& key) {
  return Object().raw("required", strings_of({key})).json();
}

/// Two spaces a level; strings are copied as they are.
std::string indented(const std::string& json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { out += "\n" + std::string(depth * 2, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += json[++i];
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    const bool opens = c == '{' || c == '[';
    if (c == '}' || c == ']') {
      --depth;
      if (out.back() != '{' && out.back() != '[') new_line();
    }
    out += c;
    if (c == ':') out += ' ';
    if (opens) ++depth;
    const bool empty = opens && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
    if ((opens && !empty) || c == ',') new_line();
  }
  return out + "\n";
}

class SchemaWriter {
 public:
  SchemaWriter() {
    define("reference", Object()
                            .text("description", "the value of a matrix axis or of a variable")
                            .text("type", "string")
                            .text("pattern", "\\$\\{")
                            .json());
  }

  std::string value(const Shape& shape) {
    std::vector<std::string> choices{plain(shape)};
    if (shape.or_default) choices.push_back(R"({"enum":["default",null]})");
    if (shape.references && shape.kind != Shape::Kind::any) choices.push_back(ref("reference"));
    return choices.size() == 1 ? choices[0] : Object().raw("anyOf", array_of(choices)).json();
  }

  std::string definitions() const {
    Object all;
    for (const auto& [name, json] : definitions_) all.raw(name, json);
    return all.json();
  }

 private:
  static std::string ref(const std::string& name) {
    return Object().text("$ref", "#/definitions/" + name).json();
  }
  void define(const std::string& name, const std::string& json) { definitions_[name] = json; }

  std::string plain(const Shape& shape) {
    switch (shape.kind) {
      case Shape::Kind::any:
        return "{}";
      case Shape::Kind::text:
        return text(shape, R"(["string","number","boolean"])");
      case Shape::Kind::string:
        return text(shape, R"("string")");
      case Shape::Kind::word:
        return Object().raw("enum", strings_of(shape.words)).json();
      case Shape::Kind::boolean:
        return Object().text("type", "boolean").json();
      case Shape::Kind::integer:
        return integer(shape);
      case Shape::Kind::fraction:
        return R"({"type":"number","exclusiveMinimum":0,"maximum":1})";
      case Shape::Kind::number:
        return R"({"type":"number"})";
      case Shape::Kind::list:
        return list(shape);
      case Shape::Kind::map:
        return map(shape);
      case Shape::Kind::free_map:
        return free_map(shape);
      case Shape::Kind::any_of:
        return any_of(shape);
      case Shape::Kind::named:
        return named(shape);
    }
    return "{}";
  }

  std::string text(const Shape& shape, const std::string& types) {
    if (!shape.name.empty()) {
      const std::string name = shape.name;
      if (definitions_.count(name) == 0) {
        Shape anonymous = shape;
        anonymous.name.clear();
        define(name, text(anonymous, types));
      }
      return ref(name);
    }
    Object out;
    out.raw("type", types);
    // A file that holds a NUL is no scenario; the loader refuses it wherever it stands.
    out.text("pattern", shape.pattern.empty() ? "^[^\\u0000]*$" : shape.pattern);
    if (shape.max_length != 0) out.raw("maxLength", std::to_string(shape.max_length));
    return out.json();
  }

  static std::string integer(const Shape& shape) {
    Object out;
    out.text("type", "integer").raw("minimum", std::to_string(shape.min));
    if (shape.max != INT64_MAX) out.raw("maximum", std::to_string(shape.max));
    return out.json();
  }

  std::string list(const Shape& shape) {
    const bool outer = whole_;
    whole_ = whole_ || !shape.items_inherit;
    Object out;
    out.text("type", "array").raw("items", value(*shape.item));
    if (shape.min_items > 0) out.raw("minItems", std::to_string(shape.min_items));
    whole_ = outer;
    return out.json();
  }

  std::string map(const Shape& shape) {
    if (shape.part || !whole_) return map_in_mode(shape, false);
    if (shape.part_if.empty()) return map_in_mode(shape, true);
    return Object()
        .raw("if", group_of("anyOf", shape.part_if))
        .raw("then", map_in_mode(shape, false))
        .raw("else", map_in_mode(shape, true))
        .json();
  }

  std::string map_in_mode(const Shape& shape, bool whole) {
    const bool outer = whole_;
    whole_ = whole;
    Object properties;
    std::vector<std::string> needed;
    for (const KeyShape& key : shape.keys) {
      // Draft-07 ignores what stands beside $ref; allOf keeps the description.
      Object property;
      property.text("description", key.doc).raw("allOf", array_of({value(*key.shape)}));
      properties.raw(key.key, property.json());
      if (key.required == Required::always || (whole && key.required == Required::whole)) {
        needed.push_back(key.key);
      }
    }
    whole_ = outer;
    Object out;
    out.text("type", "object").raw("properties", properties.json());
    out.raw("patternProperties", R"({"^x_":{}})").raw("additionalProperties", "false");
    if (!needed.empty()) out.raw("required", strings_of(needed));
    std::vector<std::string> groups;
    if (whole) {
      for (const auto& group : shape.exactly_one) groups.push_back(group_of("oneOf", group));
      for (const auto& group : shape.at_least_one) groups.push_back(group_of("anyOf", group));
    }
    if (!groups.empty()) out.raw("allOf", array_of(groups));
    return out.json();
  }

  static std::string group_of(const std::string& combinator, const std::vector<std::string>& keys) {
    std::vector<std::string> choices;
    for (const std::string& key : keys) choices.push_back(required(key));
    return Object().raw(combinator, array_of(choices)).json();
  }

  std::string free_map(const Shape& shape) {
    Object out;
    out.text("type", "object");
    out.raw("propertyNames", R"({"pattern":"^[A-Za-z_][A-Za-z0-9_]*$"})");
    out.raw("additionalProperties", value(*shape.item));
    if (shape.min_items > 0) out.raw("minProperties", std::to_string(shape.min_items));
    return out.json();
  }

  std::string any_of(const Shape& shape) {
    std::vector<std::string> choices;
    for (const ShapePtr& alternative : shape.alternatives) choices.push_back(value(*alternative));
    return Object().raw("anyOf", array_of(choices)).json();
  }

  std::string named(const Shape& shape) {
    const std::string name = shape.name + (whole_ ? "" : "_part");
    if (definitions_.count(name) == 0) {
      define(name, "{}");  // breaks the circle of a shape that holds itself
      define(name, value(*shape.target()));
    }
    return ref(name);
  }

  bool whole_ = true;
  std::map<std::string, std::string> definitions_;
};

}  // namespace

std::string write_schema(const DocumentShapes& shapes, const std::string& id,
                         const std::string& title) {
  SchemaWriter writer;
  const auto any_of_keys = [](const std::vector<std::string>& keys) {
    std::vector<std::string> choices;
    for (const std::string& key : keys) choices.push_back(required(key));
    return Object().raw("anyOf", array_of(choices)).json();
  };
  const std::string is_single =
      Object()
          .raw("allOf", array_of({any_of_keys(shapes.single_keys),
                                  Object().raw("not", any_of_keys(shapes.list_keys)).json()}))
          .json();
  Object out;
  out.text("$schema", "http://json-schema.org/draft-07/schema#")
      .text("$id", id)
      .text("title", title);
  out.text("type", "object").raw("if", is_single);
  out.raw("then", writer.value(*shapes.single)).raw("else", writer.value(*shapes.list));
  out.raw("definitions", writer.definitions());
  return indented(out.json());
}

std::string write_schema(const Shape& shape, const std::string& id, const std::string& title) {
  SchemaWriter writer;
  Object out;
  out.text("$schema", "http://json-schema.org/draft-07/schema#")
      .text("$id", id)
      .text("title", title);
  // Draft-07 ignores what stands beside $ref; allOf keeps it.
  out.raw("allOf", array_of({writer.value(shape)}));
  out.raw("definitions", writer.definitions());
  return indented(out.json());
}

}  // namespace memqual
