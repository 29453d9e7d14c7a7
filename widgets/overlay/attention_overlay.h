// Attention as a layer of the overlay stack: it listens to what is hovered, chosen and focused, and keeps two layers up to
// date, "attention" (where a word looks) and "readers" (which answer words read the patches pointed at). Shows nothing itself.
//
// A hovered word of the answer is a look-up in a result that is at hand; other queries are computed when the pointer rests.
// A layer that cannot be had stays empty, with the reason as its title.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace armillary::widgets {

class AttentionOverlay : public QObject {
    Q_OBJECT
public:
    static const QString kAttentionId;
    static const QString kReadersId;

    explicit AttentionOverlay(const PanelContext& context, QObject* parent = nullptr);

    // The position whose map is shown: a hovered word, else focus.query, else a chosen word, else the last of the answer.
    // Nothing without a run.
    [[nodiscard]] std::optional<std::int64_t> query() const;

private:
    // The view that the method takes a query's map from, and what it is asked; no view: there is no such map.
    struct Source {
        AnalysisView* view = nullptr;
        AnalysisRequest request;  // not read for the answer's view, which always knows its wish
        QString obstacle;
    };

    void refresh();
    void showAttention();
    void showReaders();
    [[nodiscard]] Source sourceOf(std::int64_t query);
    void askFor(const Source& source);
    void askNow(const Source& source);
    void setEmpty(const QString& id, const QString& title);
    [[nodiscard]] OverlayLayer layerOf(const AnalysisView& view, std::int64_t query) const;
    [[nodiscard]] QString titleOf(const AnalysisView& view, std::int64_t query) const;
    [[nodiscard]] QString sliceWords(bool withHeads) const;
    [[nodiscard]] QString wordAt(std::int64_t position) const;
    [[nodiscard]] bool isWord(std::int64_t position) const;
    [[nodiscard]] Positions placesOf(const Positions& positions) const;
    // Whether the result is of the run that is shown.
    [[nodiscard]] bool isCurrent(const AnalysisView& view) const;

    PanelContext m_context;
    AnalysisView m_answer;  // answer-attention, of every word at once
    AnalysisView m_row;
    AnalysisView m_rollout;
    AnalysisView m_relevancy;
    AnalysisView m_valueWeighted;
    QString m_answerSlice;  // what m_answer's result is of; it may lag behind the focus
    QTimer m_rest;
    std::optional<Source> m_waiting;  // for the pointer to rest
    std::optional<AnalysisRequest> m_asked;
    bool m_isRefreshing = false;
    // What the layers show, so that the same is not set twice.
    std::shared_ptr<const AnalysisResult> m_shownResult;
    std::optional<std::int64_t> m_shownQuery;
    QString m_shownTitle;
    std::shared_ptr<const AnalysisResult> m_readResult;
    Positions m_readKeys;
    QString m_readSlice;
};

}  // namespace armillary::widgets
