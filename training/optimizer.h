// Muon for matrices, AdamW for the rest, with the gradient's norm clipped.
//
// Muon (K. Jordan and others 2024): momentum, then five Newton-Schulz steps that bring the singular values of the update near
// to 1, scaled by the root of a tall matrix' ratio of sides. Weights of more axes are matrices [out, rest].
// Thread rule: used by the thread that trains.
#pragma once

#include "training/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace armillary::training {

// The five Newton-Schulz steps on a matrix [n,m].
[[nodiscard]] at::Tensor orthogonalised(const at::Tensor& matrix);

struct OptimizerOptions {
    double muonRate = 0.02;
    double adamRate = 0.002;
    double momentum = 0.95;
    double muonDecay = 0.01;
    double beta1 = 0.9;
    double beta2 = 0.98;
    double epsilon = 1e-8;
    double mostNorm = 1;  // of all gradients together
};

class Optimizer {
public:
    using IsMatrix = std::function<bool(const std::string& name, const at::Tensor& tensor)>;

    // Over the parameters that require gradients now.
    Optimizer(const Parameters& parameters, const IsMatrix& isMatrix, const OptimizerOptions& options);

    // Changes the parameters by their gradients, with `scale` times the rates, and drops the gradients. Returns the norm of all
    // gradients before clipping. A norm that is not finite changes nothing.
    double step(double scale);
    void clearGradients();

    // What must be kept to go on as if never stopped, by names that begin with "optimizer.".
    [[nodiscard]] TensorMap state() const;
    // Errors: ModelMismatch.
    [[nodiscard]] Result<void> restore(const TensorMap& state);

private:
    struct Slot {
        std::string name;
        at::Tensor parameter;
        bool isMatrix = false;
        at::Tensor first;   // momentum
        at::Tensor second;  // AdamW's mean of squares
    };

    OptimizerOptions m_options;
    std::vector<Slot> m_slots;
    std::int64_t m_steps = 0;
};

// An exponential mean of the parameters over the last steps: steadier than any one of them.
class RunningAverage {
public:
    RunningAverage(const Parameters& parameters, double keep);

    void update();
    // What is kept, by names that begin with "average.".
    [[nodiscard]] TensorMap state() const;
    [[nodiscard]] Result<void> restore(const TensorMap& state);
    // The means by the parameters' own names.
    [[nodiscard]] TensorMap values() const;

private:
    double m_keep;
    std::int64_t m_steps = 0;
    std::vector<std::string> m_names;
    std::vector<at::Tensor> m_parameters;
    std::vector<at::Tensor> m_means;
};

// Puts other values into parameters for as long as it lives.
class ValuesForNow {
public:
    ValuesForNow(Parameters& parameters, const TensorMap& values);
    ~ValuesForNow();
    ValuesForNow(const ValuesForNow&) = delete;
    ValuesForNow& operator=(const ValuesForNow&) = delete;

private:
    Parameters& m_parameters;
    TensorMap m_own;
};

// Share of the peak rate at `step` of `steps`: up over the first `warm` steps, then level, down over the last `falling` share to
// `least`.
[[nodiscard]] double rateAt(std::int64_t step, std::int64_t steps, std::int64_t warm, double falling, double least);

}  // namespace armillary::training
