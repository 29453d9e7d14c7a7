#include "widgets/shell/model_dialog.h"

#include "records/setting_names.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

QComboBox* makeFormats(const QString& tip)
{
    auto* box = new QComboBox;
    for (const std::string& name : settingNames<NumberFormat>())
        box->addItem(QString::fromStdString(name));
    box->setToolTip(tip);
    return box;
}

NumberFormat formatFrom(const QComboBox* box)
{
    return settingFromName<NumberFormat>(box->currentText().toStdString()).value_or(NumberFormat::Auto);
}

void showFormat(QComboBox* box, NumberFormat format)
{
    const std::string_view name = nameOf(format);
    box->setCurrentText(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
}

QString countText(std::int64_t count)
{
    if (count >= 1'000'000'000)
        return ModelDialog::tr("%1 billion").arg(static_cast<double>(count) / 1e9, 0, 'f', 2);
    if (count >= 1'000'000)
        return ModelDialog::tr("%1 million").arg(static_cast<double>(count) / 1e6, 0, 'f', 1);
    return QLocale().toString(static_cast<qlonglong>(count));
}

}  // namespace

ModelDialog::ModelDialog(QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Models"));
    setObjectName(QStringLiteral("modelDialog"));
    m_source = new QComboBox;
    m_source->addItems({tr("Embedded demo (small)"), tr("Model folders")});
    m_source->setToolTip(tr("The small model that comes with the program; it knows nothing of the real world"));
    m_model = new QLineEdit;
    m_model->setPlaceholderText(tr("folder with config.json and model*.safetensors"));
    m_model->setToolTip(
        tr("A Gemma 3 or nanoVLM snapshot as published; may stay empty if TheWorld's config.json names it"));
    m_theWorld = new QLineEdit;
    m_theWorld->setPlaceholderText(tr("none: plain Gemma"));
    m_theWorld->setToolTip(tr("A TheWorld checkpoint: the trained projector, and whatever else was trained"));
    m_world = new QLineEdit;
    m_world->setPlaceholderText(tr("none, or as TheWorld's config.json says"));
    m_world->setToolTip(tr("A Cosmos pipeline folder; its vae folder is used"));
    m_device = new QComboBox;
    m_device->setEditable(true);
    m_device->addItems(
        {QStringLiteral("auto"), QStringLiteral("cpu"), QStringLiteral("cuda:0"), QStringLiteral("cuda:1")});
    m_device->setToolTip(tr("auto takes the first GPU that there is, else the CPU"));
    m_format = makeFormats(
        tr("Number format of language model and vision encoder; auto keeps that of the files where the device can"));
    m_worldFormat = makeFormats(tr("Number format of the Cosmos encoder and the projector"));
    m_problem = new QLabel;
    m_problem->setProperty("role", "error");
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_problem->hide();
    m_report = new QTreeWidget;
    m_report->setHeaderLabels({tr("Loaded part"), tr("Parameters"), tr("Memory"), tr("On")});
    m_report->setAccessibleName(tr("What is loaded"));
    m_report->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int column = 1; column < 4; ++column)
        m_report->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    m_report->header()->setStretchLastSection(false);
    m_report->setMinimumHeight(170);

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(8);
    form->addRow(tr("&Model"), m_source);
    form->addRow(tr("&Gemma 3, nanoVLM"), makeFolderRow(m_model, tr("Gemma 3 or nanoVLM folder")));
    form->addRow(tr("&TheWorld"), makeFolderRow(m_theWorld, tr("TheWorld folder")));
    form->addRow(tr("&Cosmos"), makeFolderRow(m_world, tr("Cosmos folder")));
    auto* how = new QHBoxLayout;
    how->setSpacing(6);
    how->addWidget(m_device);
    how->addSpacing(10);
    how->addWidget(new QLabel(tr("Language model as")));
    how->addWidget(m_format);
    how->addSpacing(10);
    how->addWidget(new QLabel(tr("world as")));
    how->addWidget(m_worldFormat);
    how->addStretch(1);
    auto* deviceLabel = new QLabel(tr("&Device"));
    deviceLabel->setBuddy(m_device);
    form->addRow(deviceLabel, how);
    m_device->setAccessibleName(tr("Device"));
    m_format->setAccessibleName(tr("Number format of the language model"));
    m_worldFormat->setAccessibleName(tr("Number format of the world model"));

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    m_load = buttons->addButton(tr("Load"), QDialogButtonBox::ActionRole);
    m_load->setObjectName(QStringLiteral("loadButton"));
    m_load->setProperty("primary", true);
    m_load->setDefault(true);
    m_load->setToolTip(tr("What is loaded now stays in use until the new models are ready"));

    m_check = buttons->addButton(tr("Check"), QDialogButtonBox::ActionRole);
    m_check->setObjectName(QStringLiteral("checkButton"));
    m_check->setAutoDefault(false);
    m_check->setToolTip(
        tr("Read configurations and headers only: are these the models, do they fit each other and the memory"));
    QPushButton* guide = buttons->addButton(tr("How to get them…"), QDialogButtonBox::HelpRole);
    guide->setAutoDefault(false);
    guide->setToolTip(tr("The guide to real models: where from, how large, which licences"));

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 16, 18, 16);
    column->setSpacing(12);
    column->addLayout(form);
    column->addWidget(m_problem);
    column->addWidget(m_report, 1);
    column->addWidget(buttons);
    resize(720, 520);

    connect(m_source, &QComboBox::currentIndexChanged, this, &ModelDialog::showWhatFits);
    connect(m_load, &QPushButton::clicked, this, [this] { Q_EMIT loadRequested(choice()); });
    connect(m_check, &QPushButton::clicked, this, [this] { Q_EMIT checkRequested(choice()); });
    connect(guide, &QPushButton::clicked, this, &ModelDialog::guideRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    showWhatFits();
}

QWidget* ModelDialog::makeFolderRow(QLineEdit* field, const QString& name)
{
    field->setAccessibleName(name);
    auto* row = new QWidget;
    auto* box = new QHBoxLayout(row);
    box->setContentsMargins(0, 0, 0, 0);
    auto* pick = new QPushButton(tr("Choose…"));
    pick->setAccessibleName(tr("Choose the %1").arg(name));
    pick->setAutoDefault(false);
    box->addWidget(field, 1);
    box->addWidget(pick);
    row->setFocusProxy(field);
    connect(pick, &QPushButton::clicked, this, [this, field, name] {
        auto* dialog = new QFileDialog(this, name, field->text());
        dialog->setFileMode(QFileDialog::Directory);
        dialog->setOption(QFileDialog::ShowDirsOnly);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &QFileDialog::fileSelected, field, &QLineEdit::setText);
        dialog->open();
    });
    return row;
}

void ModelDialog::showWhatFits()
{
    const bool folders = m_source->currentIndex() == 1;
    for (QLineEdit* field : {m_model, m_theWorld, m_world})
        field->parentWidget()->setEnabled(folders);
    m_check->setEnabled(folders);
}

void ModelDialog::setChoice(const ModelChoice& choice)
{
    m_source->setCurrentIndex(choice.demo ? 0 : 1);
    m_model->setText(choice.model);
    m_theWorld->setText(choice.theWorld);
    m_world->setText(choice.world);
    m_device->setCurrentText(choice.device);
    showFormat(m_format, choice.format);
    showFormat(m_worldFormat, choice.worldFormat);
}

ModelChoice ModelDialog::choice() const
{
    ModelChoice out;
    out.demo = m_source->currentIndex() == 0;
    out.model = m_model->text().trimmed();
    out.theWorld = m_theWorld->text().trimmed();
    out.world = m_world->text().trimmed();
    out.device = m_device->currentText().trimmed();
    out.format = formatFrom(m_format);
    out.worldFormat = formatFrom(m_worldFormat);
    return out;
}

void ModelDialog::setReport(const ModelReport& report)
{
    m_report->clear();
    m_report->setHeaderLabels({tr("Loaded part"), tr("Parameters"), tr("Memory"), tr("On")});
    for (const ModelPart& part : report.parts) {
        auto* row = new QTreeWidgetItem(m_report, {QString::fromStdString(part.name), countText(part.parameterCount),
                                                   QLocale().formattedDataSize(part.weightBytes),
                                                   tr("%1, %2").arg(QString::fromStdString(part.device),
                                                                    QString::fromStdString(part.weightFormat))});
        for (const auto& [label, value] : part.facts)
            new QTreeWidgetItem(row, {QStringLiteral("%1: %2").arg(QString::fromStdString(label),
                                                                   QString::fromStdString(value))});
    }
    for (const std::string& warning : report.warnings)
        new QTreeWidgetItem(m_report, {QString::fromStdString(warning)});
}

void ModelDialog::setVerdicts(const std::vector<FolderVerdict>& verdicts)
{
    m_report->clear();
    m_report->setHeaderLabels({tr("Checked, not loaded"), tr("Parameters"), tr("Memory"), tr("Fits")});
    bool isGood = true;
    for (const FolderVerdict& verdict : verdicts) {
        isGood = isGood && verdict.isGood;
        auto* row =
            new QTreeWidgetItem(m_report, {QStringLiteral("%1: %2").arg(verdict.part, verdict.said),
                                           verdict.elements > 0 ? countText(verdict.elements) : QString(),
                                           verdict.bytes > 0 ? QLocale().formattedDataSize(verdict.bytes) : QString(),
                                           verdict.isGood ? tr("✓ yes") : tr("✗ no")});
        row->setToolTip(0, verdict.said);
        for (const QString& detail : verdict.details)
            new QTreeWidgetItem(row, {detail});
    }
    if (verdicts.empty())
        setProblem(tr("Name a folder first; there is nothing to check."));
    else
        setProblem(isGood ? QString() : tr("These folders do not fit as they are; the lines with ✗ say why."));
}

void ModelDialog::setProblem(const QString& sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

void ModelDialog::setBusy(bool busy)
{
    m_load->setEnabled(!busy);
    m_load->setText(busy ? tr("Loading …") : tr("Load"));
}

}  // namespace armillary::widgets
