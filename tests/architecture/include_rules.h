// The include table of ARCHITECTURE.md as data, and the check of a source tree against it.
// Thread rule: single-threaded test code.
#pragma once

#include "source_tree.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace armillary::test {

enum class Library { None, Torch, Qt, OpenCv, Imgui };

[[nodiscard]] inline Library libraryOf(std::string_view target)
{
    const auto startsWith = [target](std::string_view prefix) { return target.starts_with(prefix); };
    if (startsWith("torch/") || startsWith("ATen/") || startsWith("c10/") || startsWith("caffe2/"))
        return Library::Torch;
    if (startsWith("opencv2/"))
        return Library::OpenCv;
    if (startsWith("imgui") || startsWith("implot"))
        return Library::Imgui;
    // <QWidget>, <QtGlobal>, <QtWidgets/QWidget>, <qglobal.h>
    const bool isQtName =
        target.size() > 2 && target[0] == 'Q' && std::isupper(static_cast<unsigned char>(target[1])) != 0;
    const bool isQtModule =
        target.size() > 2 && startsWith("Qt") && std::isupper(static_cast<unsigned char>(target[2])) != 0;
    const bool isQtHeader = target[0] == 'q' && target.ends_with(".h") && target.find('/') == std::string_view::npos;
    return isQtName || isQtModule || isQtHeader ? Library::Qt : Library::None;
}

[[nodiscard]] inline std::string_view nameOf(Library library)
{
    switch (library) {
    case Library::Torch: return "LibTorch";
    case Library::Qt: return "Qt";
    case Library::OpenCv: return "OpenCV";
    case Library::Imgui: return "Dear ImGui";
    case Library::None: break;
    }
    return "no library";
}

struct FolderRule {
    // Folders ("core/io") or single files ("core/engine/engine.h") whose headers may be included; the own one always.
    std::set<std::string> places;
    std::set<Library> libraries;
    // Libraries that sources may use and headers may not.
    std::set<Library> sourceOnly;
};

// The rule for a file: its folder's, with the two exceptions that one folder holds (the door of engine, the CLI in app).
[[nodiscard]] inline std::optional<FolderRule> ruleFor(const std::string& file)
{
    const auto core = [](std::initializer_list<const char*> names) {
        std::set<std::string> places;
        for (const char* name : names)
            places.insert(std::string("core/") + name);
        return places;
    };
    const std::set<Library> torch = {Library::Torch};
    static const std::map<std::string, FolderRule> kRules = {
        {"core/base", {{}, {}, {}}},
        {"core/records", {core({"base"}), {}, {}}},
        {"core/scenes", {core({"records", "base"}), {}, {}}},
        {"core/picture", {core({"records", "base"}), {}, {}}},
        {"core/io", {core({"records", "base"}), {Library::OpenCv}, {}}},
        {"core/anatomy", {core({"io", "records", "base"}), {}, {}}},
        {"core/text", {core({"io", "base"}), {}, {}}},
        {"core/inspect", {core({"records", "base"}), {Library::OpenCv}, torch}},
        {"core/attention", {core({"inspect", "records", "base"}), {}, torch}},
        {"core/embedding", {core({"inspect", "records", "base"}), {}, torch}},
        {"core/analysis", {core({"attention", "embedding", "inspect", "records", "base"}), {}, {}}},
        {"core/session", {core({"analysis", "inspect", "io", "records", "base"}), {}, {}}},
        {"core/tensors", {core({"io", "records", "base"}), torch, {}}},
        {"core/nn", {core({"tensors", "base"}), torch, {}}},
        {"core/vision", {core({"picture", "nn", "tensors", "text", "io", "records", "base"}), torch, {}}},
        {"core/language", {core({"nn", "tensors", "text", "io", "records", "base"}), torch, {}}},
        {"core/gemma", {core({"language", "nn", "tensors", "text", "io", "records", "base"}), torch, {}}},
        {"core/nanovlm",
         {core({"language", "vision", "picture", "inspect", "nn", "tensors", "text", "io", "records", "base"}),
          torch,
          {}}},
        {"core/cosmos", {core({"nn", "tensors", "text", "io", "records", "base"}), torch, {}}},
        {"core/fusion", {core({"nn", "tensors", "text", "io", "records", "base"}), torch, {}}},
        {"core/pipeline",
         {core({"fusion", "cosmos", "gemma", "nanovlm", "language", "vision", "picture", "nn", "tensors", "inspect",
                "text", "io", "records", "base"}),
          {Library::Torch, Library::OpenCv},
          {}}},
        {"core/study",
         {core({"pipeline", "fusion", "cosmos", "gemma", "nanovlm", "language", "vision", "picture", "nn", "tensors",
                "attention", "embedding", "inspect", "text", "io", "records", "base"}),
          torch,
          {}}},
        {"core/intervention",
         {core({"study", "pipeline", "fusion", "cosmos", "gemma", "nanovlm", "language", "vision", "picture", "nn",
                "tensors", "attention", "embedding", "inspect", "text", "io", "records", "base"}),
          torch,
          {}}},
        {"core/verification",
         {core({"study", "pipeline", "fusion", "cosmos", "gemma", "nanovlm", "language", "vision", "picture", "nn",
                "tensors", "attention", "embedding", "inspect", "text", "io", "records", "base"}),
          torch,
          {}}},
        {"core/engine", {{"core"}, {Library::Torch, Library::OpenCv}, {}}},
        // Nothing includes the trainer but its own tests.
        {"training", {{"core"}, {Library::Torch}, {}}},
        {"widgets",
         {core({"records", "picture", "inspect", "analysis", "session", "base"}), {Library::Qt, Library::Imgui}, {}}},
        {"app",
         {{"widgets", "core/engine/engine.h", "core/io/media_reader.h", "core/io/snapshot_reader.h", "core/anatomy",
           "core/text/tokenizer.h", "core/analysis", "core/session", "core/picture", "core/scenes", "core/records", "core/base"},
          {Library::Qt},
          {}}},
    };
    if (file == "core/engine/engine.h")
        return FolderRule{core({"analysis", "session", "inspect", "text", "io", "records", "base"}), {}, {}};
    if (file.starts_with("app/cli/")) {
        std::set<std::string> places =
            core({"analysis", "anatomy", "session", "inspect", "scenes", "picture", "text", "io", "records", "base"});
        places.insert({"core/engine/engine.h", "app/cli"});
        return FolderRule{std::move(places), {}, {}};
    }
    for (const auto& [folder, rule] : kRules) {
        if (!file.starts_with(folder + "/"))
            continue;
        FolderRule own = rule;
        own.places.insert(folder);
        return own;
    }
    return std::nullopt;
}

[[nodiscard]] inline bool isHeader(const std::string& file)
{
    return file.ends_with(".h");
}

namespace detail {

inline void checkLibrary(const std::string& file, const Include& include, const FolderRule& rule,
                         std::vector<Violation>& found)
{
    const Library library = libraryOf(include.target);
    if (library == Library::None || rule.libraries.contains(library))
        return;
    const std::string name(nameOf(library));
    if (!rule.sourceOnly.contains(library))
        found.push_back({file, include.line, "may not include " + name + " (<" + include.target + ">)"});
    else if (isHeader(file))
        found.push_back({file, include.line, name + " belongs in the sources of this folder, not in a header"});
}

// Walks the project headers below `file` and reports the way to a torch include.
inline void checkReach(const SourceTree& tree, const std::string& start, const std::string& file,
                       std::set<std::string>& seen, const Include& first, const std::string& way,
                       std::vector<Violation>& found)
{
    if (!seen.insert(file).second)
        return;
    for (const Include& include : includesOf(tree.files().at(file))) {
        if (libraryOf(include.target) == Library::Torch)
            found.push_back({start, first.line, "reaches LibTorch through " + way + " (<" + include.target + ">)"});
        else if (const auto next = tree.resolve(file, include))
            checkReach(tree, start, *next, seen, first, way + " -> " + *next, found);
    }
}

}  // namespace detail

// Everything in the tree that the table forbids: a project header of a folder that is out of bounds, a library that is,
// and, for what must compile without LibTorch, a chain of headers that ends in it.
[[nodiscard]] inline std::vector<Violation> includeViolations(const SourceTree& tree)
{
    std::vector<Violation> found;
    for (const auto& [file, text] : tree.files()) {
        const auto rule = ruleFor(file);
        if (!rule) {
            if (file.starts_with("core/"))
                found.push_back({file, 1, "lies in a folder of core that the include table does not name"});
            continue;
        }
        const bool isTorchFree =
            !rule->libraries.contains(Library::Torch) && (isHeader(file) || !rule->sourceOnly.contains(Library::Torch));
        std::set<std::string> seen = {file};
        for (const Include& include : includesOf(text)) {
            const auto target = tree.resolve(file, include);
            if (!target) {
                detail::checkLibrary(file, include, *rule, found);
                continue;
            }
            const auto allows = [&target](const std::string& place) {
                return *target == place || target->starts_with(place + "/");
            };
            // The terminal lies inside app, but the window may not know it.
            const bool isForeignCli = target->starts_with("app/cli/") && !file.starts_with("app/cli/");
            if (isForeignCli || std::none_of(rule->places.begin(), rule->places.end(), allows))
                found.push_back({file, include.line, "may not include " + *target});
            if (isTorchFree)
                detail::checkReach(tree, file, *target, seen, include, *target, found);
        }
    }
    return found;
}

}  // namespace armillary::test
