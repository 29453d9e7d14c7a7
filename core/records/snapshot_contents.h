// What a folder of weights holds, as its headers say: modules by dotted names, shapes, types and bytes; no model is built.
// Thread rule: immutable once made; may cross threads.
#pragma once

#include "records/tensor_snapshot.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace armillary {

[[nodiscard]] constexpr std::string_view numberFormatName(ElementType type)
{
    switch (type) {
    case ElementType::Float32: return "float32";
    case ElementType::BFloat16: return "bfloat16";
    case ElementType::Float16: return "float16";
    case ElementType::Int64: return "int64";
    case ElementType::Int32: return "int32";
    case ElementType::UInt8: return "uint8";
    case ElementType::Bool: return "bool";
    case ElementType::Float64: return "float64";
    case ElementType::Int8: return "int8";
    case ElementType::Int16: return "int16";
    case ElementType::Float8E4M3: return "float8_e4m3";
    case ElementType::Float8E5M2: return "float8_e5m2";
    }
    return "?";
}

struct SnapshotTensor {
    std::string name;  // the last part of its dotted name
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::int64_t elements = 0;
    std::int64_t bytes = 0;
    std::string file;    // the shard, without its folder
    std::string sameAs;  // full name of an earlier tensor with the same numbers, as far as samples tell; empty: none
};

struct SnapshotModule {
    std::string name;   // the last part of its dotted name; of the root empty
    std::string title;  // class of a pipeline's part, or empty
    std::int64_t elements = 0;
    std::int64_t bytes = 0;
    std::vector<SnapshotTensor> tensors;
    std::vector<SnapshotModule> modules;  // numbers by value, then names
    std::optional<bool> isLocal;          // of layers whose attention looks through a window, or does not
};

struct SnapshotContents {
    std::string folder;
    std::string architecture;                                // as the configuration calls it
    std::vector<std::pair<std::string, std::string>> facts;  // single values of the configuration, "part.key"
    SnapshotModule root;
    std::int64_t tensorCount = 0;
    std::int64_t matrixElements = 0;  // of tensors with two or more dimensions: what quantisation shrinks
    std::int64_t repeatedElements = 0;  // of tensors that hold an earlier one's numbers again
    std::map<ElementType, std::int64_t> bytesByType;
    // Names without a tensor of their own and the tensors that stand in for them: "lm_head.weight".
    std::vector<std::pair<std::string, std::string>> tied;
    std::vector<std::string> problems;  // one sentence each

    // A table that is stored twice counts once.
    [[nodiscard]] std::int64_t parameters() const { return root.elements - repeatedElements; }
};

}  // namespace armillary
