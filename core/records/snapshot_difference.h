// What two snapshots have in common and where they part, tensor by tensor.
// Thread rule: plain values; immutable once made; may cross threads.
#pragma once

#include "records/tensor_snapshot.h"

#include <cstdint>
#include <string>
#include <vector>

namespace armillary {

enum class DifferenceKind { OnlyInA, OnlyInB, OtherShape, Compared };

struct TensorDifference {
    DifferenceKind kind = DifferenceKind::Compared;
    std::string name;   // in A, or in B where only B has it
    std::string nameB;  // where B stores it under another name; empty: the same
    ElementType typeA = ElementType::Float32;
    ElementType typeB = ElementType::Float32;
    std::vector<std::int64_t> shapeA;  // empty where A has none, and of scalars
    std::vector<std::int64_t> shapeB;
    // Of compared ones. Pairs in which a number is not finite count in `notFinite` only.
    std::int64_t elements = 0;
    std::int64_t equal = 0;  // the same value; with the same type: the same bits
    std::int64_t notFinite = 0;
    double maxAbsolute = 0;
    double relativeRms = 0;  // |A - B| / |A|; 0 where both are 0, infinite where only A is
    double cosine = 1;       // NaN where one of them has no length

    [[nodiscard]] bool isOtherType() const { return kind == DifferenceKind::Compared && typeA != typeB; }
    [[nodiscard]] bool isEqual() const { return kind == DifferenceKind::Compared && equal == elements; }
    [[nodiscard]] double equalShare() const
    {
        return elements > 0 ? static_cast<double>(equal) / static_cast<double>(elements) : 1;
    }
};

struct SnapshotDifference {
    std::string folderA;
    std::string folderB;
    std::vector<TensorDifference> tensors;  // in the order of their names, numbers by value
    std::int64_t onlyInA = 0;
    std::int64_t onlyInB = 0;
    std::int64_t otherShape = 0;
    std::int64_t otherType = 0;
    std::int64_t otherName = 0;
    std::int64_t compared = 0;
    std::int64_t equalTensors = 0;
    double relativeRms = 0;  // over all compared numbers
    double cosine = 1;
    double equalShare = 1;
    std::int64_t bytes = 0;
    double seconds = 0;
};

}  // namespace armillary
