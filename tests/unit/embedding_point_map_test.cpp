// t-SNE and UMAP: what both must do with blobs, seeds, stops and inputs that have no map.
#include "base/random_source.h"
#include "embedding/tsne.h"
#include "embedding/umap.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

// `blobs` clusters of `each` points, far apart.
Matrix separated(std::int64_t blobs, std::int64_t each, std::int64_t columns, std::uint64_t seed)
{
    RandomSource random(seed);
    Matrix out{0, columns, {}};
    for (std::int64_t blob = 0; blob < blobs; ++blob) {
        std::vector<double> centre;
        for (std::int64_t c = 0; c < columns; ++c)
            centre.push_back(6 * random.normal());
        for (std::int64_t i = 0; i < each; ++i, ++out.rows) {
            for (const double middle : centre)
                out.values.push_back(static_cast<float>(middle + random.normal()));
        }
    }
    return out;
}

// Share of points whose nearest point in the map is of their own blob.
double purity(const Matrix& points, std::int64_t each)
{
    const auto near = nearestNeighbours(points, points, 1, Metric::Euclid, true, {});
    double same = 0;
    for (std::int64_t i = 0; i < points.rows; ++i)
        same += near->indices[static_cast<std::size_t>(i)] / each == i / each ? 1 : 0;
    return same / static_cast<double>(points.rows);
}

TEST(Tsne, SeparatesBlobsAndLowersTheDivergence)
{
    const Matrix x = separated(4, 60, 20, 1);
    const auto got = tsne(x, {}, {});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->points.rows, 240);
    EXPECT_GT(got->trustworthiness, 0.9);
    EXPECT_GT(purity(got->points, 60), 0.99);
    ASSERT_EQ(got->trace.size(), 21U);  // every 50 of 1,000 steps, and the end
    EXPECT_LT(got->trace.back(), 0.7 * got->trace.front());
    for (std::size_t i = 7; i < got->trace.size(); ++i)
        EXPECT_LT(got->trace[i], got->trace[i - 1] + 0.02) << "after the exaggeration the divergence falls";
}

TEST(Tsne, SameSeedSameMap)
{
    const Matrix x = separated(3, 30, 12, 2);
    const TsneOptions options{.components = 5, .steps = 120, .seed = 7};
    EXPECT_EQ(tsne(x, options, {})->points.values, tsne(x, options, {})->points.values);
    TsneOptions other = options;
    other.seed = 8;
    EXPECT_NE(tsne(x, options, {})->points.values, tsne(x, other, {})->points.values);
}

TEST(Tsne, RepulsionByTreeIsThatOfAllPairs)
{
    RandomSource random(3);
    std::vector<double> points;
    for (int i = 0; i < 800; ++i)
        points.push_back(10 * random.normal());
    TsneRepulsion naive;
    naive.forces.assign(points.size(), 0);
    for (std::size_t i = 0; i < points.size(); i += 2) {
        for (std::size_t j = 0; j < points.size(); j += 2) {
            if (i == j)
                continue;
            const double dx = points[i] - points[j], dy = points[i + 1] - points[j + 1];
            const double near = 1 / (1 + dx * dx + dy * dy);
            naive.z += near;
            naive.forces[i] += near * near * dx;
            naive.forces[i + 1] += near * near * dy;
        }
    }
    const TsneRepulsion exact = tsneRepulsion(points, 0);
    const TsneRepulsion quick = tsneRepulsion(points, 0.5);
    EXPECT_NEAR(exact.z, naive.z, 1e-9 * naive.z);
    EXPECT_NEAR(quick.z, naive.z, 0.02 * naive.z);
    double off = 0, size = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        EXPECT_NEAR(exact.forces[i], naive.forces[i], 1e-9);
        off += std::pow(quick.forces[i] - naive.forces[i], 2);
        size += std::pow(naive.forces[i], 2);
    }
    EXPECT_LT(std::sqrt(off / size), 0.05);
}

TEST(Tsne, DefaultsFollowTheNumberOfPoints)
{
    EXPECT_DOUBLE_EQ(tsneDefaultsFor(4200, {}).learningRate, 350);
    EXPECT_DOUBLE_EQ(tsneDefaultsFor(600, {}).learningRate, 200);
    EXPECT_DOUBLE_EQ(tsneDefaultsFor(4200, {}).perplexity, 30);
    EXPECT_DOUBLE_EQ(tsneDefaultsFor(31, {}).perplexity, 10);
    EXPECT_DOUBLE_EQ(tsneDefaultsFor(4200, {.learningRate = 50}).learningRate, 50);
}

TEST(Umap, SeparatesBlobs)
{
    const Matrix x = separated(4, 60, 20, 1);
    const auto got = umap(x, {}, {});
    ASSERT_TRUE(got);
    EXPECT_GT(got->trustworthiness, 0.9);
    EXPECT_GT(purity(got->points, 60), 0.99);
}

TEST(Umap, SameSeedSameMap)
{
    const Matrix x = separated(3, 30, 12, 2);
    const UmapOptions options{.epochs = 60, .seed = 7};
    EXPECT_EQ(umap(x, options, {})->points.values, umap(x, options, {})->points.values);
    UmapOptions other = options;
    other.seed = 8;
    EXPECT_NE(umap(x, options, {})->points.values, umap(x, other, {})->points.values);
}

// The values that the reference implementation prints for its defaults.
TEST(Umap, CurveOfTheDefaults)
{
    const UmapCurve curve = umapCurve(0.1, 1);
    EXPECT_NEAR(curve.a, 1.57694, 1e-4);
    EXPECT_NEAR(curve.b, 0.89506, 1e-4);
}

TEST(PointMaps, OfTooFewAndOfEqualVectorsAreNaN)
{
    Matrix same{40, 3, {}};
    for (int i = 0; i < 40; ++i)
        same.values.insert(same.values.end(), {0.1F, -7.3F, 1e4F});
    for (const Matrix& x :
         {Matrix{0, 3, {}}, Matrix{3, 1, {1, 2, 3}}, same, Matrix{5, 2, std::vector<float>(10, 0.F)}}) {
        for (const auto& got : {tsne(x, {}, {}), umap(x, {}, {})}) {
            ASSERT_TRUE(got);
            EXPECT_EQ(got->points.rows, x.rows);
            EXPECT_TRUE(x.rows == 0 || std::isnan(got->points.values.front()));
            EXPECT_TRUE(std::isnan(got->trustworthiness));
            EXPECT_FALSE(got->cautions.empty());
        }
    }
}

TEST(PointMaps, EqualPointsAmongOthersDoNotBreakThem)
{
    Matrix x = separated(2, 20, 6, 4);
    for (std::int64_t i = 1; i < 15; ++i)
        std::copy_n(x.row(0), 6, x.row(i));
    for (const auto& got : {tsne(x, {.steps = 300}, {}), umap(x, {.epochs = 100}, {})}) {
        ASSERT_TRUE(got);
        for (const float value : got->points.values)
            EXPECT_TRUE(std::isfinite(value));
    }
}

TEST(PointMaps, StopAndTellProgress)
{
    const Matrix x = separated(3, 30, 12, 2);
    std::stop_source stop;
    double last = 0;
    int told = 0;
    const auto stopHalfway = [&](double done) {
        EXPECT_GE(done, last);
        last = done;
        ++told;
        if (done >= 0.4)
            stop.request_stop();
    };
    EXPECT_EQ(tsne(x, {}, stop.get_token(), stopHalfway).error().code, ErrorCode::Cancelled);
    EXPECT_LT(last, 0.5);
    EXPECT_GT(told, 2);
    stop = {};
    last = 0;
    EXPECT_EQ(umap(x, {}, stop.get_token(), stopHalfway).error().code, ErrorCode::Cancelled);
    EXPECT_LT(last, 0.5);
}

}  // namespace
}  // namespace armillary::embedding
