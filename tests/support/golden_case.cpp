#include "support/golden_case.h"

#include "support/test_data.h"
#include "tensors/weights.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace armillary::test {

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
    return m_file && m_file->find(name) != nullptr;
}

at::Tensor GoldenCase::tensor(const std::string& name) const
{
    const io::TensorView* view = m_file ? m_file->find(name) : nullptr;
    if (view == nullptr)
        throw std::runtime_error("case " + m_path + " has no tensor " + name);
    return tensors::tensorFromView(*view, m_file).clone();
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

::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name, const at::Tensor& got)
{
    return matches(golden.tensor(name), got, golden.tolerance(name)) << " (" << name << ")";
}

}  // namespace armillary::test
