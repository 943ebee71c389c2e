// SPDX-License-Identifier: Apache-2.0
// A scenario file as a tree of our own, with the place of everything in it. Nodes never change and
// are shared: an alias, a default or a template is the same node in many trees.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/load/load.h"

namespace memqual {

/// A place in a file. The file's name is shared by all nodes of the file.
struct Mark {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};
Origin to_origin(const Mark& mark);

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  Mark mark;  ///< of the key
  NodePtr value;
};

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;         ///< a scalar in quotes or a block scalar: always a text
  bool has_reference = false;  ///< "${" somewhere inside
  Mark mark;
  std::string text;  ///< of a scalar; of a null as written
  std::vector<NodePtr> items;
  std::vector<Entry> entries;
  std::uint64_t nodes = 1;  ///< of the whole tree, shared parts counted each time; saturates
  std::uint64_t bytes = 0;  ///< text of the whole tree, likewise

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  /// The value of a key of a map, nullptr where there is none or this is no map.
  const Node* find(std::string_view key) const;
  NodePtr find_shared(std::string_view key) const;
  const Entry* find_entry(std::string_view key) const;
};

NodePtr make_scalar(Mark mark, std::string text, bool quoted);
NodePtr make_null(Mark mark, std::string text = "");
NodePtr make_list(Mark mark, std::vector<NodePtr> items);
NodePtr make_map(Mark mark, std::vector<Entry> entries);

/// True, false, or neither, as YAML 1.2 reads a plain scalar.
bool is_true(const Node& node);
bool is_false(const Node& node);
/// A plain decimal, 0x or 0o integer in the range of int64; leading zeros are none.
bool read_integer(const Node& node, std::int64_t& value);
/// A plain integer or decimal number.
bool read_number(const Node& node, double& value);
/// A plain scalar that looks like a number, in range or not.
bool looks_like_number(const Node& node);

/// "a map", "a list", "nothing", "the number 5", "the text \"x\"": for "must be ..., not ...".
std::string describe(const Node& node);

/// `over` laid on `base`: maps are merged key by key, everything else is replaced. Either may be
/// null.
NodePtr deep_merge(const NodePtr& base, const NodePtr& over);
/// A copy of a map without some keys.
NodePtr without_keys(const NodePtr& map, const std::vector<std::string>& keys);

/// Collects findings, each once.
class Findings {
 public:
  void error(const Origin& origin, const std::string& message);
  void error(const Mark& mark, const std::string& message) { error(to_origin(mark), message); }
  void error(const Mark& mark, const Error& error);
  void warning(const Origin& origin, const std::string& message);
  std::size_t error_count() const { return errors_.size(); }
  const std::vector<Diagnostic>& errors() const { return errors_; }
  const std::vector<Diagnostic>& warnings() const { return warnings_; }

 private:
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
  std::set<std::string> seen_;
};

}  // namespace memqual
