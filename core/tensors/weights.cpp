#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace armillary::tensors {
namespace {

constexpr std::size_t kNamesShown = 8;

std::string joinedShort(const std::vector<std::string>& names, std::string_view separator)
{
    const std::size_t shown = std::min(names.size(), kNamesShown);
    std::string text =
        fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), separator));
    if (names.size() > shown)
        text += fmt::format("{}and {} more", separator, names.size() - shown);
    return text;
}

bool fits(at::IntArrayRef got, at::IntArrayRef wanted)
{
    if (got.size() != wanted.size())
        return false;
    for (std::size_t axis = 0; axis < got.size(); ++axis)
        if (wanted[axis] >= 0 && got[axis] != wanted[axis])
            return false;
    return true;
}

std::string sizesText(at::IntArrayRef sizes)
{
    std::vector<std::string> parts;
    for (const std::int64_t size : sizes)
        parts.push_back(size < 0 ? "any" : std::to_string(size));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace

at::ScalarType scalarType(ElementType type)
{
    switch (type) {
    case ElementType::Float32: return at::kFloat;
    case ElementType::BFloat16: return at::kBFloat16;
    case ElementType::Float16: return at::kHalf;
    case ElementType::Int64: return at::kLong;
    case ElementType::Int32: return at::kInt;
    case ElementType::UInt8: return at::kByte;
    case ElementType::Bool: return at::kBool;
    case ElementType::Float64: return at::kDouble;
    case ElementType::Int8: return at::kChar;
    case ElementType::Int16: return at::kShort;
    case ElementType::Float8E4M3: return at::kFloat8_e4m3fn;
    case ElementType::Float8E5M2: return at::kFloat8_e5m2;
    }
    return at::kFloat;
}

ElementType elementType(at::ScalarType type)
{
    switch (type) {
    case at::kFloat: return ElementType::Float32;
    case at::kBFloat16: return ElementType::BFloat16;
    case at::kHalf: return ElementType::Float16;
    case at::kLong: return ElementType::Int64;
    case at::kInt: return ElementType::Int32;
    case at::kByte: return ElementType::UInt8;
    case at::kBool: return ElementType::Bool;
    case at::kDouble: return ElementType::Float64;
    case at::kChar: return ElementType::Int8;
    case at::kShort: return ElementType::Int16;
    case at::kFloat8_e4m3fn: return ElementType::Float8E4M3;
    case at::kFloat8_e5m2: return ElementType::Float8E5M2;
    default: TORCH_CHECK(false, "a record cannot hold elements of type ", type);
    }
}

at::Tensor tensorFromView(const io::TensorView& view, std::shared_ptr<const io::SafetensorsFile> keepAlive)
{
    const at::TensorOptions options = at::TensorOptions().dtype(scalarType(view.type));
    const auto alignment = static_cast<std::uintptr_t>(elementBytes(view.type));
    if (view.bytes.empty())
        return at::empty(view.shape, options);
    if (reinterpret_cast<std::uintptr_t>(view.bytes.data()) % alignment != 0) {
        at::Tensor copy = at::empty(view.shape, options);
        std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
        return copy;
    }
    // from_blob wants a mutable pointer; model code only reads weights, and the mapping is read-only.
    void* data = const_cast<std::uint8_t*>(view.bytes.data());
    return at::from_blob(
        data, view.shape, [keepAlive = std::move(keepAlive)](void*) {}, options);
}

TensorSnapshot snapshotFromTensor(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(host.nbytes());
    if (!bytes->empty())
        std::memcpy(bytes->data(), host.const_data_ptr(), bytes->size());
    return {elementType(host.scalar_type()), host.sizes().vec(), std::move(bytes)};
}

at::Tensor tensorFromSnapshot(const TensorSnapshot& snapshot)
{
    at::Tensor tensor = at::empty(snapshot.shape, at::TensorOptions().dtype(scalarType(snapshot.type)));
    if (snapshot.bytes && !snapshot.bytes->empty())
        std::memcpy(tensor.data_ptr(), snapshot.bytes->data(), snapshot.bytes->size());
    return tensor;
}

Weights::Weights(const io::ModelFolder& folder, const CanonicalName& canonical) : m_path(folder.path)
{
    m_entries = collect(folder, canonical);  // notes faults, so not before all members are there
}

void Weights::overlay(const io::ModelFolder& folder, const CanonicalName& canonical)
{
    for (auto& [name, entry] : collect(folder, canonical))
        m_entries.insert_or_assign(name, std::move(entry));
    m_path = folder.path;
}

std::map<std::string, Weights::Entry> Weights::collect(const io::ModelFolder& folder, const CanonicalName& canonical)
{
    std::map<std::string, Entry> entries;
    m_faults.insert(m_faults.end(), folder.problems.begin(), folder.problems.end());
    for (const auto& file : folder.files) {
        for (const io::TensorView& view : file->tensors()) {
            const std::string name = canonical(view.name);
            if (name.empty())
                continue;
            if (!entries.try_emplace(name, Entry{tensorFromView(view, file), false}).second)
                m_faults.push_back(fmt::format("tensor {} is stored twice", view.name));
        }
    }
    return entries;
}

void Weights::replace(const std::string& name, const std::function<Parts(const at::Tensor&)>& make)
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end())
        return;
    const Parts parts = make(found->second.tensor);
    m_entries.erase(found);
    for (const auto& [part, tensor] : parts)
        m_entries[part] = {tensor, false};
}

bool Weights::has(const std::string& name) const
{
    return m_entries.contains(name);
}

at::Tensor Weights::find(const std::string& name, at::IntArrayRef sizes, bool required)
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end()) {
        if (required)
            m_missing.push_back(name);
        return {};
    }
    found->second.taken = true;
    const at::Tensor& tensor = found->second.tensor;
    if (!tensor.is_floating_point()) {
        addFault(fmt::format("{} holds {}, not floats", name, at::toString(tensor.scalar_type())));
        return {};
    }
    if (tensor.element_size() == 1) {
        // Such files keep scales beside the numbers, each in its own way.
        addFault(fmt::format("{} holds {}, which can be looked at but not run; convert the weights to BF16", name,
                             at::toString(tensor.scalar_type())));
        return {};
    }
    if (!fits(tensor.sizes(), sizes)) {
        addFault(fmt::format("{} has shape {} where config.json asks for {}", name, sizesText(tensor.sizes()),
                             sizesText(sizes)));
        return {};
    }
    return tensor;
}

at::Tensor Weights::take(const std::string& name, at::IntArrayRef sizes)
{
    return find(name, sizes, true);
}

at::Tensor Weights::takeOptional(const std::string& name, at::IntArrayRef sizes)
{
    return find(name, sizes, false);
}

Result<void> Weights::report(bool surplusIsError) const
{
    std::vector<std::string> parts;
    if (!m_missing.empty())
        parts.push_back(fmt::format("{} tensor{} missing: {}", m_missing.size(),
                                    m_missing.size() == 1 ? " is" : "s are", joinedShort(m_missing, ", ")));
    if (!m_faults.empty())
        parts.push_back(joinedShort(m_faults, "; "));
    const std::vector<std::string> left = surplusIsError || !parts.empty() ? surplus() : std::vector<std::string>();
    if (!left.empty())
        parts.push_back(fmt::format("{} tensor{} unknown: {}", left.size(), left.size() == 1 ? " is" : "s are",
                                    joinedShort(left, ", ")));
    if (parts.empty())
        return {};
    return fail(ErrorCode::ModelMismatch,
                fmt::format("the weights do not fit the configuration ({}); fetch the whole snapshot again: {}",
                            fmt::join(parts, "; "), m_path));
}

std::vector<std::string> Weights::surplus() const
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : m_entries)
        if (!entry.taken)
            names.push_back(name);
    return names;
}

at::ScalarType Weights::storedType() const
{
    std::map<at::ScalarType, std::int64_t> elements;
    for (const auto& [name, entry] : m_entries)
        if (entry.tensor.is_floating_point())
            elements[entry.tensor.scalar_type()] += entry.tensor.numel();
    const auto most = std::max_element(elements.begin(), elements.end(),
                                       [](const auto& left, const auto& right) { return left.second < right.second; });
    return most == elements.end() ? at::kFloat : most->first;
}

std::string Weights::firstNonFinite() const
{
    for (const auto& [name, entry] : m_entries) {
        if (entry.tensor.is_floating_point() && !at::isfinite(entry.tensor).all().item<bool>())
            return name;
    }
    return {};
}

}  // namespace armillary::tensors
