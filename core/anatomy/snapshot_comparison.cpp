#include "anatomy/snapshot_comparison.h"

#include "anatomy/number_reader.h"
#include "base/run_control.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <sstream>

namespace armillary::anatomy {
namespace {

std::string withoutRoots(const std::string& name)
{
    std::string out;
    std::istringstream parts(name);
    for (std::string part; std::getline(parts, part, '.');) {
        if (part == "model" || part == "vision_model")
            continue;
        out += out.empty() ? part : "." + part;
    }
    return out;
}

struct Couple {
    const NamedTensor* a = nullptr;
    const NamedTensor* b = nullptr;
};

std::vector<Couple> couplesOf(const SnapshotTensors& a, const SnapshotTensors& b)
{
    std::map<std::string, Couple> byName;
    for (const NamedTensor& tensor : a.tensors)
        byName[tensor.name].a = &tensor;
    for (const NamedTensor& tensor : b.tensors)
        byName[tensor.name].b = &tensor;
    std::map<std::string, std::vector<std::string>> loose;  // short name -> full names that only one folder has
    for (const auto& [name, couple] : byName) {
        if (couple.a == nullptr || couple.b == nullptr)
            loose[withoutRoots(name)].push_back(name);
    }
    for (const auto& [name, full] : loose) {
        if (full.size() != 2)
            continue;
        Couple& first = byName[full[0]];
        Couple& second = byName[full[1]];
        if ((first.a == nullptr) == (second.a == nullptr))
            continue;
        Couple& ofA = first.a != nullptr ? first : second;
        Couple& ofB = first.a != nullptr ? second : first;
        ofA.b = ofB.b;
        ofB.b = nullptr;
    }
    std::vector<Couple> out;
    for (const auto& [name, couple] : byName) {
        if (couple.a != nullptr || couple.b != nullptr)
            out.push_back(couple);
    }
    std::sort(out.begin(), out.end(), [](const Couple& left, const Couple& right) {
        return namesRise((left.a != nullptr ? left.a : left.b)->name, (right.a != nullptr ? right.a : right.b)->name);
    });
    return out;
}

struct Sums {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    double dd = 0;
    double largest = 0;
    std::int64_t equal = 0;
    std::int64_t notFinite = 0;

    void add(const Sums& other)
    {
        ab += other.ab;
        aa += other.aa;
        bb += other.bb;
        dd += other.dd;
        largest = std::max(largest, other.largest);
        equal += other.equal;
        notFinite += other.notFinite;
    }
    [[nodiscard]] double relativeRms() const
    {
        if (dd == 0)
            return 0;
        return aa > 0 ? std::sqrt(dd / aa) : std::numeric_limits<double>::infinity();
    }
    [[nodiscard]] double cosine() const
    {
        if (aa == 0 || bb == 0)
            return std::numeric_limits<double>::quiet_NaN();
        return std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
    }
};

void addValues(std::span<const float> a, std::span<const float> b, Sums& sums)
{
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i]) || !std::isfinite(b[i])) {
            ++sums.notFinite;
            continue;
        }
        const double left = a[i], right = b[i], away = left - right;
        sums.ab += left * right;
        sums.aa += left * left;
        sums.bb += right * right;
        sums.dd += away * away;
        sums.largest = std::max(sums.largest, std::abs(away));
    }
}

// Both sides of numbers that are the same on both.
void addEqualValues(std::span<const float> values, Sums& sums)
{
    double squares = 0;
    for (const float value : values) {
        if (std::isfinite(value))
            squares += static_cast<double>(value) * value;
        else
            ++sums.notFinite;
    }
    sums.aa += squares;
    sums.bb += squares;
    sums.ab += squares;
}

// With the same type bits decide: -0 is not 0, and a NaN is the same NaN.
std::int64_t equalElements(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, std::size_t width)
{
    if (std::memcmp(a.data(), b.data(), a.size()) == 0)
        return static_cast<std::int64_t>(a.size() / width);
    std::int64_t out = 0;
    for (std::size_t at = 0; at < a.size(); at += width)
        out += std::memcmp(a.data() + at, b.data() + at, width) == 0 ? 1 : 0;
    return out;
}

// Two views of as many elements, in step; `each` returns whether to go on.
template <class Each>
void forPairs(const io::TensorView& a, const io::TensorView& b, Each each)
{
    const auto widthA = static_cast<std::size_t>(elementBytes(a.type));
    const auto widthB = static_cast<std::size_t>(elementBytes(b.type));
    const std::size_t step = kBlockBytes / std::max(widthA, widthB);
    const std::size_t elements = a.bytes.size() / widthA;
    const auto ahead = [&](std::size_t at) {
        if (at >= elements)
            return;
        const std::size_t count = std::min(step, elements - at);
        askAhead(a.bytes.subspan(at * widthA, count * widthA));
        askAhead(b.bytes.subspan(at * widthB, count * widthB));
    };
    ahead(0);
    for (std::size_t at = 0; at < elements; at += step) {
        ahead(at + step);
        const std::size_t count = std::min(step, elements - at);
        const auto ofA = a.bytes.subspan(at * widthA, count * widthA);
        const auto ofB = b.bytes.subspan(at * widthB, count * widthB);
        const bool goesOn = each(ofA, ofB);
        letGo(ofA);
        letGo(ofB);
        if (!goesOn)
            return;
    }
}

void addBlock(ElementType typeA, ElementType typeB, std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
              Sums& sums)
{
    std::array<float, 4096> left, right;
    const auto widthA = static_cast<std::size_t>(elementBytes(typeA));
    const auto widthB = static_cast<std::size_t>(elementBytes(typeB));
    const std::size_t elements = a.size() / widthA;
    const std::int64_t equal = typeA == typeB ? equalElements(a, b, widthA) : 0;
    const bool isSame = equal == static_cast<std::int64_t>(elements);
    sums.equal += equal;
    for (std::size_t at = 0; at < elements; at += left.size()) {
        const std::size_t count = std::min(left.size(), elements - at);
        const auto ofA = std::span(left).first(count);
        const auto ofB = std::span(right).first(count);
        readNumbers(typeA, a.subspan(at * widthA, count * widthA), ofA);
        if (isSame) {
            addEqualValues(ofA, sums);
            continue;
        }
        readNumbers(typeB, b.subspan(at * widthB, count * widthB), ofB);
        addValues(ofA, ofB, sums);
        if (typeA != typeB) {
            for (std::size_t i = 0; i < count; ++i)
                sums.equal += left[i] == right[i] ? 1 : 0;
        }
    }
}

TensorDifference labelled(const Couple& couple)
{
    TensorDifference out;
    out.name = couple.a != nullptr ? couple.a->name : couple.b->name;
    if (couple.a != nullptr) {
        out.typeA = couple.a->view->type;
        out.shapeA = couple.a->view->shape;
    }
    if (couple.b != nullptr) {
        out.typeB = couple.b->view->type;
        out.shapeB = couple.b->view->shape;
        if (couple.a != nullptr && couple.b->name != couple.a->name)
            out.nameB = couple.b->name;
    }
    out.kind = couple.b == nullptr        ? DifferenceKind::OnlyInA
               : couple.a == nullptr      ? DifferenceKind::OnlyInB
               : out.shapeA == out.shapeB ? DifferenceKind::Compared
                                          : DifferenceKind::OtherShape;
    return out;
}

void count(const TensorDifference& tensor, SnapshotDifference& out)
{
    out.onlyInA += tensor.kind == DifferenceKind::OnlyInA ? 1 : 0;
    out.onlyInB += tensor.kind == DifferenceKind::OnlyInB ? 1 : 0;
    out.otherShape += tensor.kind == DifferenceKind::OtherShape ? 1 : 0;
    out.compared += tensor.kind == DifferenceKind::Compared ? 1 : 0;
    out.otherType += tensor.isOtherType() ? 1 : 0;
    out.otherName += tensor.nameB.empty() ? 0 : 1;
    out.equalTensors += tensor.isEqual() ? 1 : 0;
}

}  // namespace

Result<std::shared_ptr<const SnapshotDifference>> compareSnapshots(const std::string& pathA, const std::string& pathB,
                                                                   const ByteProgress& progress,
                                                                   const std::stop_token& stop)
{
    const auto start = std::chrono::steady_clock::now();
    const auto a = openSnapshotTensors(pathA);
    if (!a)
        return tl::unexpected(a.error());
    const auto b = openSnapshotTensors(pathB);
    if (!b)
        return tl::unexpected(b.error());
    const std::vector<Couple> couples = couplesOf(*a, *b);
    std::int64_t total = 0;
    for (const Couple& couple : couples) {
        if (labelled(couple).kind == DifferenceKind::Compared)
            total += static_cast<std::int64_t>(couple.a->view->bytes.size() + couple.b->view->bytes.size());
    }
    auto out = std::make_shared<SnapshotDifference>();
    out->folderA = pathA;
    out->folderB = pathB;
    Sums whole;
    std::int64_t elements = 0;
    for (const Couple& couple : couples) {
        TensorDifference tensor = labelled(couple);
        if (stop.stop_requested())
            return failCancelled();
        if (tensor.kind == DifferenceKind::Compared) {
            Sums sums;
            tensor.elements = static_cast<std::int64_t>(couple.a->view->bytes.size()) / elementBytes(tensor.typeA);
            forPairs(*couple.a->view, *couple.b->view,
                     [&](std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
                         addBlock(tensor.typeA, tensor.typeB, left, right, sums);
                         out->bytes += static_cast<std::int64_t>(left.size() + right.size());
                         if (progress)
                             progress(out->bytes, total);
                         return !stop.stop_requested();
                     });
            if (stop.stop_requested())
                return failCancelled();
            tensor.equal = sums.equal;
            tensor.notFinite = sums.notFinite;
            tensor.maxAbsolute = sums.largest;
            tensor.relativeRms = sums.relativeRms();
            tensor.cosine = sums.cosine();
            elements += tensor.elements;
            whole.add(sums);
        }
        count(tensor, *out);
        out->tensors.push_back(std::move(tensor));
    }
    out->relativeRms = whole.relativeRms();
    out->cosine = whole.cosine();
    out->equalShare = elements > 0 ? static_cast<double>(whole.equal) / static_cast<double>(elements) : 1;
    out->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::shared_ptr<const SnapshotDifference>(std::move(out));
}

}  // namespace armillary::anatomy
