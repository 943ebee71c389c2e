// SPDX-License-Identifier: Apache-2.0
// Three visitors over the field lists of record_fields.h: Writer, Reader and SchemaMaker. Kinds of
// values are told apart by type, so the lists hold names and meanings only.
#include "scenarios/model/record_codec.h"

#include <cmath>
#include <concepts>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "scenarios/model/record_fields.h"
#include "scenarios/model/record_names.h"

namespace memqual {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxNesting = 64;

using record::DefinitionName;
using record::LastOf;
using record::list_fields;
using record::Need;
using record::Struct;

// ---- kinds of values ----------------------------------------------------------------------------

template <class E>
std::vector<std::string> words() {
  std::vector<std::string> list;
  for (int i = 0; i <= static_cast<int>(LastOf<E>::value); ++i) {
    list.emplace_back(to_word(static_cast<E>(i)));
  }
  return list;
}

template <class T>
struct TypeTag {};

// ---- writing ------------------------------------------------------------------------------------

template <class T>
Json written(const T& value);

/// Absent in the record rather than null: an optional without value, a fact nobody looked for.
template <class T>
bool is_absent(const T&) {
  return false;
}
template <class T>
bool is_absent(const std::optional<T>& value) {
  return !value;
}
template <class T>
bool is_absent(const Fact<T>& fact) {
  return !fact.known() && fact.source.empty();
}

struct Writer {
  Json object = Json::object();
  template <class T>
  void operator()(const char* name, const T& value, const char*, Need = Need::optional) {
    if (!is_absent(value)) object[name] = written(value);
  }
};

template <class T>
Json write_as(TypeTag<T>, const T& value) {
  if constexpr (Struct<T>) {
    Writer writer;
    list_fields(writer, value);
    return std::move(writer.object);
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(to_word(value));
  } else if constexpr (std::same_as<T, double>) {
    return std::isfinite(value) ? Json(value)
                                : Json(std::isnan(value) ? "nan"
                                       : value > 0       ? "inf"
                                                         : "-inf");
  } else {
    return value;
  }
}
template <class T>
Json write_as(TypeTag<std::optional<T>>, const std::optional<T>& value) {
  return written(*value);
}
template <class T>
Json write_as(TypeTag<Fact<T>>, const Fact<T>& fact) {
  Json object = Json::object();
  object["value"] = fact.value ? Json(*fact.value) : Json(nullptr);
  object["source"] = fact.source;
  return object;
}
template <class T>
Json write_as(TypeTag<std::vector<T>>, const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(written(value));
  return array;
}
template <class T>
Json write_as(TypeTag<std::map<std::string, T>>, const std::map<std::string, T>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = written(value);
  return object;
}

template <class T>
Json written(const T& value) {
  return write_as(TypeTag<T>{}, value);
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// ---- reading ------------------------------------------------------------------------------------

/// The first trouble wins: later ones are often its consequences.
struct Trouble {
  std::string text;
  void add(const std::string& pointer, const std::string& what) {
    if (text.empty()) text = (pointer.empty() ? "the document" : pointer) + ": " + what;
  }
};

std::string pointer_token(const std::string& name) {
  std::string token;
  for (const char c : name) token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return token;
}

bool expect_type(const Json& json, bool ok, const char* wanted, const std::string& pointer,
                 Trouble& trouble) {
  if (!ok) trouble.add(pointer, std::string(json.type_name()) + " where " + wanted + " belongs");
  return ok;
}

template <class T>
void read(const Json& json, T& value, const std::string& pointer, Trouble& trouble);

struct Reader {
  const Json& object;
  const std::string& pointer;
  Trouble& trouble;
  template <class T>
  void operator()(const char* name, T& value, const char*, Need need = Need::optional) {
    const auto found = object.find(name);
    if (found == object.end()) {
      if (need == Need::required) trouble.add(pointer, std::string("no field '") + name + "'");
      return;
    }
    read(*found, value, pointer + "/" + name, trouble);
  }
};

template <class E>
void read_word(const Json& json, E& value, const std::string& pointer, Trouble& trouble) {
  if (!expect_type(json, json.is_string(), "a word", pointer, trouble)) return;
  const auto& word = json.get_ref<const std::string&>();
  for (int i = 0; i <= static_cast<int>(LastOf<E>::value); ++i) {
    if (to_word(static_cast<E>(i)) == word) {
      value = static_cast<E>(i);
      return;
    }
  }
  trouble.add(pointer, "unknown word '" + word.substr(0, 40) + "'");
}

template <class T>
void read_integer(const Json& json, T& value, const std::string& pointer, Trouble& trouble) {
  if (!expect_type(json, json.is_number_integer(), "an integer", pointer, trouble)) return;
  const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                              : std::in_range<T>(json.get<std::int64_t>());
  if (!fits) return trouble.add(pointer, "the number is out of range");
  value = json.get<T>();
}

/// JSON has no word for what is not finite.
inline void read_double(const Json& json, double& value, const std::string& pointer,
                        Trouble& trouble) {
  if (json == "nan")
    value = std::numeric_limits<double>::quiet_NaN();
  else if (json == "inf" || json == "-inf")
    value = (json == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
  else if (expect_type(json, json.is_number(), "a number", pointer, trouble))
    value = json.get<double>();
}

template <class T>
void read_as(TypeTag<T>, const Json& json, T& value, const std::string& pointer, Trouble& trouble) {
  if constexpr (Struct<T>) {
    if (!expect_type(json, json.is_object(), "an object", pointer, trouble)) return;
    Reader reader{json, pointer, trouble};
    list_fields(reader, value);
  } else if constexpr (std::is_enum_v<T>) {
    read_word(json, value, pointer, trouble);
  } else if constexpr (std::same_as<T, bool>) {
    if (expect_type(json, json.is_boolean(), "true or false", pointer, trouble)) {
      value = json.get<bool>();
    }
  } else if constexpr (std::same_as<T, std::string>) {
    if (expect_type(json, json.is_string(), "a string", pointer, trouble)) {
      value = json.get<std::string>();
    }
  } else if constexpr (std::same_as<T, double>) {
    read_double(json, value, pointer, trouble);
  } else {
    read_integer(json, value, pointer, trouble);
  }
}
template <class T>
void read_as(TypeTag<std::optional<T>>, const Json& json, std::optional<T>& value,
             const std::string& pointer, Trouble& trouble) {
  value.reset();
  if (!json.is_null()) read(json, value.emplace(), pointer, trouble);
}
template <class T>
void read_as(TypeTag<Fact<T>>, const Json& json, Fact<T>& fact, const std::string& pointer,
             Trouble& trouble) {
  if (!expect_type(json, json.is_object(), "an object", pointer, trouble)) return;
  Reader reader{json, pointer, trouble};
  reader("value", fact.value, "", Need::required);
  reader("source", fact.source, "");
}
template <class T>
void read_as(TypeTag<std::vector<T>>, const Json& json, std::vector<T>& values,
             const std::string& pointer, Trouble& trouble) {
  if (!expect_type(json, json.is_array(), "a list", pointer, trouble)) return;
  values.clear();
  values.reserve(json.size());
  for (std::size_t i = 0; i < json.size() && trouble.text.empty(); ++i) {
    read(json[i], values.emplace_back(), pointer + "/" + std::to_string(i), trouble);
  }
}
template <class T>
void read_as(TypeTag<std::map<std::string, T>>, const Json& json, std::map<std::string, T>& values,
             const std::string& pointer, Trouble& trouble) {
  if (!expect_type(json, json.is_object(), "an object", pointer, trouble)) return;
  values.clear();
  for (const auto& [name, value] : json.items()) {
    read(value, values[name], pointer + "/" + pointer_token(name), trouble);
  }
}

template <class T>
void read(const Json& json, T& value, const std::string& pointer, Trouble& trouble) {
  read_as(TypeTag<T>{}, json, value, pointer, trouble);
}

/// The parser itself needs no stack, but what is kept would be walked recursively by whoever uses
/// it.
bool is_nested_too_deep(std::string_view json) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxNesting) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

Error unreadable(const std::string& why) {
  return {"cannot read the JSON report: " + why,
          "write it again with `memqual run ... --report json=PATH`"};
}

Result<Json> parse_document(std::string_view text) {
  if (is_nested_too_deep(text)) {
    return unreadable("more than " + std::to_string(kMaxNesting) + " levels of nesting");
  }
  Json json;
  try {
    json = Json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::exception& exception) {
    const std::string what = exception.what();
    const std::size_t prefix = what.find("] ");
    return unreadable(prefix == std::string::npos ? what : what.substr(prefix + 2));
  }
  if (!json.is_object()) return unreadable("it is not a JSON object");
  const auto version = json.find("schema_version");
  if (version == json.end()) return unreadable("the document: no field 'schema_version'");
  if (!version->is_number_integer() || *version != RunRecord::kSchemaVersion) {
    return Error{"cannot read the JSON report: /schema_version is " +
                     dumped(*version, -1).substr(0, 40) + ", and this program reads " +
                     std::to_string(RunRecord::kSchemaVersion),
                 "use the memqual that wrote it, or a newer one"};
  }
  return json;
}

template <class T>
Result<T> decode(std::string_view text) {
  const Result<Json> json = parse_document(text);
  if (!json) return json.error();
  T record;
  Trouble trouble;
  read(*json, record, "", trouble);
  if (!trouble.text.empty()) return unreadable(trouble.text);
  return record;
}

template <class T>
std::string encode(const T& record, int indent) {
  Json document = Json::object();
  document["schema_version"] = RunRecord::kSchemaVersion;
  Json fields = written(record);
  for (auto& [name, value] : fields.items()) document[name] = std::move(value);
  return dumped(document, indent);
}

// ---- the schema ---------------------------------------------------------------------------------

template <class T>
Json schema_of(Json& definitions);

struct SchemaMaker {
  Json& definitions;
  Json properties = Json::object();
  Json required = Json::array();
  template <class T>
  void operator()(const char* name, const T&, const char* meaning, Need need = Need::optional) {
    Json schema = schema_of<T>(definitions);
    const bool is_reference = schema.contains("$ref");
    // Draft-07 ignores whatever stands beside a $ref, so a meaning needs an allOf around it.
    if (*meaning != '\0' && is_reference) schema = Json{{"allOf", Json::array({schema})}};
    if (*meaning != '\0') schema["description"] = meaning;
    properties[name] = std::move(schema);
    if (need == Need::required) required.push_back(name);
  }
};

template <class T>
Json object_schema(Json& definitions) {
  SchemaMaker maker{definitions};
  const T sample{};
  list_fields(maker, sample);
  Json schema{{"type", "object"}};
  if (!maker.required.empty()) schema["required"] = maker.required;
  schema["properties"] = maker.properties;
  return schema;
}

template <class T>
Json schema_as(TypeTag<T>, Json& definitions) {
  if constexpr (Struct<T>) {
    const std::string name = DefinitionName<T>::value;
    if (!definitions.contains(name)) {
      definitions[name] = Json::object();  // stops a struct that holds itself
      Json schema = object_schema<T>(definitions);
      definitions[name] = std::move(schema);
    }
    return Json{{"$ref", "#/definitions/" + name}};
  } else if constexpr (std::is_enum_v<T>) {
    return Json{{"type", "string"}, {"enum", words<T>()}};
  } else if constexpr (std::same_as<T, bool>) {
    return Json{{"type", "boolean"}};
  } else if constexpr (std::same_as<T, std::string>) {
    return Json{{"type", "string"}};
  } else if constexpr (std::same_as<T, double>) {
    return Json{{"anyOf", Json::array({Json{{"type", "number"}},
                                       Json{{"enum", Json::array({"nan", "inf", "-inf"})}}})}};
  } else {
    Json schema{{"type", "integer"}};
    if constexpr (std::is_unsigned_v<T>) schema["minimum"] = 0;
    return schema;
  }
}
template <class T>
Json schema_as(TypeTag<std::optional<T>>, Json& definitions) {
  return schema_of<T>(definitions);
}
template <class T>
Json schema_as(TypeTag<Fact<T>>, Json& definitions) {
  Json value = schema_of<T>(definitions);
  value["type"] = Json::array({value["type"], "null"});
  return Json{{"type", "object"},
              {"required", Json::array({"value", "source"})},
              {"properties", {{"value", value}, {"source", {{"type", "string"}}}}}};
}
template <class T>
Json schema_as(TypeTag<std::vector<T>>, Json& definitions) {
  return Json{{"type", "array"}, {"items", schema_of<T>(definitions)}};
}
template <class T>
Json schema_as(TypeTag<std::map<std::string, T>>, Json& definitions) {
  return Json{{"type", "object"}, {"additionalProperties", schema_of<T>(definitions)}};
}

template <class T>
Json schema_of(Json& definitions) {
  return schema_as(TypeTag<T>{}, definitions);
}

}  // namespace

std::string encode_run_record(const RunRecord& record, int indent) {
  return encode(record, indent);
}

std::string encode_case_record(const CaseRecord& record, int indent) {
  return encode(record, indent);
}

std::string encode_host_facts(const HostFacts& facts, int indent) { return encode(facts, indent); }

Result<HostFacts> decode_host_facts(std::string_view json) { return decode<HostFacts>(json); }

std::string encode_attempt(const Attempt& attempt, int indent) { return encode(attempt, indent); }

Result<Attempt> decode_attempt(std::string_view json) { return decode<Attempt>(json); }

Result<RunRecord> decode_run_record(std::string_view json) { return decode<RunRecord>(json); }

Result<CaseRecord> decode_case_record(std::string_view json) { return decode<CaseRecord>(json); }

std::string encode_load_line_table(const LoadLineTable& table, int indent) {
  return encode(table, indent);
}

Result<LoadLineTable> decode_load_line_table(std::string_view json) {
  return decode<LoadLineTable>(json);
}

std::string encode_bandwidth_table(const BandwidthTable& table, int indent) {
  return encode(table, indent);
}

Result<BandwidthTable> decode_bandwidth_table(std::string_view json) {
  return decode<BandwidthTable>(json);
}

namespace {

template <class T>
std::string document_schema(const char* id, const char* title) {
  Json definitions = Json::object();
  const Json document = object_schema<T>(definitions);
  Json properties{{"schema_version", {{"const", RunRecord::kSchemaVersion}}}};
  for (const auto& [name, value] : document["properties"].items()) properties[name] = value;
  Json required = Json::array({"schema_version"});
  for (const Json& name : document["required"]) required.push_back(name);
  Json schema{
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"$id", id},
      {"title", title},
      {"description",
       "Append-only: later 1.x programs may add fields. Quantities of memory are whole bytes "
       "and end in _bytes. A fact is a value and the source it was read from."},
      {"type", "object"}};
  schema["required"] = required;
  schema["properties"] = properties;
  schema["definitions"] = definitions;
  return schema.dump(2) + "\n";
}

}  // namespace

std::string report_schema() {
  return document_schema<RunRecord>("report-1.json", "memqual report, version 1");
}

std::string load_line_schema() {
  return document_schema<LoadLineTable>("loadline-1.json", "memqual load lines, version 1");
}

std::string bandwidth_schema() {
  return document_schema<BandwidthTable>("bandwidth-1.json", "memqual bandwidth, version 1");
}

}  // namespace memqual
