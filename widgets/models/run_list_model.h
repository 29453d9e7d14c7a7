// The runs of the open session, newest last, as rows: what was asked, what came of it, and which are shown as A and B.
// Reading records is not done here: who owns the session listens to the signals.
// Thread rule: GUI thread.
#pragma once

#include <QAbstractListModel>
#include <QString>

#include <vector>

namespace armillary::widgets {

struct RunRow {
    QString id;  // in the session
    QString question;
    QString answer;
    QString createdUtc;
    QString outcome;  // completed, cancelled, failed
    bool isRollout = false;
    qint64 promptPositions = 0;
    qint64 generatedTokens = 0;
    qint64 fileBytes = 0;
    QString note;
    QString problem;  // why its record cannot be read; empty when nothing is known against it
};

class RunListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { IdRole = Qt::UserRole, SideRole /* "A", "B" or empty */, NoteRole, ProblemRole };

    using QAbstractListModel::QAbstractListModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

    [[nodiscard]] const std::vector<RunRow>& rows() const { return m_rows; }
    [[nodiscard]] const RunRow* find(const QString& id) const;

    void setRows(std::vector<RunRow> rows);
    void append(RunRow row);
    void setNote(const QString& id, const QString& note);
    // Which rows are A and B; empty: none.
    void setSides(const QString& a, const QString& b);

    // For panels: what a person wants to see.
    void wantShown(const QString& id) { Q_EMIT showWanted(id); }
    void wantCompared(const QString& id) { Q_EMIT compareWanted(id); }

Q_SIGNALS:
    void showWanted(const QString& id);
    void compareWanted(const QString& id);  // as B beside the shown one
    void noteChanged(const QString& id, const QString& note);

private:
    std::vector<RunRow> m_rows;
    QString m_a;
    QString m_b;
};

}  // namespace armillary::widgets
