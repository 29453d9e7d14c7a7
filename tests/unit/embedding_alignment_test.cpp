#include "embedding/alignment.h"

#include "embedding_random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace armillary::embedding {
namespace {

using test::gaussian;

// Turned in the planes of the axes (0,1) and (1,2), shifted and scaled.
Matrix turned(const Matrix& x)
{
    Matrix out = x;
    for (std::int64_t i = 0; i < x.rows; ++i) {
        for (const std::int64_t c : {0, 1}) {
            const float a = out.row(i)[c];
            const float b = out.row(i)[c + 1];
            out.row(i)[c] = 0.8F * a - 0.6F * b;
            out.row(i)[c + 1] = 0.6F * a + 0.8F * b;
        }
        for (std::int64_t c = 0; c < x.columns; ++c)
            out.row(i)[c] = 3 * out.row(i)[c] + 5;
    }
    return out;
}

const AlignedMeasure& measure(const Alignment& all, const std::string& name)
{
    for (const AlignedMeasure& each : all.measures) {
        if (each.name == name)
            return each;
    }
    throw std::runtime_error("no measure " + name);
}

// HSIC_1 of Song et al. written out over the Gram matrices without their diagonals.
double naiveUnbiasedHsic(const Matrix& x, const Matrix& y)
{
    const std::int64_t n = x.rows;
    const auto gram = [n](const Matrix& m) {
        std::vector<std::vector<double>> out(static_cast<std::size_t>(n),
                                             std::vector<double>(static_cast<std::size_t>(n), 0));
        for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < n; ++j) {
                for (std::int64_t c = 0; i != j && c < m.columns; ++c)
                    out[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] +=
                        static_cast<double>(m.row(i)[c]) * m.row(j)[c];
            }
        }
        return out;
    };
    const auto k = gram(x), l = gram(y);
    double trace = 0, sumK = 0, sumL = 0, middle = 0;
    for (std::size_t i = 0; i < k.size(); ++i) {
        double rowK = 0, rowL = 0;
        for (std::size_t j = 0; j < k.size(); ++j) {
            trace += k[i][j] * l[j][i];
            rowK += k[i][j];
            rowL += l[i][j];
        }
        sumK += rowK;
        sumL += rowL;
        middle += rowK * rowL;
    }
    const auto d = static_cast<double>(n);
    return (trace + sumK * sumL / ((d - 1) * (d - 2)) - 2 * middle / (d - 2)) / (d * (d - 3));
}

TEST(Cka, OfTheSameAndOfTurnedVectorsIsOne)
{
    const Matrix x = gaussian(40, 5, 1);
    EXPECT_NEAR(linearCka(x, x), 1, 1e-12);
    EXPECT_NEAR(linearCka(x, turned(x)), 1, 1e-6);
    EXPECT_NEAR(unbiasedCka(x, turned(x)), 1, 1e-6);
    EXPECT_NEAR(procrustesDistance(x, turned(x)), 0, 1e-6);
    EXPECT_NEAR(svcca(x, turned(x)).value, 1, 1e-6);
    EXPECT_NEAR(mutualNeighbours(x, x, 5), 1, 0);
}

// Centred x = (-1, 0, 1), centred y = (0, -1, 1): x.y = 1, |x|^2 = |y|^2 = 2, so CKA = 1/4 and the nuclear norm is 1/2.
TEST(Cka, OfThreePointsByHand)
{
    const Matrix x{3, 1, {4, 5, 6}};
    const Matrix y{3, 1, {7, 6, 8}};
    EXPECT_NEAR(linearCka(x, y), 0.25, 1e-12);
    EXPECT_NEAR(procrustesDistance(x, y), 2 - 2 * 0.5, 1e-12);
    EXPECT_TRUE(std::isnan(unbiasedCka(x, y))) << "three pairs have no unbiased estimate";
    EXPECT_TRUE(std::isnan(svcca(x, y).value)) << "one direction each of two that there are";
}

TEST(Cka, IsTheQuotientOfFrobeniusNorms)
{
    const Matrix x = gaussian(25, 6, 2), y = gaussian(25, 9, 3);
    const Matrix a = centredColumns(x), b = centredColumns(y);
    const auto squared = [](const Matrix& l, const Matrix& r) {
        double sum = 0;
        for (std::int64_t i = 0; i < l.columns; ++i) {
            for (std::int64_t j = 0; j < r.columns; ++j) {
                double entry = 0;
                for (std::int64_t row = 0; row < l.rows; ++row)
                    entry += static_cast<double>(l.row(row)[i]) * r.row(row)[j];
                sum += entry * entry;
            }
        }
        return sum;
    };
    EXPECT_NEAR(linearCka(x, y), squared(a, b) / std::sqrt(squared(a, a) * squared(b, b)), 1e-9);
}

TEST(Cka, UnbiasedIsTheFormulaWrittenOut)
{
    const Matrix x = gaussian(12, 30, 4), y = gaussian(12, 20, 5);
    EXPECT_NEAR(unbiasedCka(x, y),
                naiveUnbiasedHsic(x, y) / std::sqrt(naiveUnbiasedHsic(x, x) * naiveUnbiasedHsic(y, y)), 1e-6);
}

TEST(Cka, WideUnrelatedVectorsInflateOnlyTheBiasedForm)
{
    const Matrix x = gaussian(40, 2000, 6), y = gaussian(40, 2000, 7);
    EXPECT_GT(linearCka(x, y), 0.9);
    EXPECT_NEAR(unbiasedCka(x, y), 0, 0.05);
}

TEST(MutualNeighbours, OfUnrelatedVectorsIsChance)
{
    const Matrix x = gaussian(400, 8, 8), y = gaussian(400, 8, 9);
    // Chance 10 / 399 = 0.0251; the mean over 400 points scatters by about 0.0025.
    EXPECT_NEAR(mutualNeighbours(x, y, 10), 10.0 / 399, 0.008);
}

TEST(MutualNeighbours, OfFourPointsByHand)
{
    // By angle: x is at 0, 10, 40, 90 degrees, y at 0, 10, 90, 60: nearest in x 1, 0, 1, 2 and in y 1, 0, 3, 2.
    const auto at = [](std::initializer_list<double> degrees) {
        Matrix out{static_cast<std::int64_t>(degrees.size()), 2, {}};
        for (const double each : degrees) {
            out.values.push_back(static_cast<float>(std::cos(each * M_PI / 180)));
            out.values.push_back(static_cast<float>(std::sin(each * M_PI / 180)));
        }
        return out;
    };
    EXPECT_DOUBLE_EQ(mutualNeighbours(at({0, 10, 40, 90}), at({0, 10, 90, 60}), 1), 0.75);
}

TEST(Alignment, BandsHoldUnrelatedVectorsAndLieBelowRelatedOnes)
{
    const Matrix x = gaussian(60, 6, 10);
    Matrix related = gaussian(60, 6, 11);
    for (std::size_t i = 0; i < x.values.size(); ++i)
        related.values[i] = 0.5F * related.values[i] + x.values[i];
    const auto with = alignment(x, related, {.draws = 100, .svdDraws = 40}, {});
    const auto without = alignment(x, gaussian(60, 6, 12), {.draws = 100, .svdDraws = 40}, {});
    ASSERT_TRUE(with && without);
    ASSERT_EQ(with->measures.size(), 5U);
    for (const AlignedMeasure& each : with->measures) {
        const bool isDistance = each.name == "Procrustes distance";
        EXPECT_TRUE(isDistance ? each.value < each.permuted.low : each.value > each.permuted.high) << each.name;
        EXPECT_NEAR(each.permuted.pValue, 1.0 / static_cast<double>(1 + each.permuted.draws), 1e-12) << each.name;
        EXPECT_FALSE(each.shifted) << "no grid was named";
        const AlignedMeasure& chance = measure(*without, each.name);
        EXPECT_GT(chance.permuted.pValue, 0.02) << each.name;
    }
    EXPECT_EQ(measure(*with, "linear CKA").permuted.draws, 100);
    EXPECT_EQ(measure(*with, "SVCCA").permuted.draws, 40);
    EXPECT_NEAR(measure(*without, "mutual kNN").permuted.mean, without->chanceNeighbours, 0.02);
    EXPECT_NEAR(without->chanceNeighbours, 10.0 / 59, 1e-12);
}

TEST(Alignment, PermutedDrawIsTheMeasureOfPermutedRows)
{
    const Matrix x = gaussian(30, 4, 13), y = gaussian(30, 5, 14);
    const auto got = alignment(x, y, {.neighbours = 5, .draws = 1, .svdDraws = 1, .seed = 3}, {});
    ASSERT_TRUE(got);
    const Matrix mixed = chosenRows(y, randomPairings(30, 1, 3).front());
    EXPECT_NEAR(measure(*got, "linear CKA").permuted.mean, linearCka(x, mixed), 1e-9);
    EXPECT_NEAR(measure(*got, "unbiased CKA").permuted.mean, unbiasedCka(x, mixed), 1e-6);
    EXPECT_NEAR(measure(*got, "mutual kNN").permuted.mean, mutualNeighbours(x, mixed, 5), 1e-12);
    EXPECT_NEAR(measure(*got, "Procrustes distance").permuted.mean, procrustesDistance(x, mixed), 1e-6);
    EXPECT_NEAR(measure(*got, "SVCCA").permuted.mean, svcca(x, mixed).value, 1e-6);
}

// Two smooth maps of different content: permutations call them related, shifts around the edges do not.
TEST(Alignment, SmoothGridsAgreeForSpatialReasonsAlone)
{
    constexpr std::int64_t kSide = 12;
    Matrix x{kSide * kSide, 2, {}}, y{kSide * kSide, 2, {}};
    for (std::int64_t row = 0; row < kSide; ++row) {
        for (std::int64_t column = 0; column < kSide; ++column) {
            const double a = 2 * M_PI * static_cast<double>(row) / kSide,
                         b = 2 * M_PI * static_cast<double>(column) / kSide;
            x.values.insert(x.values.end(), {static_cast<float>(std::sin(a)), static_cast<float>(std::cos(b))});
            y.values.insert(y.values.end(), {static_cast<float>(std::sin(a + 1)), static_cast<float>(std::cos(b + 2))});
        }
    }
    const auto got = alignment(x, y, {.draws = 100, .svdDraws = 20, .gridRows = kSide, .gridColumns = kSide}, {});
    ASSERT_TRUE(got);
    const AlignedMeasure& cka = measure(*got, "linear CKA");
    ASSERT_TRUE(cka.shifted);
    EXPECT_LT(cka.permuted.pValue, 0.02);
    EXPECT_GT(cka.shifted->pValue, 0.1);
}

TEST(ToroidalShifts, MoveEveryCellAndNeverRepeat)
{
    const auto shifts = toroidalShifts(3, 4, 200, 1);
    ASSERT_EQ(shifts.size(), 11U);
    std::set<std::vector<std::int64_t>> seen;
    for (const auto& order : shifts) {
        EXPECT_TRUE(seen.insert(order).second);
        EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 12U);
        EXPECT_NE(order[0], 0);
        // Neighbours stay neighbours around the edges.
        EXPECT_EQ(order[1] / 4, order[0] / 4);
        EXPECT_EQ(order[1] % 4, (order[0] % 4 + 1) % 4);
    }
    EXPECT_TRUE(toroidalShifts(1, 1, 5, 0).empty());
}

TEST(NullBand, OfKnownDraws)
{
    const std::vector<double> draws = {0, 1, 2, 3, 4};
    const NullBand band = nullBand(3.5, draws, Agreement::Higher);
    EXPECT_DOUBLE_EQ(band.mean, 2);
    EXPECT_NEAR(band.deviation, std::sqrt(2.5), 1e-12);
    EXPECT_NEAR(band.low, 0.1, 1e-12);
    EXPECT_NEAR(band.high, 3.9, 1e-12);
    EXPECT_NEAR(band.pValue, 2.0 / 6, 1e-12);
    EXPECT_NEAR(nullBand(3.5, draws, Agreement::Lower).pValue, 5.0 / 6, 1e-12);
    EXPECT_TRUE(std::isnan(nullBand(1, {}, Agreement::Higher).mean));
}

TEST(Alignment, DegenerateInputsGiveNaNWithACaution)
{
    const Matrix flat{20, 3, std::vector<float>(60, 0.3F)};
    for (const auto& [x, y] : {std::pair{flat, gaussian(20, 3, 1)},
                               {gaussian(1, 3, 1), gaussian(1, 3, 2)},
                               {Matrix{0, 3, {}}, Matrix{0, 3, {}}},
                               {gaussian(3, 3, 1), gaussian(3, 3, 2)}}) {
        const auto got = alignment(x, y, {.draws = 5, .svdDraws = 5}, {});
        ASSERT_TRUE(got);
        EXPECT_FALSE(got->cautions.empty());
        EXPECT_TRUE(std::isnan(measure(*got, "mutual kNN").value));
    }
    EXPECT_TRUE(std::isnan(linearCka(flat, gaussian(20, 3, 1))));
    EXPECT_TRUE(std::isnan(procrustesDistance(gaussian(20, 3, 1), flat)));
    EXPECT_EQ(alignment(gaussian(3, 3, 1), gaussian(4, 3, 1), {}, {}).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(alignment(gaussian(4, 3, 1), gaussian(4, 3, 1), {.gridRows = 3, .gridColumns = 2}, {}).error().code,
              ErrorCode::InvalidInput);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(alignment(gaussian(9, 3, 1), gaussian(9, 3, 2), {}, stop.get_token()).error().code, ErrorCode::Cancelled);
}

TEST(TurnedOnto, UndoesARotationAndLeavesTheProcrustesDistance)
{
    const Matrix x = gaussian(30, 4, 20);
    const TurnedPair same = turnedOnto(x, turned(x), 4);
    ASSERT_EQ(same.x.columns, 4);
    for (std::size_t i = 0; i < same.x.values.size(); ++i)
        EXPECT_NEAR(same.y.values[i], same.x.values[i], 1e-5);
    const Matrix other = gaussian(30, 3, 21);
    const TurnedPair pair = turnedOnto(x, other, 4);
    double squares = 0;
    for (std::size_t i = 0; i < pair.x.values.size(); ++i)
        squares += std::pow(static_cast<double>(pair.x.values[i]) - pair.y.values[i], 2);
    EXPECT_NEAR(squares, procrustesDistance(x, other), 1e-5);
    EXPECT_EQ(turnedOnto(x, Matrix{30, 3, std::vector<float>(90, 1.F)}, 2).x.columns, 0);
}

}  // namespace
}  // namespace armillary::embedding
