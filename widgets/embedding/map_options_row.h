// Settings of an embedding map: which tokens, unit length or not, and what each method asks for. Only what the method uses is shown.
// Thread rule: GUI thread.
#pragma once

#include <QJsonObject>
#include <QWidget>

#include <map>
#include <string>

class QCheckBox;
class QDoubleSpinBox;
class QSpinBox;

namespace armillary::widgets {

class MapOptionsRow : public QWidget {
    Q_OBJECT
public:
    explicit MapOptionsRow(QWidget* parent = nullptr);

    // "pca", "tsne" or "umap".
    void setAnalysis(const QString& name);
    // For its request.
    [[nodiscard]] std::map<std::string, std::string> arguments() const;

    [[nodiscard]] QJsonObject save() const;
    void restore(const QJsonObject& saved);

    [[nodiscard]] QCheckBox* normalise() const { return m_normalise; }
    [[nodiscard]] QCheckBox* words() const { return m_words; }
    [[nodiscard]] QDoubleSpinBox* perplexity() const { return m_perplexity; }

Q_SIGNALS:
    void changed();

private:
    QString m_analysis = QStringLiteral("pca");
    QCheckBox* m_world = nullptr;
    QCheckBox* m_image = nullptr;
    QCheckBox* m_words = nullptr;
    QCheckBox* m_normalise = nullptr;
    QWidget* m_perplexityPart = nullptr;
    QDoubleSpinBox* m_perplexity = nullptr;
    QWidget* m_neighboursPart = nullptr;
    QSpinBox* m_neighbours = nullptr;
    QWidget* m_distancePart = nullptr;
    QDoubleSpinBox* m_distance = nullptr;
    QSpinBox* m_seed = nullptr;
};

}  // namespace armillary::widgets
