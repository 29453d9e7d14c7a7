// What the command palette offers: entries by name, those that fit what was typed, best first.
// Thread rule: GUI thread.
#pragma once

#include <QAbstractListModel>
#include <QString>

#include <functional>
#include <vector>

namespace armillary::widgets {

struct PaletteEntry {
    QString title;
    QString place;  // "Token strip", "Runs": where it belongs; empty for the window
    QString key;
    QString tip;
    QString obstacle;  // why it cannot be done now
    bool isEnabled = true;
    std::function<void()> run;
};

class PaletteModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { PlaceRole = Qt::UserRole, KeyRole, TipRole, ObstacleRole, MatchRole /* QVariantList of places */ };

    using QAbstractListModel::QAbstractListModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    void setEntries(std::vector<PaletteEntry> entries);
    void setTyped(const QString& typed);
    // Of a shown row; null outside.
    [[nodiscard]] const PaletteEntry* entry(int row) const;

private:
    struct Row {
        std::size_t entry = 0;
        int score = 0;
        std::vector<qsizetype> places;
    };

    void filter();

    std::vector<PaletteEntry> m_entries;
    std::vector<Row> m_rows;
    QString m_typed;
};

}  // namespace armillary::widgets
