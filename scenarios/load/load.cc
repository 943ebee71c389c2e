// SPDX-License-Identifier: Apache-2.0
// The order of things: a file is parsed; what it includes is collected; each of its scenarios gets
// its defaults, templates and variables; scenario_cases() makes the cases.
#include "scenarios/load/load.h"

#include <algorithm>
#include <map>
#include <set>

#include "scenarios/load/document.h"
#include "scenarios/load/files.h"
#include "scenarios/load/parse_yaml.h"
#include "scenarios/load/scenario_cases.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// About 2 GiB of cases; 100 000 cells of a short workload take a third of it.
constexpr std::uint64_t kMaxWeight = 20000000;

/// What a file and its includes offer to the file's scenarios.
struct Surroundings {
  std::map<std::string, Entry> bases;  ///< templates and scenarios, for extends
  Scope variables;
  NodePtr defaults;
};

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {
    budget_.cases = options.limits.cases;
    budget_.weight = kMaxWeight;
  }

  void load_path(const std::filesystem::path& path) {
    const auto files = find_scenario_files(path);
    if (!files.ok()) return findings_.error(Origin{path.string(), 1, 1}, to_string(files.error()));
    if (files->empty()) {
      findings_.warning(Origin{path.string(), 1, 1},
                        "no *.yaml or *.yml file is below this folder");
    }
    for (const auto& file : *files) {
      if (!loaded_.insert(file_identity(file)).second) continue;
      const NodePtr root = read_file(file);
      if (root) load_document(root, file == "-" ? "stdin" : file.string());
    }
  }

  void load_text(const std::string& text, const std::string& file) {
    files_.push_back(file);
    const NodePtr root = parse_yaml(text, file, options_.limits, findings_);
    if (root) load_document(root, file);
  }

  LoadResult take() {
    check_variables_used();
    LoadResult result;
    result.errors = limited(findings_.errors());
    result.warnings = findings_.warnings();
    result.files = files_;
    if (result.errors.empty()) result.cases = std::move(cases_);
    return result;
  }

 private:
  /// The tree of a file, read once however often it is included.
  NodePtr read_file(const std::filesystem::path& path) {
    const std::string identity = file_identity(path);
    const auto known = trees_.find(identity);
    if (known != trees_.end()) return known->second;
    const std::string name = path == "-" ? "stdin" : path.string();
    files_.push_back(name);
    NodePtr root;
    const auto text = read_scenario_file(path, options_.limits);
    if (text.ok()) {
      root = parse_yaml(*text, name, options_.limits, findings_);
    } else {
      findings_.error(Origin{name, 1, 1}, to_string(text.error()));
    }
    trees_[identity] = root;
    return root;
  }

  void load_document(const NodePtr& root, const std::string& file) {
    const bool single = is_single(*root);
    const DocumentShapes& shapes = document_shapes();
    check(single ? *shapes.single : *shapes.list, *root, file_label(*root), findings_);
    if (!root->is_map()) return;
    Surroundings around;
    stack_ = {file_identity(file)};
    included_ = 0;
    collect(root, file, around);
    if (single) {
      const NodePtr scenario = without_keys(root, {"schema_version", "include"});
      return load_scenario(scenario, "the scenario", around);
    }
    const Node* scenarios = root->find("scenarios");
    if (scenarios == nullptr) {
      findings_.warning(to_origin(root->mark),
                        "this file has no scenarios; it is only for include");
    } else {
      for (const NodePtr& scenario : scenarios->items)
        load_scenario(scenario, "an entry of scenarios", around);
    }
    check_parts(*root);
  }

  static std::string file_label(const Node& root) {
    return is_single(root) ? "the scenario" : "the file";
  }

  /// Variables of templates and defaults are checked where they are used; their shape always is.
  void check_parts(const Node& root) {
    if (const Node* variables = root.find("vars")) check_variable_values(*variables);
  }

  void check_variable_values(const Node& variables) {
    for (const Entry& entry : variables.entries) {
      if (entry.value->has_reference) {
        findings_.error(entry.value->mark,
                        "a variable cannot refer to others; write the value out");
      }
    }
  }

  // --- include
  // -------------------------------------------------------------------------------------

  void collect(const NodePtr& root, const std::string& file, Surroundings& around) {
    if (const Node* include = root->find("include")) {
      for (const NodePtr& item : include->items) collect_include(*item, file, around);
    }
    if (const Node* variables = root->find("vars"); variables != nullptr && !is_single(*root)) {
      for (const Entry& entry : variables->entries) around.variables.set(entry.key, entry.value);
    }
    if (const NodePtr defaults = root->find_shared("defaults")) {
      around.defaults = deep_merge(around.defaults, defaults);
    }
    if (const Node* templates = root->find("templates")) {
      for (const Entry& entry : templates->entries) add_base(entry, around);
    }
    add_scenario_bases(root, around);
  }

  void add_scenario_bases(const NodePtr& root, Surroundings& around) {
    const auto add = [&](const NodePtr& scenario) {
      const Node* name = scenario->find("name");
      if (name != nullptr && name->is_scalar())
        add_base({name->text, name->mark, scenario}, around);
    };
    if (is_single(*root)) return add(without_keys(root, {"schema_version", "include"}));
    const Node* scenarios = root->find("scenarios");
    if (scenarios == nullptr) return;
    for (const NodePtr& scenario : scenarios->items) add(scenario);
  }

  void add_base(const Entry& entry, Surroundings& around) {
    const auto [known, fresh] = around.bases.emplace(entry.key, entry);
    const Origin origin = to_origin(entry.mark);
    const Origin first = to_origin(known->second.mark);
    if (fresh || first == origin) return;
    findings_.error(origin, "the name " + in_quotes(entry.key, 100) + " is used twice, first at " +
                                to_string(first) + "; choose another name");
  }

  void collect_include(const Node& item, const std::string& file, Surroundings& around) {
    if (!item.is_scalar()) return;  // reported by check()
    if (included_ >= options_.limits.includes) {
      findings_.error(item.mark, "more than " + std::to_string(options_.limits.includes) +
                                     " files are included (limit: includes)");
      return;
    }
    const auto found = find_includes(item.text, file);
    if (!found.ok()) return findings_.error(item.mark, found.error());
    for (const auto& path : *found) {
      const std::string identity = file_identity(path);
      if (std::find(stack_.begin(), stack_.end(), identity) != stack_.end()) {
        findings_.error(item.mark, "include " + in_quotes(item.text, 100) +
                                       " goes in a circle: this file is included by itself" +
                                       (stack_.back() == identity ? "" : " through other files") +
                                       "; remove one of the includes");
        continue;
      }
      if (++included_ > options_.limits.includes) return;
      const NodePtr root = read_file(path);
      if (!root) continue;
      const DocumentShapes& shapes = document_shapes();
      check(is_single(*root) ? *shapes.single : *shapes.list, *root, file_label(*root), findings_);
      if (!root->is_map()) continue;
      check_parts(*root);
      stack_.push_back(identity);
      collect(root, path.string(), around);
      stack_.pop_back();
    }
  }

  // --- scenarios
  // -----------------------------------------------------------------------------------

  /// What `scenario` extends, merged from the far end; nullptr where it extends nothing.
  NodePtr base_of(const Node& scenario, const Surroundings& around,
                  std::vector<std::string> chain) {
    const Node* extends = scenario.find("extends");
    if (extends == nullptr || !extends->is_scalar()) return nullptr;
    const auto found = around.bases.find(extends->text);
    if (found == around.bases.end()) {
      std::vector<std::string> names;
      for (const auto& [name, entry] : around.bases) names.push_back(name);
      findings_.error(extends->mark, "extends: no template or scenario is called " +
                                         in_quotes(extends->text, 100) +
                                         did_you_mean(extends->text, names));
      return nullptr;
    }
    if (std::find(chain.begin(), chain.end(), extends->text) != chain.end()) {
      findings_.error(extends->mark, "extends goes in a circle: " + join_chain(chain) +
                                         escape_text(extends->text) + "; remove one of them");
      return nullptr;
    }
    if (chain.size() > options_.limits.nesting) {
      findings_.error(extends->mark, "extends is more than " +
                                         std::to_string(options_.limits.nesting) +
                                         " levels deep (limit: nesting)");
      return nullptr;
    }
    chain.push_back(extends->text);
    const NodePtr& base = found->second.value;
    const NodePtr under = base_of(*base, around, std::move(chain));
    return deep_merge(under, without_keys(base, {"name", "extends"}));
  }

  static std::string join_chain(const std::vector<std::string>& chain) {
    std::string out;
    for (const std::string& name : chain) out += escape_text(name) + " -> ";
    return out;
  }

  void load_scenario(const NodePtr& own, const std::string& label, const Surroundings& around) {
    if (!own->is_map()) return;  // reported by check()
    const Node* name = own->find("name");
    const std::string name_text = name != nullptr && name->is_scalar() ? name->text : "";
    if (name != nullptr && !name_text.empty()) check_unique(*name);
    const NodePtr base = base_of(*own, around, {name_text});
    const NodePtr merged =
        deep_merge(deep_merge(around.defaults, base), without_keys(own, {"extends"}));
    Scope scope = around.variables;
    if (const Node* variables = merged->find("vars")) {
      check_variable_values(*variables);
      for (const Entry& entry : variables->entries) scope.set(entry.key, entry.value);
    }
    override_variables(scope);
    std::vector<Case> cases = scenario_cases(without_keys(merged, {"vars"}), scope, options_.limits,
                                             budget_, label, findings_);
    if (findings_.error_count() > 0) {
      cases_.clear();  // a load with errors has no cases; the rest is read for its errors
      return;
    }
    std::move(cases.begin(), cases.end(), std::back_inserter(cases_));
  }

  void check_unique(const Node& name) {
    const auto [known, fresh] = scenario_names_.emplace(name.text, to_origin(name.mark));
    if (fresh || known->second == to_origin(name.mark)) return;
    findings_.error(name.mark, "the name " + in_quotes(name.text, 100) +
                                   " is used twice, first at " + to_string(known->second) +
                                   "; choose another name");
  }

  // --- -D
  // ------------------------------------------------------------------------------------------

  void override_variables(Scope& scope) {
    for (const std::string& name : scope.names()) declared_.insert(name);
    for (const auto& [name, text] : options_.variables) {
      const NodePtr declared = scope.find(name);
      if (!declared) continue;
      const Mark mark{std::make_shared<const std::string>("-D " + name), 1, 1};
      const NodePtr value = make_scalar(mark, text, is_text(*declared));
      const std::string wanted = kind_of(*declared);
      if (!declared->is_scalar() || (wanted != "a text" && kind_of(*value) != wanted)) {
        findings_.error(mark, "variable " + in_quotes(name) + " is declared as " + wanted +
                                  ", at " + to_string(to_origin(declared->mark)) + ", and " +
                                  in_quotes(text, 60) + " is not one");
        continue;
      }
      // A text from the command line is a value, never a reference.
      auto plain = std::make_shared<Node>(*value);
      plain->has_reference = false;
      scope.set(name, std::move(plain));
    }
  }

  static bool is_text(const Node& node) { return kind_of(node) == "a text"; }

  static std::string kind_of(const Node& node) {
    if (!node.is_scalar()) return describe(node);
    if (is_true(node) || is_false(node)) return "true or false";
    std::int64_t integer = 0;
    if (read_integer(node, integer)) return "a whole number";
    if (looks_like_number(node)) return "a number";
    return "a text";
  }

  void check_variables_used() {
    for (const auto& [name, text] : options_.variables) {
      if (declared_.count(name) != 0) continue;
      findings_.error(Origin{"-D " + name, 1, 1},
                      "no file declares the variable " + in_quotes(name) + " in vars" +
                          did_you_mean(name, {declared_.begin(), declared_.end()}));
    }
  }

  // --- the result
  // ----------------------------------------------------------------------------------

  /// In the order of files, lines and columns; of each file the first ones.
  std::vector<Diagnostic> limited(std::vector<Diagnostic> errors) const {
    std::map<std::string, std::size_t> order;
    for (const std::string& file : files_) order.emplace(file, order.size());
    const auto rank = [&](const Diagnostic& d) {
      const auto found = order.find(d.origin.file);
      const std::size_t file = found == order.end() ? order.size() : found->second;
      return std::tuple(file, d.origin.line, d.origin.column);
    };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    std::vector<Diagnostic> out;
    std::map<std::string, std::size_t> counts;
    for (Diagnostic& error : errors) {
      if (++counts[error.origin.file] <= options_.limits.errors_shown) out.push_back(error);
    }
    for (const auto& [file, count] : counts) {
      if (count <= options_.limits.errors_shown) continue;
      out.push_back({Origin{file, 0, 0}, "and " +
                                             std::to_string(count - options_.limits.errors_shown) +
                                             " more errors in this file (limit: errors_shown)"});
    }
    return out;
  }

  const LoadOptions& options_;
  Findings findings_;
  LoadBudget budget_;
  std::vector<Case> cases_;
  std::vector<std::string> files_;
  std::set<std::string> loaded_;          ///< identities of the files loaded for their scenarios
  std::map<std::string, NodePtr> trees_;  ///< by identity
  std::vector<std::string> stack_;        ///< identities of the files being included
  std::uint32_t included_ = 0;
  std::map<std::string, Origin> scenario_names_;
  std::set<std::string> declared_;
};

}  // namespace

LoadResult load_scenarios(const std::vector<std::filesystem::path>& paths,
                          const LoadOptions& options) {
  Loader loader(options);
  for (const auto& path : paths) loader.load_path(path);
  return loader.take();
}

LoadResult load_scenario_text(const std::string& text, const std::string& file,
                              const LoadOptions& options) {
  Loader loader(options);
  loader.load_text(text, file);
  return loader.take();
}

}  // namespace memqual
