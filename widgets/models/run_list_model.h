// The runs of the open session, newest last, as rows: what was asked, what came of it, and which are shown as A and B. A run that
// goes on from another one than the run before it stands indented below its siblings' level. Rows can be dragged onto each other,
// and their notes edited in place.
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
    QString problem;         // why its record cannot be read; empty when nothing is known against it
    QString parentId;        // the run whose conversation it continues; empty: none
    double seconds = 0;      // it took; 0: not known
    bool isPending = false;  // not yet on disk
};

class RunListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        IdRole = Qt::UserRole,
        SideRole /* "A", "B" or empty */,
        NoteRole,
        ProblemRole,
        AnswerRole,
        CostRole /* tokens, seconds, when */,
        DepthRole /* of branches: 0, 1 ... */,
        IsRolloutRole,
    };

    using QAbstractListModel::QAbstractListModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    // Qt::EditRole is the note.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QStringList mimeTypes() const override;
    [[nodiscard]] QMimeData* mimeData(const QModelIndexList& indexes) const override;
    [[nodiscard]] bool canDropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                                       const QModelIndex& parent) const override;
    // A run dropped onto another: the other is shown, the dropped one compared with it.
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                      const QModelIndex& parent) override;
    [[nodiscard]] Qt::DropActions supportedDropActions() const override { return Qt::CopyAction; }

    [[nodiscard]] const std::vector<RunRow>& rows() const { return m_rows; }
    [[nodiscard]] const RunRow* find(const QString& id) const;
    // -1: none of that id.
    [[nodiscard]] int indexOf(const QString& id) const;
    // Which rows are A and B; empty: none.
    [[nodiscard]] const QString& sideA() const { return m_a; }
    [[nodiscard]] const QString& sideB() const { return m_b; }

    void setRows(std::vector<RunRow> rows);
    void append(RunRow row);
    // `row` takes the place of the row `id`, perhaps under another id.
    void replace(const QString& id, RunRow row);
    void remove(const QString& id);
    void setNote(const QString& id, const QString& note);
    void setSides(const QString& a, const QString& b);

    // The open session: its name, empty before it has a folder, and the notes about the whole of it.
    [[nodiscard]] const QString& sessionName() const { return m_sessionName; }
    [[nodiscard]] const QString& sessionNotes() const { return m_sessionNotes; }
    void setSessionName(const QString& name);
    void setSessionNotes(const QString& notes);

    // For panels: what a person wants to see.
    void wantShown(const QString& id) { Q_EMIT showWanted(id); }
    void wantCompared(const QString& id) { Q_EMIT compareWanted(id); }
    // The run's record as a file: .npz by that ending, else safetensors.
    void wantExported(const QString& id, const QString& path) { Q_EMIT exportWanted(id, path); }
    void wantRevealed(const QString& id) { Q_EMIT revealWanted(id); }

Q_SIGNALS:
    void showWanted(const QString& id);
    void compareWanted(const QString& id);  // as B beside the shown one
    void exportWanted(const QString& id, const QString& path);
    void revealWanted(const QString& id);
    void noteChanged(const QString& id, const QString& note);
    void sessionNameChanged();
    void sessionNotesChanged();

private:
    [[nodiscard]] int depthOf(const RunRow& row) const;
    [[nodiscard]] static QString costOf(const RunRow& row);

    std::vector<RunRow> m_rows;
    QString m_a;
    QString m_b;
    QString m_sessionName;
    QString m_sessionNotes;
};

}  // namespace armillary::widgets
