#include "support/golden_case.h"

#include "support/test_data.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace armillary::test {
namespace {

// Zeros of `shape` with `values` where the bits of `mask` [ceil(elements / 8)], least significant first, are set.
at::Tensor spread(const at::Tensor& values, const at::Tensor& mask, const std::vector<std::int64_t>& shape)
{
    at::Tensor whole = at::zeros(shape, values.options());
    const at::Tensor weights = at::tensor({1, 2, 4, 8, 16, 32, 64, 128}, at::kByte);
    const at::Tensor bits = mask.unsqueeze(1).bitwise_and(weights).ne(0).flatten().slice(0, 0, whole.numel());
    whole.masked_scatter_(bits.view(shape), values);
    return whole;
}

}  // namespace

GoldenCase GoldenCase::open(const std::string& path)
{
    GoldenCase golden;
    golden.m_path = path;
    const std::string jsonPath = dataPath(path + ".json");
    std::ifstream stream(jsonPath);
    if (!stream)
        throw std::runtime_error("missing reference data: " + jsonPath);
    golden.m_json = nlohmann::json::parse(stream);
    if (golden.m_json.contains("file")) {
        const auto folder = std::filesystem::path(jsonPath).parent_path();
        auto file = io::SafetensorsFile::open((folder / golden.m_json["file"].get<std::string>()).string());
        if (!file)
            throw std::runtime_error(file.error().message);
        golden.m_file = *file;
    }
    return golden;
}

bool GoldenCase::has(const std::string& name) const
{
    return (m_file && m_file->find(name) != nullptr) || !stored(name).is_null();
}

at::Tensor GoldenCase::tensor(const std::string& name) const
{
    const nlohmann::json how = stored(name);
    if (how.is_null())
        return fromFile(name);
    const auto form = how.at("form").get<std::string>();
    if (form == "elsewhere")
        return open(how.at("case").get<std::string>()).tensor(how.at("tensor").get<std::string>());
    if (form == "levels")
        return (fromFile(name).to(at::kFloat) / how.at("divisor").get<double>() - how.at("mean").get<double>()) /
               how.at("std").get<double>();
    if (form == "nonzero")
        return spread(fromFile(name), fromFile(name + ".mask"), shape(name));
    if (form == "columns")
        throw std::runtime_error(fmt::format("case {} stores only every {}th column and the last row of {}; compare it "
                                             "with matches(), which uses just these",
                                             m_path, how.at("stride").get<int>(), name));
    throw std::runtime_error(fmt::format("case {} stores {} in the unknown form {}", m_path, name, form));
}

nlohmann::json GoldenCase::stored(const std::string& name) const
{
    const auto tensors = m_json.find("tensors");
    if (tensors == m_json.end() || !tensors->contains(name))
        return nullptr;
    return tensors->at(name).value("stored", nlohmann::json());
}

at::Tensor GoldenCase::fromFile(const std::string& name) const
{
    const io::TensorView* view = m_file ? m_file->find(name) : nullptr;
    if (view == nullptr)
        throw std::runtime_error("case " + m_path + " has no tensor " + name);
    return tensors::tensorFromView(*view, m_file).clone();
}

std::vector<std::int64_t> GoldenCase::shape(const std::string& name) const
{
    return m_json.at("tensors").at(name).at("shape").get<std::vector<std::int64_t>>();
}

Tolerance GoldenCase::tolerance(const std::string& name) const
{
    const nlohmann::json& entry = m_json.at("tensors").at(name).at("tolerance");
    if (entry.is_string())
        return {0, 0, true};
    return {entry.at("rtol").get<double>(), entry.at("atol").get<double>(), false};
}

::testing::AssertionResult matches(const at::Tensor& wantGiven, const at::Tensor& gotGiven, const Tolerance& tolerance)
{
    if (!gotGiven.defined())
        return ::testing::AssertionFailure() << "nothing was computed (an undefined tensor)";
    at::Tensor want = wantGiven.contiguous();
    at::Tensor got = gotGiven.detach().to(at::kCPU).contiguous();
    if (want.dim() == got.dim() + 1 && want.size(0) == 1)
        want = want.squeeze(0);
    if (want.sizes() != got.sizes())
        return ::testing::AssertionFailure() << "shape " << got.sizes() << ", expected " << want.sizes();
    const bool integers = !want.is_floating_point();
    const at::Tensor wantFlat = want.to(at::kDouble).flatten();
    const at::Tensor gotFlat = got.to(at::kDouble).flatten();
    const at::Tensor error = (gotFlat - wantFlat).abs();
    const bool exact = tolerance.exact || integers;
    const at::Tensor limit = exact ? at::zeros_like(error) : tolerance.absolute + tolerance.relative * wantFlat.abs();
    const at::Tensor good =
        error.le(limit).logical_or(gotFlat.eq(wantFlat)).logical_or(gotFlat.isnan().logical_and(wantFlat.isnan()));
    const at::Tensor bad = good.logical_not().nonzero().flatten();
    if (bad.numel() == 0)
        return ::testing::AssertionSuccess();

    const std::int64_t first = bad[0].item<std::int64_t>();
    std::vector<std::int64_t> index(static_cast<std::size_t>(want.dim()));
    std::int64_t rest = first;
    for (std::int64_t axis = want.dim() - 1; axis >= 0; --axis) {
        index[static_cast<std::size_t>(axis)] = rest % want.size(axis);
        rest /= want.size(axis);
    }
    const double norms = (wantFlat.norm() * gotFlat.norm()).item<double>();
    const double cosine = norms > 0 ? wantFlat.dot(gotFlat).item<double>() / norms : 0;
    return ::testing::AssertionFailure() << bad.numel() << " of " << want.numel() << " elements are off; first at "
                                         << c10::IntArrayRef(index) << ": " << gotFlat[first].item<double>()
                                         << ", expected " << wantFlat[first].item<double>() << "; largest error "
                                         << error.max().item<double>() << ", cosine " << cosine;
}

::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name, const at::Tensor& got,
                                   const Tolerance& tolerance)
{
    const nlohmann::json how = golden.stored(name);
    if (!how.is_object() || how.at("form") != "columns")
        return matches(golden.tensor(name), got, tolerance) << " (" << name << ")";

    if (!got.defined())
        return ::testing::AssertionFailure() << "nothing was computed (an undefined tensor) (" << name << ")";
    const std::vector<std::int64_t> shape = golden.shape(name);
    at::Tensor whole = got;
    if (static_cast<std::size_t>(got.dim()) + 1 == shape.size() && shape[0] == 1)
        whole = got.unsqueeze(0);
    if (whole.sizes() != c10::IntArrayRef(shape))
        return ::testing::AssertionFailure()
               << "shape " << got.sizes() << ", expected " << c10::IntArrayRef(shape) << " (" << name << ")";
    const auto stride = how.at("stride").get<std::int64_t>();
    const auto columns = matches(golden.fromFile(name), whole.slice(-1, 0, shape.back(), stride), tolerance);
    if (!columns)
        return ::testing::AssertionResult(columns) << " (every " << stride << "th column of " << name << ")";
    return matches(golden.fromFile(name + ".last_row"), whole.select(-2, -1), tolerance)
           << " (last row of " << name << ")";
}

::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name, const at::Tensor& got)
{
    return matches(golden, name, got, golden.tolerance(name));
}

}  // namespace armillary::test
