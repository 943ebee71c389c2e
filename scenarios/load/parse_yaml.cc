// SPDX-License-Identifier: Apache-2.0
// yaml-cpp is used here and nowhere else, and only its events: its own tree would lose duplicate
// keys (accepted in silence before 0.9), quotes, and the chance to stop an alias bomb before it is
// built.
#include "scenarios/load/parse_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// Thrown through yaml-cpp to end the parse; the reason is in the findings. Never leaves this file.
struct Stop {};

bool is_null_word(const std::string& text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> file, const LoadLimits& limits, Findings& findings)
      : file_(std::move(file)), limits_(limits), findings_(findings) {}

  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp gives the place of what follows; the key that has no value is the one to look at.
    const bool of_key = !stack_.empty() && stack_.back().pending;
    place(make_null(of_key ? stack_.back().pending->mark : at(mark)), anchor, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?";
    if (!plain && tag != "!") refuse_tag(mark, tag);
    if (value.find('\0') != value.npos) {
      findings_.error(at(mark), "NUL in the text " + in_quotes(value, 60) +
                                    "; no name, path or argument can hold one");
    }
    if (plain && is_null_word(value)) return place(make_null(at(mark), value), anchor, mark);
    place(make_scalar(at(mark), value, !plain), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      findings_.error(at(mark),
                      "this alias is inside the value it stands for; write the value out");
      throw Stop{};
    }
    place(found->second, 0, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node::Kind kind;
    Mark mark;
    YAML::anchor_t anchor;
    std::vector<NodePtr> items;
    std::vector<Entry> entries;
    std::map<std::string, Mark> keys;
    std::optional<Entry> pending;  ///< a key that waits for its value
    bool skip = false;             ///< the pending key was refused
  };

  Mark at(const YAML::Mark& mark) const {
    // Null marks (-1) stand for "unknown"; yaml-cpp counts from 0.
    return Mark{file_, mark.line < 0 ? 0 : mark.line + 1, mark.column < 0 ? 0 : mark.column + 1};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    findings_.error(at(mark), "tag " + in_quotes(tag, 60) + " is not used in scenarios; remove it");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    refuse_tag(mark, tag);
    if (stack_.size() >= limits_.nesting) {
      findings_.error(at(mark), "maps and lists are nested more than " +
                                    std::to_string(limits_.nesting) +
                                    " levels deep (limit: nesting)");
      throw Stop{};
    }
    stack_.push_back(Open{kind, at(mark), anchor, {}, {}, {}, {}, false});
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    NodePtr node = done.kind == Node::Kind::list ? make_list(done.mark, std::move(done.items))
                                                 : make_map(done.mark, std::move(done.entries));
    check_weight(*node);
    if (done.anchor != 0) anchors_[done.anchor] = node;
    add(std::move(node), done.mark);
  }

  void place(NodePtr node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != 0) anchors_[anchor] = node;
    add(std::move(node), at(mark));
  }

  void check_weight(const Node& node) {
    if (node.nodes > limits_.nodes) {
      findings_.error(node.mark, "the file holds more than " + std::to_string(limits_.nodes) +
                                     " values with its aliases expanded (limit: nodes)");
      throw Stop{};
    }
    if (node.bytes > 16 * limits_.file_bytes) {
      findings_.error(node.mark, "the file holds more than " +
                                     format_bytes(16 * limits_.file_bytes) +
                                     " of text with its aliases expanded (limit: 16 x file_bytes)");
      throw Stop{};
    }
  }

  /// `mark` is where the value stands, which for an alias is not where it was written.
  void add(NodePtr node, const Mark& mark) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& top = stack_.back();
    if (top.kind == Node::Kind::list) {
      top.items.push_back(std::move(node));
      return;
    }
    if (top.skip) {
      top.skip = false;
    } else if (top.pending) {
      top.pending->value = std::move(node);
      top.entries.push_back(std::move(*top.pending));
      top.pending.reset();
    } else {
      add_key(top, *node, mark);
    }
  }

  void add_key(Open& top, const Node& key, const Mark& mark) {
    top.skip = true;
    if (!key.is_scalar()) {
      findings_.error(mark, "a key must be a text, not " + describe(key));
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      findings_.error(mark, "merge key \"<<\" is not used in scenarios; write extends or defaults");
      return;
    }
    const auto [first, fresh] = top.keys.emplace(key.text, mark);
    if (!fresh) {
      findings_.error(mark, "key " + in_quotes(key.text, 60) + " is written twice, first at line " +
                                std::to_string(first->second.line) + "; remove one of them");
      return;
    }
    top.skip = false;
    top.pending = Entry{key.text, mark, nullptr};
  }

  std::shared_ptr<const std::string> file_;
  const LoadLimits& limits_;
  Findings& findings_;
  std::vector<Open> stack_;
  std::unordered_map<YAML::anchor_t, NodePtr> anchors_;
  NodePtr root_;
};

/// Line and column of a byte, for what is found before there is a tree.
Mark mark_of_offset(const std::string& text, std::size_t offset,
                    std::shared_ptr<const std::string> file) {
  Mark mark{std::move(file), 1, 1};
  for (std::size_t i = 0; i < offset; ++i) {
    mark.column = text[i] == '\n' ? 1 : mark.column + 1;
    if (text[i] == '\n') ++mark.line;
  }
  return mark;
}

bool is_text(const std::string& text, const std::shared_ptr<const std::string>& file,
             Findings& findings) {
  const std::size_t nul = text.find('\0');
  const std::size_t invalid = invalid_utf8_at(text);
  const std::size_t bad = std::min(nul, invalid);
  if (bad == text.npos) return true;
  findings.error(mark_of_offset(text, bad, file),
                 "byte " + in_quotes(text.substr(bad, 1)) +
                     (bad == nul ? std::string(" (NUL)") : std::string(" is not UTF-8")) +
                     ": this is not a YAML text file; write UTF-8");
  return false;
}

}  // namespace

NodePtr parse_yaml(const std::string& text, const std::string& file, const LoadLimits& limits,
                   Findings& findings) {
  const auto name = std::make_shared<const std::string>(file);
  if (text.size() > limits.file_bytes) {
    findings.error(Mark{name, 1, 1}, "the file has " + format_bytes(text.size()) +
                                         "; a scenario file may have " +
                                         format_bytes(limits.file_bytes) + " (limit: file_bytes)");
    return nullptr;
  }
  if (!is_text(text, name, findings)) return nullptr;
  TreeBuilder builder(name, limits, findings);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || !builder.root()) {
      findings.error(Mark{name, 1, 1},
                     "the file is empty; a scenario starts with schema_version: 1");
      return nullptr;
    }
    const NodePtr root = builder.root();
    TreeBuilder second(name, limits, findings);
    if (parser.HandleNextDocument(second)) {
      const Mark mark = second.root() ? second.root()->mark : Mark{name, 1, 1};
      findings.error(mark,
                     "a second document starts here; put its scenarios into one list "
                     "under scenarios, or into a file of its own");
    }
    // Refused keys are left out, so the rest can be checked in the same run.
    return root;
  } catch (const Stop&) {
    return nullptr;
  } catch (const YAML::Exception& problem) {
    const Mark mark{name, std::max(problem.mark.line, 0) + 1, std::max(problem.mark.column, 0) + 1};
    findings.error(mark, "this is not valid YAML: " + escape_text(problem.msg));
  } catch (const std::exception& problem) {
    findings.error(Mark{name, 1, 1}, "this is not valid YAML: " + escape_text(problem.what()));
  }
  return nullptr;
}

}  // namespace memqual
