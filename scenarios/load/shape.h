// SPDX-License-Identifier: Apache-2.0
// What a value in a scenario file must look like. Two functions read a Shape: check() says what is
// wrong with a node, write_schema() says the same as JSON Schema. Nothing else knows the format
// twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/load/node.h"
#include "scenarios/model/environment.h"

namespace memqual {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

/// When a key must be there. `whole`: in a whole map; a part (template, defaults, something that
/// extends) may leave it to others.
enum class Required { no, whole, always };

struct KeyShape {
  std::string key;
  std::string doc;
  Required required = Required::no;
  ShapePtr shape;
};

struct Shape {
  enum class Kind {
    any,       ///< anything at all
    text,      ///< a scalar that is not null; numbers and booleans are read as they are written
    string,    ///< a text that is not a number or boolean (sizes, durations)
    word,      ///< one of `words`
    boolean,   ///< true or false
    integer,   ///< min..max
    fraction,  ///< 0 < number <= 1
    number,    ///< any finite number
    list,      ///< of `item`, at least `min_items`
    map,       ///< with `keys`
    free_map,  ///< any key that `key_check` accepts, each with an `item`
    any_of,    ///< one of `alternatives`
    named,     ///< `target()`, a definition of its own in the schema; may refer to itself
  };
  Kind kind = Kind::any;
  std::string what;     ///< "a size such as 64 MiB": for "must be ..."
  std::string pattern;  ///< of text and string, ECMA and Python; for the schema
  std::function<std::optional<Error>(const std::string&)> check_text;  ///< the same, with reasons
  std::size_t max_length = 0;  ///< characters of a text; 0 = any
  std::vector<std::string> words;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::size_t min_items = 0;
  ShapePtr item;
  std::vector<KeyShape> keys;
  std::vector<std::string> later;  ///< keys of later versions: "not available yet"
  std::vector<std::vector<std::string>> exactly_one;   ///< of these keys
  std::vector<std::vector<std::string>> at_least_one;  ///< of these keys
  std::string at_least_one_hint;
  /// A map with any of these keys is a part: the rest may come from elsewhere.
  std::vector<std::string> part_if;
  bool part = false;           ///< a map that is always a part
  bool items_inherit = false;  ///< entries of this list are parts where the list is in a part
  std::vector<ShapePtr> alternatives;
  std::string name;  ///< of a definition
  std::function<ShapePtr()> target;
  bool or_default = false;  ///< `default` and null mean "as the host has it"
  bool references = true;   ///< "${name}" may stand here
};

ShapePtr any_shape();
ShapePtr text_shape(std::size_t max_length = 0);
/// [A-Za-z0-9_.-]+, not starting with '.' or '-', without "..": safe as a file name.
ShapePtr name_shape(std::size_t max_length = 100);
/// A text with a rule of its own.
ShapePtr rule_shape(std::string what, std::string pattern,
                    std::function<std::optional<Error>(const std::string&)> check);
ShapePtr size_shape();
/// A size that may follow `own_use +`.
ShapePtr limit_shape(RlimitResource resource);
ShapePtr duration_shape();
ShapePtr expression_shape();
ShapePtr word_shape(std::vector<std::string> words);
ShapePtr boolean_shape();
ShapePtr integer_shape(std::int64_t min, std::int64_t max);
ShapePtr fraction_shape();
ShapePtr number_shape();
ShapePtr list_shape(ShapePtr item, std::size_t min_items = 0);
/// [A-Za-z_][A-Za-z0-9_]* keys.
ShapePtr free_map_shape(ShapePtr item, std::string key_what);
ShapePtr any_of_shape(std::vector<ShapePtr> alternatives);
ShapePtr named_shape(std::string name, std::function<ShapePtr()> target);
/// A copy that accepts `default` and null too.
ShapePtr or_default(const ShapePtr& shape);
/// A copy in which "${name}" may not stand.
ShapePtr literal(const ShapePtr& shape);

/// [A-Za-z_][A-Za-z0-9_]*: axis names, variables, environment variables.
bool is_identifier(const std::string& text);
/// `default` or null.
bool is_default(const Node& node);

/// Everything in `node` that is not as `shape` says. `label` names the value in messages ("ratio").
void check(const Shape& shape, const Node& node, const std::string& label, Findings& findings);

/// The error for a key that is not there.
void missing_key(const Node& node, const KeyShape& key, const std::string& label,
                 Findings& findings);

/// JSON Schema (draft-07) of a document that is a `single` where it has one of `single_keys` and
/// none of `list_keys`, and a `list` otherwise.
struct DocumentShapes {
  ShapePtr single;
  ShapePtr list;
  std::vector<std::string> single_keys;
  std::vector<std::string> list_keys;
};
std::string write_schema(const DocumentShapes& shapes, const std::string& id,
                         const std::string& title);
/// The same of a document that is always of one shape, a map.
std::string write_schema(const Shape& shape, const std::string& id, const std::string& title);

}  // namespace memqual
