// 4,138 positions, 4,096 of them world tokens: what must not depend on the length of a sequence. Prints seconds and memory.
#include "study/contribution_logit.h"
#include "study/lens_layers.h"
#include "study/relevancy.h"
#include "study/surprisal.h"

#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <string>

namespace armillary::study {
namespace {

std::int64_t peakMegabytes()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

// What `work` gives; prints how long it took and by how much it raised the peak of memory.
template <class Work>
auto measured(const std::string& name, const Work& work)
{
    const std::int64_t before = peakMegabytes();
    const auto start = std::chrono::steady_clock::now();
    auto out = work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::cout << name << ": " << seconds << " s, " << peakMegabytes() - before << " MB above the earlier peak\n";
    return out;
}

TEST(LensOfALongRecord, StaysExactAndSmall)
{
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/spatial-linear");
    const auto record =
        test::answeredBy(*pipeline, test::questionAbout({"media/astronaut.png"}, "What will the red car do next?", 3));
    const std::int64_t length = record->layout->size();
    ASSERT_GT(length, 4100);
    SilentObserver observer;
    const std::stop_token never;

    const auto words =
        measured("logit lens of one layer", [&] { return lensOfLayer(*pipeline, *record, 3, -1, 3, observer, never); });
    ASSERT_TRUE(words);
    ASSERT_EQ(words->reading.ids.size(0), length + 3);
    const auto one = lensOfPosition(*pipeline, *record, length - 1, 3, -1, 3, observer, never);
    ASSERT_TRUE(one);
    EXPECT_TRUE(at::equal(words->reading.ids[length - 1], one->reading.ids[0]));

    const auto terms =
        measured("direct contribution", [&] { return directContribution(*pipeline, *record, 2, -1, observer, never); });
    ASSERT_TRUE(terms);
    EXPECT_LT(std::abs(terms->closureError()), 1e-4 * std::max(1.0, std::abs(terms->logitDifference)));

    const std::int64_t before = peakMegabytes();
    const auto found = measured("relevancy", [&] { return relevancy(*pipeline, *record, {2}, observer, never); });
    ASSERT_TRUE(found);
    EXPECT_LT(found->attentionError, 1e-5);
    EXPECT_LT(found->run.probability, 1e-5);
    EXPECT_GT(found->relevance.sum().item<double>(), 0);
    // Whole maps of the seven layers would take 1.9 GB, and as much again for their gradients.
    EXPECT_LT(peakMegabytes() - before, 500);
}

}  // namespace
}  // namespace armillary::study
