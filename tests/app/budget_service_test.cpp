// The account of a question beside the interface: pauses, the latest wish, what is said without a model, an end while counting.
#include "app/inference/budget_service.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace armillary::app {
namespace {

using test::waitUntil;

// Counts a token a letter; remembers what it was asked and from which thread.
class LetterBudgeter final : public TokenBudgeter {
public:
    Result<TokenBudget> budget(const Question& question) const override
    {
        hasBegun = true;
        while (isHeld)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::lock_guard lock(m_mutex);
        asked.push_back(question.turns.front().text);
        thread = std::this_thread::get_id();
        if (question.turns.front().text == "bad")
            return fail(ErrorCode::InvalidInput, "nothing can be made of that");
        TokenBudget out;
        out.conversation.text = static_cast<std::int64_t>(question.turns.front().text.size());
        return out;
    }

    std::atomic<bool> isHeld = false;
    mutable std::atomic<bool> hasBegun = false;
    mutable std::mutex m_mutex;
    mutable std::vector<std::string> asked;
    mutable std::thread::id thread;
};

struct Told {
    std::shared_ptr<const TokenBudget> budget;
    QString problem;
};

class BudgetServiceTest : public testing::Test {
protected:
    void SetUp() override
    {
        QObject::connect(m_service.get(), &BudgetService::counted,
                         [this](const std::shared_ptr<const TokenBudget>& budget, const QString& problem) {
                             m_told.push_back({budget, problem});
                         });
    }

    Question draft() const
    {
        Question question;
        question.turns = {{ChatRole::User, {}, m_text}};
        return question;
    }

    std::string m_text = "Hello";
    std::vector<Told> m_told;
    std::shared_ptr<LetterBudgeter> m_budgeter = std::make_shared<LetterBudgeter>();
    std::unique_ptr<BudgetService> m_service = std::make_unique<BudgetService>([this] { return draft(); });
};

TEST_F(BudgetServiceTest, WithoutAModelThereIsNoneAtOnce)
{
    m_service->refresh();
    ASSERT_EQ(m_told.size(), 1U);
    EXPECT_EQ(m_told[0].budget, nullptr);
    EXPECT_TRUE(m_told[0].problem.isEmpty());
}

TEST_F(BudgetServiceTest, CountsElsewhereAfterAPauseAndOnceForManyKeys)
{
    m_service->setBudgeter(m_budgeter);
    for (const char* text : {"W", "Wh", "Wha", "What"}) {
        m_text = text;
        m_service->refresh();
    }
    ASSERT_TRUE(waitUntil([this] { return !m_told.empty(); }));
    EXPECT_EQ(m_told.size(), 1U);
    EXPECT_EQ(m_told[0].budget->conversation.text, 4);
    EXPECT_THAT(m_budgeter->asked, testing::ElementsAre("What"));
    EXPECT_NE(m_budgeter->thread, std::this_thread::get_id());
}

TEST_F(BudgetServiceTest, AnOlderCountIsNotTold)
{
    m_budgeter->isHeld = true;
    m_text = "older";
    m_service->setBudgeter(m_budgeter);
    ASSERT_TRUE(waitUntil([this] { return m_budgeter->hasBegun.load(); }));
    m_text = "the newer one";
    m_service->refresh();
    test::turnFor(std::chrono::milliseconds(BudgetService::kPauseMilliseconds * 2));
    m_budgeter->isHeld = false;
    ASSERT_TRUE(waitUntil([this] { return !m_told.empty(); }));
    EXPECT_THAT(m_budgeter->asked, testing::ElementsAre("older", "the newer one"));
    test::turnFor(std::chrono::milliseconds(50));
    ASSERT_EQ(m_told.size(), 1U);
    EXPECT_EQ(m_told[0].budget->conversation.text, 13);
}

TEST_F(BudgetServiceTest, WhatCannotBeCountedIsASentence)
{
    m_text = "bad";
    m_service->setBudgeter(m_budgeter);
    ASSERT_TRUE(waitUntil([this] { return !m_told.empty(); }));
    EXPECT_EQ(m_told[0].budget, nullptr);
    EXPECT_EQ(m_told[0].problem, QStringLiteral("nothing can be made of that"));
}

TEST_F(BudgetServiceTest, EndsWhileCounting)
{
    m_budgeter->isHeld = true;
    m_service->setBudgeter(m_budgeter);
    ASSERT_TRUE(waitUntil([this] { return m_budgeter->hasBegun.load(); }));
    std::thread opener([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        m_budgeter->isHeld = false;
    });
    m_service.reset();
    opener.join();
    test::turnFor(std::chrono::milliseconds(50));
    EXPECT_TRUE(m_told.empty());
}

}  // namespace
}  // namespace armillary::app
