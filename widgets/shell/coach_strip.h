// The guided tour's voice: a strip below the panels with one step's title and words, whether what is seen is live or recorded, and the
// way back and on. Covers nothing and holds up nothing.
// Thread rule: GUI thread.
#pragma once

#include <QFrame>
#include <QString>

class QLabel;
class QPushButton;

namespace armillary::widgets {

class CoachStrip : public QFrame {
    Q_OBJECT
public:
    enum class Mark { None, Live, Recorded };

    explicit CoachStrip(QWidget* parent = nullptr);

    // Step `number` of `count`, from 1.
    void setStep(int number, int count, const QString& title);
    // What a person is to look at; may change while the step works.
    void setWords(const QString& words);
    void setMark(Mark mark);
    // Large enough to be read from the last row.
    void setLarge(bool large);

    [[nodiscard]] QString title() const;
    [[nodiscard]] QString words() const;
    [[nodiscard]] Mark mark() const { return m_shownMark; }
    [[nodiscard]] QPushButton* backButton() const { return m_back; }
    [[nodiscard]] QPushButton* nextButton() const { return m_next; }
    [[nodiscard]] QPushButton* endButton() const { return m_end; }

private:
    QLabel* m_title = nullptr;
    QLabel* m_words = nullptr;
    QLabel* m_mark = nullptr;
    QLabel* m_count = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_next = nullptr;
    QPushButton* m_end = nullptr;
    Mark m_shownMark = Mark::None;
};

}  // namespace armillary::widgets
