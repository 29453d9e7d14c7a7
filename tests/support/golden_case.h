// One case of the reference data (tests/data/README.md): its JSON, its tensors, and the comparison with the case's own tolerance.
//
//     const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
//     EXPECT_TRUE(matches(golden, "logits", got));
//
// Missing data throws, so that the test fails. Thread rule: immutable once opened.
#pragma once

#include "io/safetensors_file.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace armillary::test {

// `exact` demands equal elements and ignores the two numbers.
struct Tolerance {
    double relative = 0;
    double absolute = 0;
    bool exact = false;
};

class GoldenCase {
public:
    // `path` without its ending, below tests/data: "cases/gemma/text_short". The tensors are those of the file that the
    // JSON names, none when it names none.
    [[nodiscard]] static GoldenCase open(const std::string& path);

    [[nodiscard]] const nlohmann::json& json() const { return m_json; }
    [[nodiscard]] bool has(const std::string& name) const;
    // A copy of tensor `name` as stored, on the CPU.
    [[nodiscard]] at::Tensor tensor(const std::string& name) const;
    [[nodiscard]] Tolerance tolerance(const std::string& name) const;

private:
    std::string m_path;
    nlohmann::json m_json;
    std::shared_ptr<const io::SafetensorsFile> m_file;
};

// |got - want| <= absolute + relative * |want| for every element; a NaN only fits a NaN. Says the first bad index, the number of
// bad elements, the largest error and the cosine. `got` may lack the leading batch axis of size 1 that `want` has.
[[nodiscard]] ::testing::AssertionResult matches(const at::Tensor& want, const at::Tensor& got,
                                                 const Tolerance& tolerance);
// The same against tensor `name` of the case with the case's tolerance.
[[nodiscard]] ::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name,
                                                 const at::Tensor& got);

}  // namespace armillary::test
